// The keys of the log's MACs. The key of a master key that was replaced is kept among the data keys, wrapped under the
// current master key, with the revision up to which it counts: so every node, also a new one, can verify what was written
// before, without the old master key.
import type { RotatedLogKey } from '../config-log/log/log-key.ts'
import { FileKeyStore } from './file-key-store.ts'
import type { DataKey, KeyStore } from './key-store.ts'
import { deriveKeys } from './keys.ts'
import { idsOf, keysFor, type MasterKeys } from './master-keys.ts'

/** What is kept of the log's key under a replaced master key. */
export interface RetiredLogKey {
  readonly macKey: Uint8Array
  /** The last revision that may be under it. */
  readonly upTo: number
}

type Keys = Pick<KeyStore, 'find' | 'owners' | 'reload'>

export class LogKeys implements RotatedLogKey {
  readonly current: Uint8Array
  /** The log's keys of the configured previous master keys, by id. */
  readonly #previous: ReadonlyMap<string, Uint8Array>
  readonly #store: Keys
  #retired: ReadonlyMap<string, RetiredLogKey> | undefined

  constructor(masterKeys: MasterKeys, store: Keys) {
    const [current, ...previous] = keysFor('macKey', masterKeys)
    this.current = current
    this.#previous = new Map(
      idsOf(masterKeys)
        .slice(1)
        .map((id, index) => [id, previous[index] ?? current]),
    )
    this.#store = store
  }

  /** Reads the store again only when no known key was the right one: readers of a long history ask for each event. */
  *accepted(revision: number): Generator<Uint8Array, void> {
    this.#retired ??= retiredLogKeys(this.#store)
    yield* this.#acceptedAt(revision)
    if (!this.#store.reload()) return
    this.#retired = retiredLogKeys(this.#store)
    yield* this.#acceptedAt(revision)
  }

  *#acceptedAt(revision: number): Generator<Uint8Array, void> {
    const retired = this.#retired ?? new Map<string, RetiredLogKey>()
    for (const [id, key] of this.#previous) if (!retired.has(id)) yield key
    for (const { macKey, upTo } of retired.values()) if (revision <= upTo) yield macKey
  }
}

/** `path` is the one of the data keys. */
export function openLogKeys(masterKeys: MasterKeys, path: string): LogKeys {
  return new LogKeys(masterKeys, new FileKeyStore(path, ...keysFor('wrapKey', masterKeys)))
}

export function retiredLogKeys(store: Pick<KeyStore, 'find' | 'owners'>): Map<string, RetiredLogKey> {
  const owners = store.owners()
  const retired = new Map<string, RetiredLogKey>()
  for (const owner of owners.ok ? owners.value : []) {
    const found = owner.startsWith(ownerPrefix) ? store.find(owner) : undefined
    if (found?.ok !== true || found.value === undefined) continue
    const { bytes } = found.value
    if (bytes.byteLength !== keyBytes + 8) continue
    const upTo = Number(Buffer.from(bytes).readBigUInt64BE(keyBytes))
    retired.set(owner.slice(ownerPrefix.length), { macKey: new Uint8Array(bytes.subarray(0, keyBytes)), upTo })
  }
  return retired
}

/** Keeps the log's key of a previous master key, for events up to revision `upTo`. */
export function retireLogKey(store: Pick<KeyStore, 'keep'>, masterKey: Uint8Array, upTo: number) {
  const { id, macKey } = deriveKeys(masterKey)
  // The revision is sealed with the key: a file of data keys cannot be edited to extend it.
  const revision = Buffer.alloc(8)
  revision.writeBigUInt64BE(BigInt(upTo))
  const key: DataKey = { bytes: Buffer.concat([macKey, revision]), madeFor: 0 }
  return store.keep(`${ownerPrefix}${id}`, key)
}

const ownerPrefix = 'log-key:'
const keyBytes = 32
