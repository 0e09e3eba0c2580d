// What is known of a response that a caller may come back to. It was made of another dialect and is kept here, whole; or the
// provider that made it holds it, and what is kept is where.
import type { AssistantPart, JsonObject } from '../../../shared/chat/parts.ts'
import { tryParseExact } from '../../../shared/json/exact.ts'

export type StoredResponse = LocalResponse | ProviderResponse

export interface LocalResponse {
  readonly type: 'kept'
  /** As the caller was sent it. */
  readonly response: JsonObject
  /** Items of its own, without those of the responses before it; each with an id. */
  readonly input: readonly JsonObject[]
  /** The answer in neutral words: with the seals that its maker wants back, byte by byte. */
  readonly parts: readonly AssistantPart[]
  /** Ids of the responses before it, oldest first. */
  readonly chain: readonly string[]
  /** Of all those, as they were stored. */
  readonly chainBytes: number
}

export interface ProviderResponse {
  readonly type: 'held'
  /** `provider/model`, as a snapshot finds it. */
  readonly target: string
  readonly provider: string
  /** The account: another one does not know the response. */
  readonly credential: string
}

const version = 1

export function encodeStored(stored: StoredResponse): Uint8Array {
  return Buffer.from(JSON.stringify({ version, ...stored }))
}

/** Undefined: of a release that is not this one's. */
export function decodeStored(bytes: Uint8Array): StoredResponse | undefined {
  const value = tryParseExact(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'))
  const stored = value as (StoredResponse & { version: number }) | undefined
  return stored?.version === version ? stored : undefined
}

/** The text of an owner (`objectOwner`) that responses were stored under before; undefined where there was none. */
export function formerOwner(owner: string): string | undefined {
  return /^(team|user|app) /.test(owner) ? owner.replace(' ', ':') : undefined
}

/** The part of an id that its items have in common. */
export function stemOf(id: string): string {
  return id.slice(id.indexOf('_') + 1)
}

/** The response that an item of ours is part of: `msg_<stem>_3`. */
export function responseOfItem(itemId: string): string | undefined {
  const stem = /^[a-z]+_([0-9a-f]{48})_i?\d+$/.exec(itemId)?.[1]
  return stem === undefined ? undefined : `resp_${stem}`
}
