// Splits an answer to a request into parts that every server accepts. Headers tell the requester which part it has, and
// whether the payload is an answer or the reason why there is none.
import { headers, type Msg, type MsgHdrs } from '@nats-io/transport-node'
import { done, fail, type Result } from '../../shared/result.ts'
import type { BusRefusal } from './bus.ts'

export const partHeader = 'hg-part'
export const failedHeader = 'hg-failed'
/** Half of a server's default `max_payload`. */
const partBytesMax = 512 << 10
export const answerBytesMax = 32 << 20
const messageCharsMax = 1_000

export interface Part {
  readonly payload: Uint8Array
  readonly headers: MsgHdrs | undefined
}

export function partsOf(answer: Uint8Array, payloadBytesMax: number): Part[] {
  const size = Math.min(partBytesMax, payloadBytesMax >> 1)
  const count = Math.max(1, Math.ceil(answer.length / size))
  return Array.from({ length: count }, (_part, index) => ({
    payload: answer.subarray(index * size, (index + 1) * size),
    headers: count === 1 ? undefined : header(partHeader, `${index + 1}/${count}`),
  }))
}

export function failurePart(message: string): Part {
  return { payload: new TextEncoder().encode(message.slice(0, messageCharsMax)), headers: header(failedHeader, '1') }
}

/** Joins the parts of one answer. */
export class Assembly {
  #parts: Uint8Array[] = []
  #bytes = 0

  /** Returns undefined until the answer is complete. */
  add(message: Msg): Result<Uint8Array, BusRefusal> | undefined {
    const payload = message.data
    if (message.headers?.has(failedHeader)) return failed(new TextDecoder().decode(payload))
    const part = message.headers?.get(partHeader)
    if (part === undefined || part === '') return done(payload)
    const [number, count] = part.split('/').map(Number)
    if (number !== this.#parts.length + 1) return failed('a part of the answer was lost')
    this.#parts.push(payload)
    this.#bytes += payload.length
    if (this.#bytes > answerBytesMax) return failed('the answer is too large')
    return number === count ? done(Buffer.concat(this.#parts, this.#bytes)) : undefined
  }
}

function failed(message: string): Result<Uint8Array, BusRefusal> {
  return fail({ type: 'failed', message })
}

function header(name: string, value: string): MsgHdrs {
  const made = headers()
  made.set(name, value)
  return made
}
