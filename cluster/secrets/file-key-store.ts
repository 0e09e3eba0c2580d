// Data keys in one small file and its copy, each key wrapped by a key derived from the master key. One thread writes them;
// other threads read them, and read them again when they have changed.
import { randomBytes } from 'node:crypto'
import type { Trouble } from '../../shared/readiness.ts'
import { done, fail, type Result } from '../../shared/result.ts'
import { type HeldKey, type HeldKeys, isBetter, KeyCopies, type ReadKeys } from './key-copies.ts'
import { entryOf, isWrappedUnder, type KeyEntry, openKey } from './key-entry.ts'
import { mayForget, maySeal, revisionOf } from './key-life.ts'
import type { DataKey, KeyStore, KeyStoreRefusal, KeyUse, Wrapping } from './key-store.ts'
import type { KeyList } from './master-keys.ts'

export class FileKeyStore implements KeyStore {
  readonly #files: KeyCopies
  readonly #wrapKeys: KeyList
  #held: HeldKeys | undefined
  #readAs = ''
  /** What `mend` has restored from the copy. */
  #restored: ReadKeys['restored'] = []

  /** The first of `wrapKeys` wraps. */
  constructor(path: string, ...wrapKeys: KeyList) {
    this.#files = new KeyCopies(path, wrapKeys)
    this.#wrapKeys = wrapKeys
  }

  find(owner: string): Result<DataKey | undefined, KeyStoreRefusal> {
    const known = this.#held?.get(owner)
    if (typeof known?.key === 'object') return done(known.key)
    const held = this.#current()
    return held.ok ? keyIn(held.value, owner) : held
  }

  async ensure(owner: string, use: KeyUse): Promise<Result<DataKey, KeyStoreRefusal>> {
    const held = this.#current()
    if (!held.ok) return held
    const known = held.value.get(owner)
    if (typeof known?.key === 'object' && maySeal(known.key, use)) return done(known.key)
    const key = { bytes: randomBytes(32), madeFor: revisionOf(use) }
    const stored = this.#store(held.value, [this.#next(owner, known, key)])
    return stored.ok ? done(key) : stored
  }

  owners(): Result<string[], KeyStoreRefusal> {
    const held = this.#current()
    return held.ok ? done([...held.value].flatMap(([owner, { key }]) => (key === 'forgotten' ? [] : [owner]))) : held
  }

  async forget(owner: string, revision: number): Promise<Result<boolean, KeyStoreRefusal>> {
    const held = this.#current()
    if (!held.ok) return held
    const known = held.value.get(owner)
    if (known === undefined || known.key === 'forgotten' || !mayForget(known.entry, revision)) return done(false)
    const entry = { owner, generation: known.entry.generation + 1, madeFor: 0, wrapped: undefined }
    const stored = this.#store(held.value, [{ entry, key: 'forgotten' }])
    return stored.ok ? done(true) : stored
  }

  async keep(owner: string, key: DataKey): Promise<Result<undefined, KeyStoreRefusal>> {
    const held = this.#current()
    return held.ok ? this.#store(held.value, [this.#next(owner, held.value.get(owner), key)]) : held
  }

  /** Changes all keys in one write: a kill leaves the file as it was, or done. */
  async rewrap(): Promise<Result<number, KeyStoreRefusal>> {
    const held = this.#current()
    if (!held.ok) return held
    const changed = this.#left(held.value).map(({ entry, key }) => this.#next(entry.owner, { entry }, key))
    const stored = changed.length === 0 ? done(undefined) : this.#store(held.value, changed)
    return stored.ok ? done(changed.length) : stored
  }

  async wrapping(): Promise<Result<Wrapping, KeyStoreRefusal>> {
    const held = this.#current()
    if (!held.ok) return held
    const total = [...held.value.values()].filter(({ key }) => key !== 'forgotten').length
    return done({ total, left: this.#left(held.value).length })
  }

  reload(): boolean {
    if (this.#files.identity() === this.#readAs) return false
    this.#held = undefined
    return true
  }

  /** Writes both files anew where one of them is damaged, missing or behind. Called by the thread that writes them. */
  mend(): void {
    const read = this.#files.read()
    if (!read.ok || read.value.isWritten) return
    // A copy that is absent or behind is no damage: an older release or a kill has left it so.
    this.#restored = read.value.restored
    this.#files.write(read.value.held)
  }

  troubles(): Trouble[] {
    const held = this.#current()
    if (!held.ok) return [{ level: 'degraded', reason: `the data keys cannot be used: ${held.error.message}` }]
    const damaged = [...held.value].flatMap(([owner, { key }]) => (key === 'damaged' ? [owner] : []))
    return [...damaged.slice(0, namedMax).map(lost), ...restoredTroubles(this.#restored)]
  }

  /** Returns the entry of this owner, forgotten or not. */
  entry(owner: string): Result<KeyEntry | undefined, KeyStoreRefusal> {
    const held = this.#current()
    return held.ok ? done(held.value.get(owner)?.entry) : held
  }

  /** The entries that are sound. */
  entries(): Result<KeyEntry[], KeyStoreRefusal> {
    const held = this.#current()
    if (!held.ok) return held
    return done([...held.value.values()].filter(({ key }) => key !== 'damaged').map(({ entry }) => entry))
  }

  /** Stores the entries that are newer than the stored ones, or sound where those are damaged. Returns whether there were
   *  any. An entry that does not open is left out, and the others are stored. */
  adopt(entries: readonly KeyEntry[]): Result<boolean, KeyStoreRefusal> {
    const held = this.#current()
    if (!held.ok) return held
    const opened = entries.map((entry) => ({ entry, key: openKey(entry, this.#wrapKeys) ?? ('damaged' as const) }))
    const unsound = opened.find(({ key }) => key === 'damaged')
    const later = opened.filter((one) => one.key !== 'damaged' && isBetter(one, held.value.get(one.entry.owner)))
    const stored = later.length === 0 ? done(undefined) : this.#store(held.value, later)
    if (!stored.ok) return stored
    return unsound === undefined ? done(later.length > 0) : fail(damaged(unsound.entry.owner))
  }

  /** Keys that a previous master key is still needed for. */
  #left(held: HeldKeys): { entry: KeyEntry; key: DataKey }[] {
    return [...held.values()].flatMap(({ entry, key }) =>
      typeof key === 'object' && !isWrappedUnder(entry, this.#wrapKeys[0]) ? [{ entry, key }] : [],
    )
  }

  #next(owner: string, known: Pick<HeldKey, 'entry'> | undefined, key: DataKey): HeldKey {
    return { key, entry: entryOf(owner, (known?.entry.generation ?? 0) + 1, key, this.#wrapKeys[0]) }
  }

  #current(): Result<HeldKeys, KeyStoreRefusal> {
    this.reload()
    if (this.#held !== undefined) return done(this.#held)
    // Take the identity before reading: a file that is replaced in between is read once too often, never once too few.
    const identity = this.#files.identity()
    const read = this.#files.read()
    if (!read.ok) return read
    this.#held = read.value.held
    this.#readAs = identity
    return done(read.value.held)
  }

  #store(before: HeldKeys, changed: readonly HeldKey[]): Result<undefined, KeyStoreRefusal> {
    const held = new Map(before)
    for (const one of changed) {
      // Append the entry: the last forgotten owner is remembered longest.
      held.delete(one.entry.owner)
      held.set(one.entry.owner, one)
    }
    const written = this.#files.write(held)
    if (!written.ok) return written
    this.#held = held
    this.#readAs = this.#files.identity()
    return done(undefined)
  }
}

/** Troubles are sentences for people: each names an owner, and the first ones are enough. */
const namedMax = 20

function keyIn(held: HeldKeys, owner: string): Result<DataKey | undefined, KeyStoreRefusal> {
  const key = held.get(owner)?.key
  if (key === 'damaged') return fail(damaged(owner))
  return done(key === 'forgotten' ? undefined : key)
}

function damaged(owner: string): KeyStoreRefusal {
  return { type: 'key-damaged', owner, message: `the data key of ${owner} does not open` }
}

function lost(owner: string): Trouble {
  const reason = `the data key of ${owner} is damaged, and so is its copy: its secrets cannot be read. Write them anew, or restore config/data-keys.json`
  return { level: 'degraded', reason }
}

function restoredTroubles(restored: ReadKeys['restored']): Trouble[] {
  if (restored.length === 0) return []
  const what =
    restored === 'all' ? 'config/data-keys.json' : `the data key of ${restored.slice(0, namedMax).join(', ')}`
  return [{ level: 'degraded', reason: `${what} was damaged and is restored from its copy: check the disk` }]
}
