// The data keys of a cluster: the stream that all nodes share, and this node's own file of them. Opening a secret needs
// only the file, so that a node starts and serves while the cluster is away. A key is first stored in the stream: once
// `ensure` has resolved, every node that can reach the stream can get it.
//
// The file is a second witness. A stream that lost entries (or was made anew) gets them back from the nodes that may
// write, because of two entries the later one counts and none can be forged.
import { randomBytes } from 'node:crypto'
import type { Clock, Timer } from '../../shared/clock.ts'
import type { Notify } from '../../shared/notice.ts'
import type { Trouble } from '../../shared/readiness.ts'
import { done, fail, type Result } from '../../shared/result.ts'
import type { FileKeyStore } from './file-key-store.ts'
import { decodeEntry, encodeEntry, entryOf, type KeyEntry } from './key-entry.ts'
import { mayForget, maySeal, revisionOf } from './key-life.ts'
import type { DataKey, KeyStore, KeyStoreRefusal, KeyUse, Wrapping } from './key-store.ts'
import type { KeyMessage, KeyStream, KeyStreamTrouble } from './key-stream.ts'
import { inRewrapOrder, type Placed, placedAt, rewrapped, type SharedKeys } from './shared-keys.ts'

export interface SharedKeyStoreOptions {
  stream: KeyStream
  /** The file of this node; no other process writes it. */
  file: FileKeyStore
  keys: SharedKeys
  clock: Clock
  notify: Notify
  /** Called for each entry of the stream that no node of this cluster wrote. */
  onForged?: () => void
  /** True on control nodes: they make keys, and the stream when there is none. */
  writes: boolean
  /** Called when this node holds other keys than before. */
  onChange?: () => void
}

/** Decides a change. `put` is the entry to store in the stream, if any. */
type Decide<Answer> = (
  newest: KeyEntry | undefined,
  placed: Placed,
) => Result<{ put: KeyEntry | undefined; answer: Answer }, KeyStoreRefusal>

export class SharedKeyStore implements KeyStore {
  readonly #options: SharedKeyStoreOptions
  /** The stream was read up to this sequence. */
  #seen = 0
  #looking: Promise<Result<undefined, KeyStoreRefusal>> | undefined
  #watch: { stop(): void } | undefined
  #timer: Timer | undefined
  #settings: string | undefined

  constructor(options: SharedKeyStoreOptions) {
    this.#options = options
  }

  /** Follows the stream until `close`. Resolves at once. */
  start(): void {
    const { stream, clock, file } = this.#options
    file.mend()
    this.#watch = stream.watch({
      stored: (bytes) => this.#adopt([bytes]),
      reachable: () => void this.#meet(),
    })
    // The notifications may be incomplete.
    this.#timer = clock.every(lookMs, () => void this.look())
  }

  find(owner: string): Result<DataKey | undefined, KeyStoreRefusal> {
    return this.#options.file.find(owner)
  }

  owners(): Result<string[], KeyStoreRefusal> {
    return this.#options.file.owners()
  }

  reload(): boolean {
    return this.#options.file.reload()
  }

  async ensure(owner: string, use: KeyUse): Promise<Result<DataKey, KeyStoreRefusal>> {
    const { keys, file } = this.#options
    return this.#change(owner, (newest, placed) => {
      const found = file.find(owner)
      const known = !found.ok && found.error.type === 'key-damaged' ? done(undefined) : found
      if (!known.ok) return known
      if (known.value !== undefined && maySeal(known.value, use)) {
        return done({ put: missingIn(placed, newest), answer: known.value })
      }
      const key = { bytes: randomBytes(32), madeFor: revisionOf(use) }
      return done({ put: entryOf(owner, (newest?.generation ?? 0) + 1, key, keys.wrapKeys[0]), answer: key })
    })
  }

  async forget(owner: string, revision: number): Promise<Result<boolean, KeyStoreRefusal>> {
    return this.#change(owner, (newest) => {
      if (newest?.wrapped === undefined || !mayForget(newest, revision)) return done({ put: undefined, answer: false })
      const gone = { owner, generation: newest.generation + 1, madeFor: 0, wrapped: undefined }
      return done({ put: gone, answer: true })
    })
  }

  async keep(owner: string, key: DataKey): Promise<Result<undefined, KeyStoreRefusal>> {
    const { wrapKeys } = this.#options.keys
    return this.#change(owner, (newest) => {
      return done({ put: entryOf(owner, (newest?.generation ?? 0) + 1, key, wrapKeys[0]), answer: undefined })
    })
  }

  /** Changes one owner after the other, in the stream and then in the file. */
  async rewrap(): Promise<Result<number, KeyStoreRefusal>> {
    const { file, keys } = this.#options
    const looked = await this.look()
    const entries = looked.ok ? file.entries() : looked
    if (!entries.ok) return entries
    let changed = 0
    for (const { owner } of inRewrapOrder(entries.value, keys)) {
      const answer = await this.#change(owner, (newest, placed) => {
        const put = rewrapped(newest, placed, keys)
        return done({ put, answer: put !== undefined })
      })
      if (!answer.ok) return answer
      if (answer.value) changed++
    }
    return done(changed)
  }

  /** The file tells it: what is rewrapped there is in the stream already. */
  async wrapping(): Promise<Result<Wrapping, KeyStoreRefusal>> {
    const looked = await this.look()
    return looked.ok ? this.#options.file.wrapping() : looked
  }

  /** Troubles that do not end by themselves. While NATS is away, the link reports that. */
  troubles(): Trouble[] {
    const settings: Trouble[] = this.#settings === undefined ? [] : [{ level: 'degraded', reason: this.#settings }]
    return [...settings, ...this.#options.file.troubles()]
  }

  /** Reads the stream. When it resolves, the file holds everything that the stream held at the call. */
  look(): Promise<Result<undefined, KeyStoreRefusal>> {
    this.#looking ??= this.#read().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  /** Fetches the keys of events that are about to be applied; the keys were stored before the events. The time is
   *  bounded: a secret that does not open is tried again, but a configuration that does not arrive is late for
   *  everybody. */
  async lookBefore(events: readonly { bytes: Uint8Array }[]): Promise<void> {
    if (events.some(({ bytes }) => Buffer.from(bytes).includes(sealedField))) await this.lookNow()
  }

  /** Reads the stream, for a bounded time. */
  async lookNow(): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>()
    const timer = this.#options.clock.after(lookBeforeMsMax, resolve)
    // The read under way may have begun too early.
    const looked = (this.#looking ?? Promise.resolve()).then(() => this.look())
    await Promise.race([late, looked])
    timer.cancel()
  }

  async close(): Promise<void> {
    this.#watch?.stop()
    this.#timer?.cancel()
    await this.#looking
    await this.#options.stream.close()
  }

  /** Stores the entry that `decide` returns in the stream and then in the file. */
  async #change<Answer>(owner: string, decide: Decide<Answer>): Promise<Result<Answer, KeyStoreRefusal>> {
    const { stream, file, keys, writes, onChange } = this.#options
    if (!writes) return fail({ type: 'keys-unavailable', message: 'this node makes no data keys' })
    for (let tries = 0; tries < triesMax; tries++) {
      const placed = await this.#placed(owner)
      if (!placed.ok) return placed
      const newest = file.entry(owner)
      if (!newest.ok) return newest
      const decided = decide(newest.value, placed.value)
      if (!decided.ok) return decided
      const { put, answer } = decided.value
      if (put === undefined) return done(answer)
      const stored = await stream.put(owner, encodeEntry(put, keys.macKeys[0]), placed.value.sequence)
      if (!stored.ok && stored.error.type === 'conflict') continue
      if (!stored.ok) return fail(refusalOf(stored.error))
      const adopted = file.adopt([put])
      if (!adopted.ok) return adopted
      if (adopted.value) onChange?.()
      return done(answer)
    }
    return fail({ type: 'keys-unavailable', message: `others change the data key of ${owner} all the time` })
  }

  /** Reads the owner's entry from the stream, and stores it in the file too. */
  async #placed(owner: string): Promise<Result<Placed, KeyStoreRefusal>> {
    const { stream, keys } = this.#options
    const asked = await stream.last(owner)
    const last = !asked.ok && asked.error.type === 'missing' && (await stream.create()).ok ? done(undefined) : asked
    if (!last.ok) return fail(refusalOf(last.error))
    if (last.value === undefined) return done({ entry: undefined, sequence: 0, isCurrent: false })
    const { bytes, sequence } = last.value
    const adopted = this.#adopt([bytes])
    if (!adopted.ok) return adopted
    const placed = placedAt(sequence, bytes, keys)
    // The entry of another owner, repeated on this subject, is no entry of this one.
    return done(placed.entry?.owner === owner ? placed : { entry: undefined, sequence, isCurrent: false })
  }

  /** Reads the stream from its beginning, because after a reconnect it may be another one. */
  async #meet(): Promise<void> {
    await this.#looking
    this.#seen = 0
    await this.look()
    if (this.#options.writes) await this.#give()
  }

  /** Restores entries that the stream does not hold, or no longer holds. Entries of forgotten owners without a key in
   *  the stream need no restoring. */
  async #give(): Promise<void> {
    const entries = this.#options.file.entries()
    for (const { owner } of entries.ok ? entries.value : []) {
      const given = await this.#change(owner, (newest, placed) => {
        const isNeedless = newest?.wrapped === undefined && placed.entry?.wrapped === undefined
        return done({ put: isNeedless ? undefined : missingIn(placed, newest), answer: undefined })
      })
      if (!given.ok) return
    }
  }

  async #read(): Promise<Result<undefined, KeyStoreRefusal>> {
    for (;;) {
      const page: KeyMessage[] = []
      while (page.length < pageMessages) {
        const next = await this.#options.stream.next(page.at(-1)?.sequence ?? this.#seen)
        this.#settings = !next.ok && next.error.type === 'settings' ? next.error.message : undefined
        if (!next.ok) return fail(refusalOf(next.error))
        if (next.value === undefined) break
        page.push(next.value)
      }
      if (page.length === 0) return done(undefined)
      const adopted = this.#adopt(page.map(({ bytes }) => bytes))
      if (!adopted.ok) return adopted
      this.#seen = page.at(-1)?.sequence ?? this.#seen
    }
  }

  #adopt(messages: readonly Uint8Array[]): Result<undefined, KeyStoreRefusal> {
    const { file, keys, notify, onChange, onForged } = this.#options
    const entries = messages.map((bytes) => decodeEntry(bytes, keys.macKeys))
    for (const entry of entries) if (entry === undefined) onForged?.()
    const adopted = file.adopt(entries.filter((entry) => entry !== undefined))
    if (!adopted.ok) {
      notify({ type: 'warning', message: `the data keys of the cluster could not be kept: ${adopted.error.message}` })
      return adopted
    }
    if (adopted.value) onChange?.()
    return done(undefined)
  }
}

const sealedField = '"$sealed"'
const lookMs = 15_000
const lookBeforeMsMax = 1_500
const pageMessages = 256
const triesMax = 8

function missingIn({ entry }: Placed, newest: KeyEntry | undefined): KeyEntry | undefined {
  return entry?.generation === newest?.generation ? undefined : newest
}

function refusalOf({ message }: Pick<KeyStreamTrouble, 'message'>): KeyStoreRefusal {
  return { type: 'keys-unavailable', message }
}
