// Data keys in one small file, each wrapped by a key derived from the master key. One process writes it; other threads read
// it, and read it again when it has changed.
import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { done, fail, type Result } from '../../shared/result.ts'
import { writeFileAtomically } from '../data-folder/atomic-file.ts'
import { fileSystem } from '../data-folder/disk.ts'
import { decrypt, encrypt } from './aead.ts'
import { mayForget, maySeal, revisionOf } from './key-life.ts'
import type { DataKey, KeyStore, KeyStoreRefusal, KeyUse } from './key-store.ts'

interface KeyFile {
  version: 1
  /** Owner → wrapped key in base64. */
  keys: Record<string, string>
  /** Owner → revision. Absent in files of older releases: nothing is on its way to those keys. */
  madeFor?: Record<string, number>
}

export class FileKeyStore implements KeyStore {
  readonly #path: string
  readonly #wrapKey: Uint8Array
  #keys: Map<string, DataKey> | undefined
  #readAs = ''

  constructor(path: string, wrapKey: Uint8Array) {
    this.#path = path
    this.#wrapKey = wrapKey
  }

  find(owner: string): Result<DataKey | undefined, KeyStoreRefusal> {
    const known = this.#keys?.get(owner)
    if (known !== undefined) return done(known)
    const keys = this.#current()
    return keys.ok ? done(keys.value.get(owner)) : keys
  }

  async ensure(owner: string, use: KeyUse): Promise<Result<DataKey, KeyStoreRefusal>> {
    const keys = this.#current()
    if (!keys.ok) return keys
    const known = keys.value.get(owner)
    if (known !== undefined && maySeal(known, use)) return done(known)
    const made = { bytes: randomBytes(32), madeFor: revisionOf(use) }
    const stored = this.#store(new Map(keys.value).set(owner, made))
    return stored.ok ? done(made) : stored
  }

  owners(): Result<string[], KeyStoreRefusal> {
    const keys = this.#current()
    return keys.ok ? done([...keys.value.keys()]) : keys
  }

  async forget(owner: string, revision: number): Promise<Result<boolean, KeyStoreRefusal>> {
    const keys = this.#current()
    if (!keys.ok) return keys
    const rest = new Map(keys.value)
    const known = rest.get(owner)
    if (known === undefined || !mayForget(known, revision)) return done(false)
    rest.delete(owner)
    const stored = this.#store(rest)
    return stored.ok ? done(true) : stored
  }

  reload(): void {
    if (this.#identity() !== this.#readAs) this.#keys = undefined
  }

  #current(): Result<Map<string, DataKey>, KeyStoreRefusal> {
    this.reload()
    if (this.#keys !== undefined) return done(this.#keys)
    // Taken before reading: a file replaced in between is read once more, never once too few.
    const identity = this.#identity()
    const keys = this.#read()
    if (!keys.ok) return keys
    this.#keys = keys.value
    this.#readAs = identity
    return keys
  }

  #read(): Result<Map<string, DataKey>, KeyStoreRefusal> {
    const keys = new Map<string, DataKey>()
    try {
      const content = fileSystem.read(this.#path)
      if (content === undefined) return done(keys)
      const file = parseKeyFile(content.toString('utf8'))
      if (file === undefined) return fail({ type: 'keys-damaged', message: 'the file of data keys is not readable' })
      const madeFor = new Map(Object.entries(file.madeFor ?? {}))
      for (const [owner, wrapped] of Object.entries(file.keys)) {
        const bytes = decrypt(this.#wrapKey, Buffer.from(wrapped, 'base64'), wrapContext(owner))
        if (bytes === undefined)
          return fail({ type: 'keys-damaged', message: `the data key of ${owner} does not open` })
        keys.set(owner, { bytes, madeFor: madeFor.get(owner) ?? 0 })
      }
      return done(keys)
    } catch (error) {
      return fail({ type: 'keys-unavailable', message: (error as Error).message })
    }
  }

  #store(keys: Map<string, DataKey>): Result<undefined, KeyStoreRefusal> {
    const wrap = (owner: string, key: DataKey) =>
      encrypt(this.#wrapKey, key.bytes, wrapContext(owner)).toString('base64')
    const entries = [...keys]
    // `fromEntries` defines fields: `__proto__` is a name too.
    const file: KeyFile = {
      version: 1,
      keys: Object.fromEntries(entries.map(([owner, key]) => [owner, wrap(owner, key)])),
      madeFor: Object.fromEntries(entries.map(([owner, { madeFor }]) => [owner, madeFor])),
    }
    try {
      writeFileAtomically(this.#path, `${JSON.stringify(file)}\n`, { scrub: true })
    } catch (error) {
      return fail({ type: 'keys-unavailable', message: (error as Error).message })
    }
    this.#keys = keys
    this.#readAs = this.#identity()
    return done(undefined)
  }

  /** Changes whenever the file is replaced. */
  #identity(): string {
    const found = statSync(this.#path, { throwIfNoEntry: false, bigint: true })
    return found === undefined ? 'absent' : `${found.ino} ${found.mtimeNs} ${found.size}`
  }
}

function wrapContext(owner: string): string {
  return `data-key v1 ${owner}`
}

function parseKeyFile(text: string): KeyFile | undefined {
  try {
    const file = JSON.parse(text) as KeyFile
    const sound =
      file.version === 1 &&
      Object.values(file.keys).every((wrapped) => typeof wrapped === 'string') &&
      Object.values(file.madeFor ?? {}).every((revision) => Number.isSafeInteger(revision))
    return sound ? file : undefined
  } catch {
    return undefined
  }
}
