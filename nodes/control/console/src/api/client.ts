// One door to `/api/v1`: same-origin JSON with the session, its cookie and its secret. Refusals come back as values; only our own bugs throw.
import { done, fail, type Result } from '../../../../../shared/result.ts'
import { type ApiProblem, problemOf } from './problem.ts'
import type { SessionSecret } from './session-secret.ts'

export type Answer<Value> = Promise<Result<Value, ApiProblem>>

export interface Call<Value> {
  method?: 'GET' | 'POST' | 'DELETE'
  /** Path from the root of the origin, with its query. */
  path: string
  /** The body, which is sent as JSON. */
  body?: unknown
  signal?: AbortSignal
  /** Statuses beyond 2xx whose body is an answer too, as the 503 of `/readyz` is. */
  alsoAnswers?: readonly number[]
  read: (body: unknown) => Value
}

export interface Client {
  call<Value>(call: Call<Value>): Answer<Value>
}

export interface ClientOptions {
  fetch: typeof fetch
  secret: SessionSecret
  onSignedOut: () => void
}

export function createClient(options: ClientOptions): Client {
  async function call<Value>(request: Call<Value>): Answer<Value> {
    const response = await send(options, request)
    if (!response.ok) return response
    const { status } = response.value
    if (status === 401) options.onSignedOut()
    const body = await readJson(response.value)
    if (!response.value.ok && request.alsoAnswers?.includes(status) !== true) {
      return fail(problemOf(status, body.ok ? body.value : undefined))
    }
    return body.ok ? done(request.read(body.value)) : body
  }
  return { call }
}

async function send<Value>(
  { fetch, secret }: ClientOptions,
  request: Call<Value>,
): Promise<Result<Response, ApiProblem>> {
  const csrf = secret.read()
  try {
    const response = await fetch(request.path, {
      method: request.method ?? 'GET',
      credentials: 'same-origin',
      cache: 'no-store',
      headers: {
        accept: 'application/json',
        ...(csrf !== '' && { 'x-headgate-csrf': csrf }),
        ...(request.body !== undefined && { 'content-type': 'application/json' }),
      },
      body: request.body === undefined ? null : JSON.stringify(request.body),
      signal: request.signal ?? null,
    })
    return done(response)
  } catch {
    return fail({ type: request.signal?.aborted === true ? 'aborted' : 'unreachable' })
  }
}

async function readJson(response: Response): Promise<Result<unknown, ApiProblem>> {
  if (response.status === 204) return done({})
  try {
    const text = await response.text()
    return done(text === '' ? {} : JSON.parse(text))
  } catch (error) {
    const aborted = error instanceof DOMException && error.name === 'AbortError'
    return fail(aborted ? { type: 'aborted' } : { type: 'unreadable', status: response.status })
  }
}
