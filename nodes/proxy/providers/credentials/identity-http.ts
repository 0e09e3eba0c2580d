// Sends requests to identity services, with a timeout and a bound on the answer. It does not use the clients for upstreams, because
// identity services have addresses that those must never connect to.
import { done, fail, type Result } from '../../../../shared/result.ts'
import type { CredentialError } from './renewed-credential.ts'

export interface IdentityRequest {
  /** Name in error messages: 'the EC2 metadata service'. */
  readonly service: string
  readonly url: string
  readonly method?: 'GET' | 'POST' | 'PUT'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly timeoutMs?: number
}

export type AskIdentity = (request: IdentityRequest) => Promise<Result<string, CredentialError>>

const timeoutMsDefault = 5_000
const answerBytesMax = 256 << 10

export const askIdentity: AskIdentity = async ({ service, url, method = 'GET', headers, body, timeoutMs }) => {
  try {
    const signal = AbortSignal.timeout(timeoutMs ?? timeoutMsDefault)
    // Redirects are errors, because the request may contain a secret.
    const init: RequestInit = { method, redirect: 'error', signal }
    if (headers !== undefined) init.headers = headers
    if (body !== undefined) init.body = body
    const response = await fetch(url, init)
    const text = await boundedText(response)
    if (text === undefined) return fail({ message: `${service} answered too much` })
    if (!response.ok) return fail({ message: `${service} answered ${response.status}${reasonIn(text)}` })
    return done(text)
  } catch (error) {
    const { name, cause } = error as Error & { cause?: { code?: string } }
    const why = name === 'TimeoutError' ? 'does not answer' : `cannot be reached (${cause?.code ?? name})`
    return fail({ message: `${service} ${why}` })
  }
}

async function boundedText(response: Response): Promise<string | undefined> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of response.body ?? []) {
    bytes += part.length
    if (bytes > answerBytesMax) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

/** The error code of OAuth 2.0, STS or Google, which is one word. Longer text could be a secret that the service echoes. */
function reasonIn(text: string): string {
  const code =
    /"(?:error|code|status)"\s*:\s*"([A-Za-z0-9_.-]{1,64})"/.exec(text) ??
    /<Code>([A-Za-z0-9]{1,64})<\/Code>/.exec(text)
  return code === null ? '' : ` (${code[1]})`
}

export function jsonObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
