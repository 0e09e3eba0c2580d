// The declarative base layer: HEADGATE_CONFIG, or ./headgate.yaml where there is one, applied at every start. What does not
// hold together refuses the start with every problem at its line and column; what did not change writes no event. A variable that
// was set at an earlier start and is missing now refuses nothing: the configuration in the log is served on.
import { existsSync } from 'node:fs'
import type { ConfigDocument } from '../../shared/config/config-document.ts'
import { decideApply } from '../../shared/config/decide.ts'
import { enforcedKinds, type Origin } from '../../shared/config/kinds/kind.ts'
import type { Notify } from '../../shared/notice.ts'
import { done, fail, type Result } from '../../shared/result.ts'
import { readTextFile, textOfFile } from '../../shared/text-file.ts'
import { withProblem } from './api/refusals.ts'
import type { ConfigService } from './config-service.ts'
import type { Problem, ProblemItem } from './http/answer.ts'

export interface ConfigFileOptions {
  desk: ConfigService
  notify: Notify
  /** The configuration file; undefined means `./headgate.yaml`, if it exists. */
  path: string | undefined
  environment: Readonly<Record<string, string | undefined>>
  /** Whether the log was empty when this start began. The owners of the file then are known by their names, so that a file without
   *  a log (the data folder is made anew for each start) has the same owners at each start. */
  isNewLog: boolean
}

const defaultPath = './headgate.yaml'

export type FileRefusal =
  /** The operator has to change the file or its name. */
  | { type: 'file'; message: string }
  /** The file is as good as it was at an earlier start, but a value of this machine is missing: what was applied then goes on. */
  | { type: 'unfilled'; message: string }
  /** The log does not take it; the file may be right. */
  | { type: 'log'; problem: Problem }

export async function applyConfigFile(options: ConfigFileOptions): Promise<Result<undefined, FileRefusal>> {
  const { desk, path = defaultPath, environment, isNewLog } = options
  if (options.path === undefined && !existsSync(path)) return done(undefined)
  const text = readTextFile(path)
  if (!text.ok) return fail({ type: 'file', message: unreadable(options.path, text.error) })
  const format = path.endsWith('.json') ? 'json' : 'yaml'
  // The YAML parser is loaded only where there is something to parse.
  const { parseDocument } = await import('../../shared/config/document.ts')
  const document = parseDocument(text.value, { format, env: environment, readFile: textOfFile })
  const missing = missingValues(desk, document)
  if (missing !== undefined) return fail({ type: 'unfilled', message: unfilledMessage(path, missing) })
  for (const warning of document.warnings) {
    options.notify({ type: 'warning', message: `${path}:${place(warning)}` })
  }
  const written = await desk.write({
    actor: 'headgate',
    reason: `start with ${path}`,
    decide: (state, tools) => withProblem(decideApply(state, document, isNewLog ? { ...tools, newOwnerId } : tools)),
  })
  if (written.ok) return done(undefined)
  const { status, title, detail, problems = [] } = written.error
  if (status >= 500 && status !== 501) return fail({ type: 'log', problem: written.error })
  const what = status === 422 ? 'it does not hold together' : title
  const lines = problems.map((item) => `  ${path}:${place(item)}`)
  return fail({
    type: 'file',
    message: [`${path} is refused: ${lines.length > 0 ? what : detail}`, ...lines].join('\n'),
  })
}

const newOwnerId = () => undefined

function unreadable(named: string | undefined, reason: string): string {
  if (named !== undefined) return `HEADGATE_CONFIG names ${named}, which cannot be read: ${reason}`
  return `${defaultPath} cannot be read: ${reason}`
}

/** The missing values, where there is nothing else to correct in the document and an earlier apply can go on. */
function missingValues(
  desk: ConfigService,
  { problems, unfilled }: ConfigDocument,
): readonly ProblemItem[] | undefined {
  const state = desk.state()
  const isApplied = state.ok && enforcedKinds.some((kind) => hasApplied(state.value.resources[kind].values()))
  return isApplied && problems.length > 0 && problems.length === unfilled.length ? unfilled : undefined
}

function hasApplied(resources: Iterable<{ origin: Origin }>): boolean {
  for (const { origin } of resources) if (origin === 'apply') return true
  return false
}

function unfilledMessage(path: string, missing: readonly ProblemItem[]): string {
  const all = missing.map((item) => `${path}:${place(item)}`).join('; ')
  return `${all}. What an earlier start applied is served; set what is missing and start again`
}

function place({ path, message, line = 1, column = 1 }: ProblemItem): string {
  return `${line}:${column} ${path === '' ? '' : `${path}: `}${message}`
}
