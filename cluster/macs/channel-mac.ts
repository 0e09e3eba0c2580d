// Makes and judges the MACs of one channel: HMAC-SHA-256 over the context of a message and its bytes. The context says where
// the message belongs (its subject, its sender's count, its place in a stream), so that it cannot be repeated elsewhere.
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { MacKey } from './mac-keys.ts'

export type MacVerdict = 'genuine' | MacFault

export type MacFault =
  /** There is no MAC, or none of a form that is known here. */
  | 'unsigned'
  /** The MAC names a master key that is not configured here. */
  | 'unknown-key'
  | 'forged'

/** The id of the key, and the MAC in base64url. */
const form = /^([\w-]{8})\.([\w-]{43})$/

export class ChannelMac {
  readonly #own: MacKey
  readonly #keys: ReadonlyMap<string, Uint8Array>

  constructor(keys: readonly [MacKey, ...MacKey[]]) {
    this.#own = keys[0]
    this.#keys = new Map(keys.map(({ id, bytes }) => [id, bytes]))
  }

  of(context: readonly string[], bytes: Uint8Array): string {
    return `${this.#own.id}.${digest(this.#own.bytes, context, bytes).toString('base64url')}`
  }

  judge(mac: string | undefined, context: readonly string[], bytes: Uint8Array): MacVerdict {
    const [, id, tag] = form.exec(mac ?? '') ?? []
    if (id === undefined || tag === undefined) return 'unsigned'
    const key = this.#keys.get(id)
    if (key === undefined) return 'unknown-key'
    return timingSafeEqual(digest(key, context, bytes), Buffer.from(tag, 'base64url')) ? 'genuine' : 'forged'
  }
}

/** JSON holds no line break, so context and bytes cannot be taken for one another. */
function digest(key: Uint8Array, context: readonly string[], bytes: Uint8Array): Buffer {
  return createHmac('sha256', key)
    .update(`${JSON.stringify(context)}\n`)
    .update(bytes)
    .digest()
}
