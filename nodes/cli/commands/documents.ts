// Documents on this machine. Variables and secret files are filled in here, where they are, and the node is sent plain
// data; what it refuses is shown at the line and column of the document it came from.
import type { ConfigDocument } from '../../../shared/config/config-document.ts'
import { checkDocument } from '../../../shared/config/decide.ts'
import { type DiffEntry, formatDiff } from '../../../shared/config/diff.ts'
import { parseDocument } from '../../../shared/config/document.ts'
import { emptyState } from '../../../shared/config/fold.ts'
import type { Problem } from '../../../shared/config/problem.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import { readTextFile, textOfFile } from '../../../shared/text-file.ts'
import type { Refusal } from '../admin-client.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { printable } from '../terminal.ts'
import { refused, show, type VerbContext } from '../verb.ts'

export async function validate(context: VerbContext, file: string): Promise<ExitCode> {
  const document = readDocument(context, file)
  if (!document.ok) return refused(context, document.error)
  const problems = ownProblems(document.value)
  if (problems.length > 0) return refused(context, invalid(file, problems))
  const { resources, warnings } = document.value
  const lines = warnings.map(({ path, message, line }) =>
    printable(`  warning at line ${line ?? 1}: ${path}: ${message}`),
  )
  const value = { valid: true, resources: resources.length, warnings }
  return show(context, value, () => [`${file} holds together: ${resources.length} resources`, ...lines].join('\n'))
}

export async function diff(context: VerbContext, options: { file: string; exitCode?: boolean }): Promise<ExitCode> {
  const answer = await send(context, options.file, { dryRun: true })
  if (!answer.ok) return refused(context, answer.error)
  const changes = answer.value['changes'] as DiffEntry[]
  show(context, answer.value, () => formatDiff(changes) || 'nothing would change')
  return options.exitCode === true && changes.length > 0 ? exitCode.no : exitCode.ok
}

export async function apply(context: VerbContext, options: { file: string; reason?: string }): Promise<ExitCode> {
  const reason = options.reason ?? `apply of ${options.file}`
  const answer = await send(context, options.file, { dryRun: false, reason })
  if (!answer.ok) return refused(context, answer.error)
  const { revision, changes } = answer.value as { revision: number; changes: DiffEntry[] }
  const done = `applied as revision ${revision}`
  return show(context, answer.value, () =>
    changes.length === 0 ? 'nothing changed' : `${formatDiff(changes)}\n${done}`,
  )
}

/** Kinds without resources are left out. Applied where it came from, it changes nothing: a mask keeps what is stored. */
export async function exportDocument(context: VerbContext): Promise<ExitCode> {
  const config = await context.client.call({ path: '/config' })
  if (!config.ok) return refused(context, config.error)
  const kinds = Object.entries(config.value['resources'] as Record<string, Record<string, unknown>>)
  const resources = Object.fromEntries(kinds.filter(([, named]) => Object.keys(named).length > 0))
  const { stringify } = await import('yaml')
  const head = `# yaml-language-server: $schema=${context.client.url}/headgate.schema.json\n`
  return show(context, resources, () => head + stringify(resources, { lineWidth: 120 }).trimEnd())
}

function readDocument(context: VerbContext, file: string): Result<ConfigDocument, Refusal> {
  const text = readTextFile(file)
  if (!text.ok) return fail({ code: exitCode.usage, message: `cannot read ${file}: ${text.error}` })
  const format = file.endsWith('.json') ? 'json' : 'yaml'
  return done(parseDocument(text.value, { format, env: context.environment, readFile: textOfFile }))
}

/** Checks a document without a node: by itself, beside the demo provider. */
function ownProblems(document: ConfigDocument): Problem[] {
  const state = emptyState()
  state.resources.providers.set('demo', { spec: { kind: 'demo' }, revision: 0, origin: 'bootstrap' })
  return checkDocument(state, document, { egressStrict: false })
}

async function send(
  context: VerbContext,
  file: string,
  options: { dryRun: boolean; reason?: string },
): Promise<Result<Record<string, unknown>, Refusal>> {
  const document = readDocument(context, file)
  if (!document.ok) return document
  const { problems, locate } = document.value
  // What the node would say of it could only be half of the truth.
  if (problems.length > 0) return fail(invalid(file, ownProblems(document.value)))
  const answer = await context.client.call({
    method: 'POST',
    path: `/apply${options.dryRun ? '?dryRun=1' : ''}`,
    body: asData(document.value),
    ...(options.reason === undefined ? {} : { reason: options.reason }),
  })
  if (answer.ok) return answer
  const located = answer.error.problems?.map(({ path, message }) => locate({ path, message, kind: 'invalid' }))
  return fail(located === undefined ? answer.error : { ...answer.error, problems: located })
}

function asData({ resources }: ConfigDocument): Record<string, Record<string, unknown>> {
  const kinds = Object.groupBy(resources, ({ kind }) => kind)
  return Object.fromEntries(
    Object.entries(kinds).map(([kind, list]) => [
      kind,
      Object.fromEntries(list.map(({ name, input }) => [name, input])),
    ]),
  )
}

function invalid(file: string, problems: Problem[]): Refusal {
  return { code: exitCode.invalid, message: `${file} does not hold together`, problems }
}
