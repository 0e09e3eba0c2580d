// Data keys in one small file, each wrapped by a key derived from the master key. One thread writes the file; other
// threads read it, and read it again when it has changed.
import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { done, fail, type Result } from '../../shared/result.ts'
import { writeFileAtomically } from '../data-folder/atomic-file.ts'
import { fileSystem } from '../data-folder/disk.ts'
import { entryOf, type KeyEntry, openKey } from './key-entry.ts'
import { parseKeyFile, printKeyFile } from './key-file.ts'
import { mayForget, maySeal, revisionOf } from './key-life.ts'
import type { DataKey, KeyStore, KeyStoreRefusal, KeyUse } from './key-store.ts'

interface Held {
  entry: KeyEntry
  /** The data key; undefined when the owner was forgotten. */
  key: DataKey | undefined
}

export class FileKeyStore implements KeyStore {
  readonly #path: string
  readonly #wrapKey: Uint8Array
  #held: Map<string, Held> | undefined
  #readAs = ''

  constructor(path: string, wrapKey: Uint8Array) {
    this.#path = path
    this.#wrapKey = wrapKey
  }

  find(owner: string): Result<DataKey | undefined, KeyStoreRefusal> {
    const known = this.#held?.get(owner)?.key
    if (known !== undefined) return done(known)
    const held = this.#current()
    return held.ok ? done(held.value.get(owner)?.key) : held
  }

  async ensure(owner: string, use: KeyUse): Promise<Result<DataKey, KeyStoreRefusal>> {
    const held = this.#current()
    if (!held.ok) return held
    const known = held.value.get(owner)
    if (known?.key !== undefined && maySeal(known.key, use)) return done(known.key)
    const key = { bytes: randomBytes(32), madeFor: revisionOf(use) }
    const entry = entryOf(owner, (known?.entry.generation ?? 0) + 1, key, this.#wrapKey)
    const stored = this.#store(held.value, [{ entry, key }])
    return stored.ok ? done(key) : stored
  }

  owners(): Result<string[], KeyStoreRefusal> {
    const held = this.#current()
    return held.ok ? done([...held.value].flatMap(([owner, { key }]) => (key === undefined ? [] : [owner]))) : held
  }

  async forget(owner: string, revision: number): Promise<Result<boolean, KeyStoreRefusal>> {
    const held = this.#current()
    if (!held.ok) return held
    const known = held.value.get(owner)
    if (known?.key === undefined || !mayForget(known.key, revision)) return done(false)
    const entry = { owner, generation: known.entry.generation + 1, madeFor: 0, wrapped: undefined }
    const stored = this.#store(held.value, [{ entry, key: undefined }])
    return stored.ok ? done(true) : stored
  }

  reload(): boolean {
    if (this.#identity() === this.#readAs) return false
    this.#held = undefined
    return true
  }

  /** Returns the entry of this owner, forgotten or not. */
  entry(owner: string): Result<KeyEntry | undefined, KeyStoreRefusal> {
    const held = this.#current()
    return held.ok ? done(held.value.get(owner)?.entry) : held
  }

  entries(): Result<KeyEntry[], KeyStoreRefusal> {
    const held = this.#current()
    return held.ok ? done([...held.value.values()].map(({ entry }) => entry)) : held
  }

  /** Stores the entries that are newer than the stored ones. Returns whether there were any. */
  adopt(entries: readonly KeyEntry[]): Result<boolean, KeyStoreRefusal> {
    const held = this.#current()
    if (!held.ok) return held
    const later: Held[] = []
    for (const entry of entries) {
      if (entry.generation <= (held.value.get(entry.owner)?.entry.generation ?? 0)) continue
      const key = openKey(entry, this.#wrapKey)
      if (key === undefined) return fail(damaged(entry.owner))
      later.push({ entry, key: key === 'forgotten' ? undefined : key })
    }
    if (later.length === 0) return done(false)
    const stored = this.#store(held.value, later)
    return stored.ok ? done(true) : stored
  }

  #current(): Result<Map<string, Held>, KeyStoreRefusal> {
    this.reload()
    if (this.#held !== undefined) return done(this.#held)
    // Take the identity before reading: a file that is replaced in between is read once too often, never once too few.
    const identity = this.#identity()
    const held = this.#read()
    if (!held.ok) return held
    this.#held = held.value
    this.#readAs = identity
    return held
  }

  #read(): Result<Map<string, Held>, KeyStoreRefusal> {
    const held = new Map<string, Held>()
    try {
      const content = fileSystem.read(this.#path)
      if (content === undefined) return done(held)
      const entries = parseKeyFile(content.toString('utf8'))
      if (entries === undefined) return fail({ type: 'keys-damaged', message: 'the file of data keys is not readable' })
      for (const entry of entries) {
        const key = openKey(entry, this.#wrapKey)
        if (key === undefined) return fail(damaged(entry.owner))
        held.set(entry.owner, { entry, key: key === 'forgotten' ? undefined : key })
      }
      return done(held)
    } catch (error) {
      return fail({ type: 'keys-unavailable', message: (error as Error).message })
    }
  }

  #store(before: ReadonlyMap<string, Held>, changed: readonly Held[]): Result<undefined, KeyStoreRefusal> {
    const held = new Map(before)
    for (const one of changed) {
      // Append the entry: the last forgotten owner is remembered longest.
      held.delete(one.entry.owner)
      held.set(one.entry.owner, one)
    }
    try {
      const text = printKeyFile([...held.values()].map(({ entry }) => entry))
      writeFileAtomically(this.#path, text, { scrub: true })
    } catch (error) {
      return fail({ type: 'keys-unavailable', message: (error as Error).message })
    }
    this.#held = held
    this.#readAs = this.#identity()
    return done(undefined)
  }

  /** Returns a text that changes whenever the file is replaced. */
  #identity(): string {
    const found = statSync(this.#path, { throwIfNoEntry: false, bigint: true })
    return found === undefined ? 'absent' : `${found.ino} ${found.mtimeNs} ${found.size}`
  }
}

function damaged(owner: string): KeyStoreRefusal {
  return { type: 'keys-damaged', message: `the data key of ${owner} does not open` }
}
