// What is stored for an idempotency key: first a claim, which says that a request has begun, then its answer.
import { answerPrefix, type StateKey } from '../../../../cluster/state/state-store.ts'
import type { HeaderLines } from '../../http/http.ts'
import type { SentAnswer } from './recording-reply.ts'

export interface Claim {
  /** A hash of the method, the path, the query and the body of the request. */
  readonly fingerprint: string
  /** Milliseconds since the epoch. */
  readonly atMs: number
  /** The proxy that serves the request, and its life. */
  readonly node: string
  readonly boot: string
}

/** An answer with the status 200. */
export interface KeptAnswer {
  readonly contentType: string
  readonly headers: HeaderLines
  readonly model: string
  readonly body: Uint8Array
}

/** The places of the two entries. A key belongs to the virtual key that sent it. */
export interface Places {
  readonly claim: StateKey
  readonly answer: StateKey
}

const version = 1

export function placesOf({ owner, keyId }: { owner: string; keyId: string }, idempotencyKey: string): Places {
  const name = `${keyId} ${idempotencyKey}`
  return {
    claim: { owner, id: `${answerPrefix}claim ${name}` },
    answer: { owner, id: `${answerPrefix}answer ${name}` },
  }
}

export function encodeClaim({ fingerprint, atMs, node, boot }: Claim): Uint8Array {
  return Buffer.from(JSON.stringify({ version, fingerprint, atMs, node, boot }))
}

/** Undefined for what a later release has written. */
export function openClaim(bytes: Uint8Array): Claim | undefined {
  const read = JSON.parse(Buffer.from(bytes).toString()) as Claim & { version: number }
  return read.version === version ? read : undefined
}

/** The headers that are about this answer and no other one are left out. */
const ownHeaders =
  /^(x-request-id|request-id|retry-after|retry-after-ms|x-should-retry|x-headgate-(cost-usd|attempts|upstream-ms|overhead-ms))$|ratelimit/

export function encodeAnswer({ headers, body }: SentAnswer, model: string): Uint8Array {
  const kept: string[] = []
  let contentType = ''
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const [name = '', value = ''] = [headers[at], headers[at + 1]]
    if (name === 'content-type') contentType = value
    else if (!ownHeaders.test(name)) kept.push(name, value)
  }
  return Buffer.concat([Buffer.from(`${JSON.stringify({ version, contentType, headers: kept, model })}\n`), body])
}

/** Undefined for what a later release has written. */
export function openAnswer(bytes: Uint8Array): KeptAnswer | undefined {
  const end = bytes.indexOf(10)
  if (end < 0) return undefined
  const head = Buffer.from(bytes.subarray(0, end)).toString()
  const read = JSON.parse(head) as Omit<KeptAnswer, 'body'> & { version: number }
  if (read.version !== version) return undefined
  const { contentType, headers, model } = read
  return { contentType, headers, model, body: bytes.subarray(end + 1) }
}
