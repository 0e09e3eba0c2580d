// A whole configuration as one document: kinds as maps by name. This is what a YAML file, a JSON body and an export have
// in common once they are data.

import { type EnforcedKind, enforcedKinds, laterKinds } from './kinds/kind.ts'
import { didYouMean } from './nearest.ts'
import { invalid, type Problem, quote, unsupported } from './problem.ts'

export interface ConfigDocument {
  /** The resources of the document, not yet validated. */
  resources: { kind: EnforcedKind; name: string; input: unknown }[]
  /** Problems of the document itself: its syntax, its variables, its kinds. */
  problems: Problem[]
  /** Those of `problems` that lie in what this machine has at the moment: a variable that is not set, a secret file that cannot
   *  be read. */
  unfilled: Problem[]
  /** Warnings of what is accepted and unwise: secrets in plain text in a file of this machine. */
  warnings: Omit<Problem, 'kind'>[]
  /** Adds line and column where the source is known. */
  locate: (problem: Problem) => Problem
}

export function documentOf(value: unknown): ConfigDocument {
  const document: ConfigDocument = {
    resources: [],
    problems: [],
    warnings: [],
    unfilled: [],
    locate: (problem) => problem,
  }
  if (!isRecord(value)) {
    document.problems.push(invalid([], `expected a map of ${enforcedKinds.join(', ')}`))
    return document
  }
  for (const [kind, resources] of Object.entries(value)) addKind(document, kind, resources)
  return document
}

function addKind(document: ConfigDocument, key: string, resources: unknown): void {
  const kind = enforcedKinds.find((known) => known === key)
  if (kind === undefined) {
    document.problems.push(kindProblem(key))
  } else if (isRecord(resources)) {
    for (const [name, input] of Object.entries(resources)) document.resources.push({ kind, name, input })
  } else if (resources !== null) {
    document.problems.push(invalid([kind], 'expected a map by name')) // `teams:` with nothing under it is no mistake
  }
}

function kindProblem(key: string): Problem {
  if (laterKinds.some((later) => later === key)) return unsupported([key], `${key} are`)
  if (key === 'keys')
    return invalid([key], 'keys are no part of a document: `headgate keys create` or POST /api/v1/keys issues one')
  return invalid([key], `unknown kind ${quote(key)}${didYouMean(key, [...enforcedKinds, ...laterKinds])}`)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
