// The CLI's way to the admin API: where the control node is, with which token, and its refusals as values.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { done, fail, type Result } from '../../shared/result.ts'
import { type ExitCode, exitCode } from './exit-code.ts'
import type { Environment } from './terminal.ts'

export interface Refusal {
  code: ExitCode
  message: string
  problems?: { path: string; message: string; line?: number; column?: number }[]
}

export interface AdminRequest {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Encoded path below `/api/v1`. */
  path: string
  body?: unknown
  /** YAML document that is sent in place of `body`. */
  yaml?: string
  reason?: string
}

export class AdminClient {
  readonly url: string
  readonly #token: string | undefined
  readonly #fetch: typeof fetch

  constructor(environment: Environment, fetch: typeof globalThis.fetch) {
    this.url = controlUrl(environment)
    this.#token = tokenOf(environment)
    this.#fetch = fetch
  }

  async call(request: AdminRequest): Promise<Result<Record<string, unknown>, Refusal>> {
    if (this.#token === undefined) {
      const message = 'no admin token: set HEADGATE_ADMIN_TOKEN, or run this where the data folder of a running node is'
      return fail({ code: exitCode.unauthorized, message })
    }
    const answer = await this.#send(`/api/v1${request.path}`, request)
    if (!answer.ok) return answer
    return answer.value.status < 300 ? done(answer.value.body) : fail(refusalOf(answer.value.status, answer.value.body))
  }

  /** Routes that need no credential, whatever their status. */
  async open(path: string): Promise<Result<{ status: number; body: Record<string, unknown> }, Refusal>> {
    return this.#send(path, { path })
  }

  async #send(path: string, request: AdminRequest) {
    const { method = 'GET', body, yaml, reason } = request
    try {
      const response = await this.#fetch(`${this.url}${path}`, {
        method,
        headers: {
          ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
          ...(yaml === undefined ? {} : { 'content-type': 'application/yaml' }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(reason === undefined ? {} : { 'x-headgate-reason': reason }),
        },
        body: yaml ?? (body === undefined ? null : JSON.stringify(body)),
        redirect: 'error', // a token must not travel to where a stranger points
        signal: AbortSignal.timeout(30_000),
      })
      const text = await response.text()
      return done({ status: response.status, body: jsonObject(text) })
    } catch (error) {
      return fail<Refusal>({ code: exitCode.unreachable, message: `${this.url} does not answer: ${reasonOf(error)}` })
    }
  }
}

/** The control port's URL from the environment, else from the running node of the data folder. */
function controlUrl(environment: Environment): string {
  const named = environment['HEADGATE_CONTROL_URL']
  if (named !== undefined && named !== '') return named.replace(/\/+$/, '')
  const isNamed = ['HEADGATE_HOST', 'HEADGATE_CONTROL_PORT'].some((name) => (environment[name] ?? '') !== '')
  const told = isNamed ? undefined : readText(join(dataDirOf(environment), 'cli-url'))
  if (told !== undefined && /^https?:\/\/[^/\s]+$/.test(told)) return told
  const host = environment['HEADGATE_HOST'] || '127.0.0.1'
  // A wildcard address is where a node listens, not where it is.
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host
  const scheme = (environment['HEADGATE_TLS_CERT'] ?? '') === '' ? 'http' : 'https'
  return `${scheme}://${reachable}:${environment['HEADGATE_CONTROL_PORT'] || '8090'}`
}

export function dataDirOf(environment: Environment): string {
  return environment['HEADGATE_DATA_DIR'] || './data'
}

function tokenOf(environment: Environment): string | undefined {
  const named = environment['HEADGATE_ADMIN_TOKEN'] || readText(environment['HEADGATE_ADMIN_TOKEN_FILE'])
  return named || readText(join(dataDirOf(environment), 'cli-token'))
}

function readText(path: string | undefined): string | undefined {
  if (path === undefined || path === '') return undefined
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return undefined
  }
}

function jsonObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : { value }
  } catch {
    return { text }
  }
}

const codeOfStatus: Record<number, ExitCode> = {
  400: exitCode.invalid,
  401: exitCode.unauthorized,
  403: exitCode.unauthorized,
  404: exitCode.no,
  409: exitCode.conflict,
  412: exitCode.conflict,
  413: exitCode.invalid,
  422: exitCode.invalid,
  501: exitCode.invalid,
}

function refusalOf(status: number, body: Record<string, unknown>): Refusal {
  const { title, detail, problems } = body
  const message = typeof title === 'string' ? `${title}: ${detail}` : `the control node answered ${status}`
  const code = codeOfStatus[status] ?? exitCode.no
  return { code, message, ...(Array.isArray(problems) ? { problems } : {}) }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message || error.message : error.message
}
