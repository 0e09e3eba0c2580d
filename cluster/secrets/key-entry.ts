// An entry of an owner's data key: the wrapped key, or the fact that it was forgotten. Each change has a generation,
// and of two entries the later generation counts, in whatever order they arrive: nodes that exchange entries end with
// the same ones. Between nodes an entry carries a MAC, so that a writer to the stream without the master key can
// neither make a key, nor restore an old one, nor forget one.
import { canonicalJson, macOf, sameMac } from '../config-log/log/event-codec.ts'
import { decrypt, encrypt } from './aead.ts'
import type { DataKey } from './key-store.ts'
import { firstOf, type KeyList } from './master-keys.ts'

export interface KeyEntry {
  readonly owner: string
  readonly generation: number
  /** See `DataKey.madeFor`. */
  readonly madeFor: number
  /** The wrapped key in base64. Undefined means forgotten. */
  readonly wrapped: string | undefined
}

export function entryOf(owner: string, generation: number, key: DataKey, wrapKey: Uint8Array): KeyEntry {
  const wrapped = encrypt(wrapKey, key.bytes, wrapContext(owner)).toString('base64')
  return { owner, generation, madeFor: key.madeFor, wrapped }
}

/** Unwraps the key. Returns undefined for a key of another master key or another owner. */
export function openKey({ owner, madeFor, wrapped }: KeyEntry, wrapKeys: KeyList): DataKey | 'forgotten' | undefined {
  if (wrapped === undefined) return 'forgotten'
  const sealed = Buffer.from(wrapped, 'base64')
  const bytes = firstOf(wrapKeys, (key) => decrypt(key, sealed, wrapContext(owner)))
  return bytes === undefined ? undefined : { bytes, madeFor }
}

/** Whether the entry needs no other key than this one to be opened. */
export function isWrappedUnder(entry: KeyEntry, wrapKey: Uint8Array): boolean {
  return openKey(entry, [wrapKey]) !== undefined
}

export function encodeEntry(entry: KeyEntry, macKey: Uint8Array): Uint8Array {
  return Buffer.from(canonicalJson({ version: 1, ...entry, mac: macOfEntry(entry, macKey) }))
}

/** Decodes an entry; returns undefined for bytes that no node of this cluster wrote. */
export function decodeEntry(bytes: Uint8Array, macKeys: KeyList): KeyEntry | undefined {
  try {
    const { owner, generation, madeFor, wrapped, mac } = JSON.parse(Buffer.from(bytes).toString('utf8')) as KeyEntry & {
      mac: string
    }
    const entry = { owner, generation, madeFor, wrapped }
    return macKeys.some((key) => sameMac(String(mac), macOfEntry(entry, key))) ? entry : undefined
  } catch {
    return undefined
  }
}

function macOfEntry({ owner, generation, madeFor, wrapped }: KeyEntry, macKey: Uint8Array): string {
  return macOf(`data-key entry v1 ${JSON.stringify([owner, generation, madeFor, wrapped ?? null])}`, macKey)
}

function wrapContext(owner: string): string {
  return `data-key v1 ${owner}`
}
