// What is stored of a response that a caller may refer to later. A response that was translated is stored here as a whole. A response
// that passed through is held by its provider, and only its place is stored.
import type { StateKey } from '../../../cluster/state/state-store.ts'
import type { AssistantPart, JsonObject } from '../../../shared/chat/parts.ts'
import { tryParseExact } from '../../../shared/json/exact.ts'

export type StoredResponse = LocalResponse | ProviderResponse

export interface LocalResponse {
  readonly type: 'kept'
  /** The response as it was sent to the caller. */
  readonly response: JsonObject
  /** The items of its own input, each with an id, without those of the responses before it. */
  readonly input: readonly JsonObject[]
  /** The answer in the neutral format, with the encrypted reasoning that its provider needs unchanged. */
  readonly parts: readonly AssistantPart[]
  /** Ids of the responses before it, oldest first. */
  readonly chain: readonly string[]
  /** Size of the stored responses of the chain. */
  readonly chainBytes: number
}

export interface ProviderResponse {
  readonly type: 'held'
  /** Name of the target: `provider/model`. */
  readonly target: string
  readonly provider: string
  /** Name of the credential: another account does not have the response. */
  readonly credential: string
}

const version = 1

export function encodeStored(stored: StoredResponse): Uint8Array {
  return Buffer.from(JSON.stringify({ version, ...stored }))
}

/** Returns undefined for a response in the format of another release. */
export function decodeStored(bytes: Uint8Array): StoredResponse | undefined {
  const value = tryParseExact(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'))
  const stored = value as (StoredResponse & { version: number }) | undefined
  return stored?.version === version ? stored : undefined
}

/** The places of a response: the present one, then those of earlier releases, which knew owners by their names alone. An owner that
 *  this release has made has nothing there. */
export function keysOf(owner: string, id: string): readonly StateKey[] {
  if (!/^(team|user|app) /.test(owner)) return [{ owner, id }]
  return [
    { owner, id },
    { owner, id, former: true },
    { owner: owner.replace(' ', ':'), id, former: true },
  ]
}

/** The part of a response's id that the ids of its items contain. */
export function stemOf(id: string): string {
  return id.slice(id.indexOf('_') + 1)
}

/** The id of the response that an item is part of: `msg_<stem>_3`. Undefined for an id that the gateway did not make. */
export function responseOfItem(itemId: string): string | undefined {
  const stem = /^[a-z]+_([0-9a-f]{48})_i?\d+$/.exec(itemId)?.[1]
  return stem === undefined ? undefined : `resp_${stem}`
}
