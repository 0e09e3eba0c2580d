// The file of data keys and its copy beside it. Damage stays local: an entry that does not open is taken from the other
// file, and where neither has a good one, that owner alone has no key. Of two entries the later generation counts, so that
// a copy that a kill has left behind restores nothing that was forgotten.
import { statSync } from 'node:fs'
import { done, fail, type Result } from '../../shared/result.ts'
import { macOf, sameMac } from '../config-log/log/event-codec.ts'
import { writeFileAtomically } from '../data-folder/atomic-file.ts'
import { fileSystem } from '../data-folder/disk.ts'
import { type KeyEntry, openKey } from './key-entry.ts'
import { parseKeyFile, printKeyFile } from './key-file.ts'
import type { DataKey, KeyStoreRefusal } from './key-store.ts'
import { type KeyList, keysFor, type MasterKeys } from './master-keys.ts'

export interface HeldKey {
  readonly entry: KeyEntry
  /** `damaged`: the entry does not open. */
  readonly key: DataKey | 'forgotten' | 'damaged'
}

export type HeldKeys = ReadonlyMap<string, HeldKey>

export interface ReadKeys {
  readonly held: HeldKeys
  /** What the first file has lost and the copy still had: owners, or `all` when the file cannot be read. */
  readonly restored: readonly string[] | 'all'
  /** False when one of the files differs from `held`. */
  readonly isWritten: boolean
}

export class KeyCopies {
  readonly #paths: readonly [string, string]
  readonly #wrapKeys: KeyList

  constructor(path: string, wrapKeys: KeyList) {
    this.#paths = [path, `${path}.copy`]
    this.#wrapKeys = wrapKeys
  }

  read(): Result<ReadKeys, KeyStoreRefusal> {
    try {
      const texts = this.#paths.map((path) => fileSystem.read(path)?.toString('utf8'))
      return this.#judge(texts[0], texts[1])
    } catch (error) {
      return fail({ type: 'keys-unavailable', message: (error as Error).message })
    }
  }

  write(held: HeldKeys): Result<undefined, KeyStoreRefusal> {
    try {
      const text = this.#print(held)
      for (const path of this.#paths) writeFileAtomically(path, text, { scrub: true })
      return done(undefined)
    } catch (error) {
      return fail({ type: 'keys-unavailable', message: (error as Error).message })
    }
  }

  /** True when the files prove that they were made under another master key: they are sound, none of the keys given makes
   *  their check, and nothing in them opens. */
  areForeign(): boolean {
    const read = this.#paths.map((path) => this.#parse(fileSystem.read(path)?.toString('utf8')))
    const found = read.filter((one) => one !== undefined)
    return found.length > 0 && found.every(({ isForeign }) => isForeign)
  }

  /** Returns a text that changes whenever one of the files is replaced. */
  identity(): string {
    return this.#paths.map(identityOf).join(', ')
  }

  #judge(first: string | undefined, second: string | undefined): Result<ReadKeys, KeyStoreRefusal> {
    const [main, copy] = [this.#parse(first), this.#parse(second)]
    const readable = [main, copy].filter((one) => one !== undefined)
    if (readable.length === 0 && first === undefined && second === undefined) {
      return done({ held: new Map(), restored: [], isWritten: true })
    }
    if (readable.length === 0) {
      return fail({ type: 'keys-damaged', message: 'the file of data keys is not readable' })
    }
    const ours = readable.filter(({ isOurs }) => isOurs)
    if (ours.length === 0) return fail({ type: 'keys-damaged', message: anotherMasterKey(readable) })
    const held = merged(ours.map(({ keys }) => keys))
    const text = this.#print(held)
    const restored = main?.isOurs === true ? lostIn(main.keys, held) : 'all'
    return done({ held, restored, isWritten: first === text && second === text })
  }

  #parse(text: string | undefined): Parsed | undefined {
    const file = text === undefined ? undefined : parseKeyFile(text)
    if (file === undefined) return undefined
    const keys = new Map<string, HeldKey>()
    for (const entry of file.entries) {
      keys.delete(entry.owner)
      keys.set(entry.owner, { entry, key: openKey(entry, this.#wrapKeys) ?? 'damaged' })
    }
    const { check } = file
    const isChecked = check !== undefined && this.#wrapKeys.some((key) => sameMac(check, checkOf(key)))
    // That an owner was forgotten is in the clear, and proves nothing.
    const live = [...keys.values()].filter(({ key }) => key !== 'forgotten')
    const opens = live.some(({ key }) => key !== 'damaged')
    const isOurs = isChecked || live.length === 0 || opens
    return { keys, isOurs, isForeign: check !== undefined && !isChecked && !opens }
  }

  #print(held: HeldKeys): string {
    return printKeyFile(
      [...held.values()].map(({ entry }) => entry),
      checkOf(this.#wrapKeys[0]),
    )
  }
}

/** Proves that a file was made under this master key, also when none of its keys opens. */
function checkOf(wrapKey: Uint8Array): string {
  return macOf('data-keys v1', wrapKey)
}

interface Parsed {
  readonly keys: HeldKeys
  readonly isOurs: boolean
  /** The file says by its check that another master key made it. */
  readonly isForeign: boolean
}

/** Whether a data folder's file of data keys was made under other master keys than these. */
export function keysAreForeign(path: string, masterKeys: MasterKeys): boolean {
  return new KeyCopies(path, keysFor('wrapKey', masterKeys)).areForeign()
}

function merged(files: readonly HeldKeys[]): HeldKeys {
  const held = new Map(files[0])
  for (const other of files.slice(1)) {
    for (const [owner, one] of other) if (isBetter(one, held.get(owner))) held.set(owner, one)
  }
  return held
}

export function isBetter(one: HeldKey, known: HeldKey | undefined): boolean {
  if (known === undefined || one.entry.generation > known.entry.generation) return true
  return one.entry.generation === known.entry.generation && known.key === 'damaged' && one.key !== 'damaged'
}

function lostIn(main: HeldKeys, held: HeldKeys): string[] {
  const isRestored = ([owner, { key }]: [string, HeldKey]) => typeof key === 'object' && main.get(owner)?.key !== key
  return [...held].filter(isRestored).map(([owner]) => owner)
}

function anotherMasterKey([file]: readonly Parsed[]): string {
  const [owner] = file?.keys.keys() ?? []
  return `the data key of ${owner} does not open, and no other does: they were made under another master key`
}

function identityOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true })
  return found === undefined ? 'absent' : `${found.ino} ${found.mtimeNs} ${found.size}`
}
