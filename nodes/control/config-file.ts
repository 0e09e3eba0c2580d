// The declarative base layer: HEADGATE_CONFIG, or ./headgate.yaml where there is one, applied at every start. What does not
// hold together refuses the start with every problem at its line and column; what did not change writes no event.
import { readFileSync } from 'node:fs'
import { decideApply } from '../../shared/config/decide.ts'
import type { Notify } from '../../shared/notice.ts'
import { done, fail, type Result } from '../../shared/result.ts'
import { withProblem } from './api/refusals.ts'
import type { ConfigService } from './config-service.ts'
import type { Problem, ProblemItem } from './http/answer.ts'

export interface ConfigFileOptions {
  desk: ConfigService
  notify: Notify
  /** Undefined: `./headgate.yaml`, if it exists. */
  path: string | undefined
  environment: Readonly<Record<string, string | undefined>>
}

const defaultPath = './headgate.yaml'

export type FileRefusal =
  /** The operator has to change the file or its name. */
  | { type: 'file'; message: string }
  /** The log does not take it; the file may be right. */
  | { type: 'log'; problem: Problem }

export async function applyConfigFile(options: ConfigFileOptions): Promise<Result<undefined, FileRefusal>> {
  const { desk, path = defaultPath, environment } = options
  const text = readIfPresent(path)
  if (text === undefined && options.path === undefined) return done(undefined)
  if (text === undefined) return fail({ type: 'file', message: `HEADGATE_CONFIG names ${path}, which cannot be read` })
  const format = path.endsWith('.json') ? 'json' : 'yaml'
  // The YAML parser is loaded only where there is something to parse.
  const { parseDocument } = await import('../../shared/config/document.ts')
  const document = parseDocument(text, { format, env: environment, readFile: (file) => readFileSync(file, 'utf8') })
  for (const warning of document.warnings) {
    options.notify({ type: 'warning', message: `${path}:${place(warning)}` })
  }
  const written = await desk.write({
    actor: 'headgate',
    reason: `start with ${path}`,
    decide: (state, tools) => withProblem(decideApply(state, document, tools)),
  })
  if (written.ok) return done(undefined)
  const { status, title, detail, problems = [] } = written.error
  if (status >= 500 && status !== 501) return fail({ type: 'log', problem: written.error })
  const lines = problems.map((item) => `  ${path}:${place(item)}`)
  return fail({
    type: 'file',
    message: [`${path} is refused: ${lines.length > 0 ? title : detail}`, ...lines].join('\n'),
  })
}

function place({ path, message, line = 1, column = 1 }: ProblemItem): string {
  return `${line}:${column} ${path === '' ? '' : `${path}: `}${message}`
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
