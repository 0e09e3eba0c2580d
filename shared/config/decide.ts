// Commands about resources, decided against the state before them: what comes out is the one change to append, nothing
// when nothing would change, or a refusal that names every problem. Nothing here reads a clock or writes anything; the
// sealing of secrets is passed in. After a conflict in the log a command is decided again, against the newer state.
import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import { done, fail, type Result } from '../result.ts'
import type { ConfigDocument } from './config-document.ts'
import { deletionOf, type GivenId, ownerIdProblems } from './decide-owner-ids.ts'
import type { Change, ConfigChange } from './events.ts'
import {
  type EnforcedKind,
  enforcedKinds,
  type LaterKind,
  laterKinds,
  type Origin,
  type ResourceDeleted,
  type SpecOf,
  setChange,
} from './kinds/kind.ts'
import type { CheckOptions } from './kinds/kind-rules.ts'
import { isOwnerKind, type OwnerKind, splitOwnerId } from './kinds/owners/owner-id.ts'
import { parseSpec } from './parse-spec.ts'
import { invalid, type Problem, unsupported } from './problem.ts'
import { type Refusal, refusalOf } from './refusal.ts'
import { isMask, maskOf, type Seal, type SealedSecret } from './sealed-secret.ts'
import { mapSecrets, secretOwner } from './secret-fields.ts'
import { checkChanges } from './semantics.ts'
import type { ConfigState, Resource } from './state.ts'

export type Decision = Result<ConfigChange | undefined, Refusal>

export interface DecideTools extends CheckOptions {
  seal: Seal
  /** Whether `sealed` holds `plain`: a secret that did not change is not an event. */
  sameSecret: (plain: string, sealed: SealedSecret, owner: string) => boolean
  /** The id of an owner that the command makes. Undefined: it is known by its name, in this log and in every other. */
  newOwnerId: (kind: OwnerKind) => string | undefined
}

/** `If-Match`: the resource's revision, or merely that it exists (`*`). */
export type ExpectedRevision = number | 'exists'

export interface PutResource {
  kind: EnforcedKind | LaterKind
  name: string
  /** The resource as it came: its secrets are plain text, or masks that keep what is stored. */
  input: unknown
  /** The origin of a new resource; an existing one keeps its own. */
  origin: Origin
  expectedRevision?: ExpectedRevision
}

export function decidePut(state: ConfigState, command: PutResource, tools: DecideTools): Decision {
  const { kind, name, input, origin, expectedRevision } = command
  if (isLaterKind(kind)) return fail(refusalOf([laterProblem(kind)]))
  const current = state.resources[kind].get(name)
  const refusal = preconditionRefusal(current, expectedRevision)
  if (refusal !== undefined) return fail(refusal)
  const draft = draftSet(state, { kind, name, input, origin })
  const ownProblems = [...draft.problems, ...draft.maskProblems, ...ownerIdProblems(state, draft.given)]
  const problems = [...ownProblems, ...checkChanges(state, [draft.unsealed], tools)]
  return problems.length > 0 ? fail(refusalOf(problems)) : done(draft.sealed(tools))
}

export interface DeleteResource {
  kind: EnforcedKind | LaterKind
  name: string
  expectedRevision?: ExpectedRevision
}

export function decideDelete(state: ConfigState, command: DeleteResource, tools: DecideTools): Decision {
  const { kind, name, expectedRevision } = command
  if (isLaterKind(kind)) return fail(refusalOf([laterProblem(kind)]))
  const current = state.resources[kind].get(name)
  const refusal = preconditionRefusal(current, expectedRevision)
  if (refusal !== undefined) return fail(refusal)
  if (current === undefined) return fail({ type: 'not-found', what: `${kind}/${name}` })
  const change = deletionOf(state, kind, name)
  const problems = checkChanges(state, [change], tools)
  return problems.length > 0 ? fail(refusalOf(problems)) : done(change)
}

/** Upserts what the document names and deletes what an earlier apply made and this one no longer names: one change set. */
export function decideApply(state: ConfigState, document: ConfigDocument, tools: DecideTools): Decision {
  const drafts = draftsOf(state, document)
  const maskProblems = drafts.sets.flatMap((draft) => draft.maskProblems)
  const problems = problemsOfDrafts(state, document, { ...drafts, options: tools })
  const all = inSourceOrder(document, [...problems, ...maskProblems])
  if (all.length > 0) return fail(refusalOf(all))
  const changes = [...drafts.sets.map((draft) => draft.sealed(tools)).filter(isChange), ...drafts.deletions]
  return done(changes.length === 0 ? undefined : { type: 'change-set', changes })
}

/** Checks a document offline, without the secrets that its masks stand for. */
export function checkDocument(state: ConfigState, document: ConfigDocument, options: CheckOptions): Problem[] {
  return inSourceOrder(document, problemsOfDrafts(state, document, { ...draftsOf(state, document), options }))
}

export function preconditionRefusal(
  current: { revision: number } | undefined,
  expected: ExpectedRevision | undefined,
): Refusal | undefined {
  if (expected === undefined) return undefined
  const isMet = current !== undefined && (expected === 'exists' || current.revision === expected)
  return isMet ? undefined : { type: 'precondition-failed', current: current?.revision }
}

export function laterProblem(kind: LaterKind): Problem {
  return unsupported([kind], `${kind} are`)
}

export function isLaterKind(kind: string): kind is LaterKind {
  return laterKinds.some((later) => later === kind)
}

interface Drafts {
  sets: Draft[]
  deletions: ResourceDeleted[]
}

function draftsOf(state: ConfigState, document: ConfigDocument): Drafts {
  // Nothing could be read: what the document does not name says nothing.
  if (document.problems.some((problem) => problem.path === '')) return { sets: [], deletions: [] }
  const sets = document.resources.map((resource) => draftSet(state, { ...resource, origin: 'apply' }))
  return { sets, deletions: deletionsOf(state, document) }
}

function problemsOfDrafts(
  state: ConfigState,
  document: ConfigDocument,
  { sets, deletions, options }: Drafts & { options: CheckOptions },
): Problem[] {
  const unsealed = [...sets.map((draft) => draft.unsealed), ...deletions]
  // A value that could not be read (an unset variable) is not judged a second time.
  const unread = new Set(document.problems.map((problem) => problem.path))
  const given = sets.flatMap((draft) => draft.given)
  const ownProblems = [...sets.flatMap((draft) => draft.problems), ...ownerIdProblems(state, given, deletions)]
  const judged = [...ownProblems, ...checkChanges(state, unsealed, options)]
  return [...document.problems, ...judged.filter((problem) => !unread.has(problem.path))]
}

function inSourceOrder(document: ConfigDocument, problems: readonly Problem[]): Problem[] {
  const placeOf = ({ line, column }: Problem) => (line ?? 1e6) * 1e6 + (column ?? 0)
  return problems.map(document.locate).sort((a, b) => placeOf(a) - placeOf(b))
}

function isChange(change: Change | undefined): change is Change {
  return change !== undefined
}

interface Draft {
  /** The change for the checks of meaning, which read no secrets; with problems it holds what could be read. */
  unsealed: Change
  problems: Problem[]
  /** The id that was written for an owner, if any. */
  given: readonly GivenId[]
  /** Masks that no stored secret has. */
  maskProblems: Problem[]
  /** The change to append, undefined when nothing would differ. Only a draft without problems is sealed: the first secret
   *  of an owner makes its data key, and a refused command leaves none behind. */
  sealed: (tools: DecideTools) => Change | undefined
}

interface ResourceInput {
  kind: EnforcedKind
  name: string
  input: unknown
  origin: Origin
}

function draftSet(state: ConfigState, { kind, name, input, origin }: ResourceInput): Draft {
  const current = state.resources[kind].get(name)
  const change = (spec: SpecOf[EnforcedKind], id?: string) =>
    setChange(kind, name, { spec, origin: current?.origin ?? origin, id })
  const parsed = parseSpec(kind, name, input)
  if (!parsed.ok) {
    const sealed = () => assert.fail('a refused draft is never sealed')
    return { unsealed: change(parsed.draft), problems: parsed.problems, given: [], maskProblems: [], sealed }
  }
  const { id, spec: written } = splitOwnerId(kind, parsed.spec)
  const stored = storedSecrets(kind, current)
  const maskProblems: Problem[] = []
  const unsealed = mapSecrets<EnforcedKind, string, SealedSecret>(kind, written, (text, { path, slot }) => {
    const before = stored.get(slot)
    if (isMask(text) && (before === undefined || maskOf(before) !== text)) {
      maskProblems.push(invalid([kind, name, ...path], 'no stored secret here has this mask: give the whole secret'))
    }
    return before ?? { $sealed: '', hint: '' }
  }) as SpecOf[EnforcedKind]
  const owner = secretOwner(kind, name)
  const sealed = (tools: DecideTools) => {
    const spec = mapSecrets<EnforcedKind, string, SealedSecret>(kind, written, (text, { slot }) => {
      const before = stored.get(slot)
      const isKept = before !== undefined && (isMask(text) || tools.sameSecret(text, before, owner))
      return isKept ? before : tools.seal(owner, text)
    }) as SpecOf[EnforcedKind]
    if (current !== undefined) return isDeepStrictEqual(current.spec, spec) ? undefined : change(spec)
    return change(spec, isOwnerKind(kind) ? (id ?? tools.newOwnerId(kind)) : undefined)
  }
  const given = id === undefined || !isOwnerKind(kind) ? [] : [{ kind, name, id }]
  return { unsealed: change(unsealed), problems: [], given, maskProblems, sealed }
}

function storedSecrets(kind: EnforcedKind, current: Resource<SpecOf[EnforcedKind]> | undefined) {
  const secrets = new Map<string, SealedSecret>()
  if (current === undefined) return secrets
  mapSecrets<EnforcedKind, SealedSecret, undefined>(kind, current.spec, (secret, { slot }) => {
    secrets.set(slot, secret)
    return undefined
  })
  return secrets
}

function deletionsOf(state: ConfigState, document: ConfigDocument): ResourceDeleted[] {
  const named = new Set(document.resources.map(({ kind, name }) => `${kind}/${name}`))
  return enforcedKinds.flatMap((kind) => {
    const resources: [string, Resource<unknown>][] = [...state.resources[kind]]
    return resources
      .filter(([name, { origin }]) => origin === 'apply' && !named.has(`${kind}/${name}`))
      .map(([name]) => deletionOf(state, kind, name))
  })
}
