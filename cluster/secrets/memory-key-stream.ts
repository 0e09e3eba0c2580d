// The stream of data keys in memory, for tests. Its storage outlives a handle, as a server does.
import { done, fail, type Result } from '../../shared/result.ts'
import type { KeyMessage, KeyStream, KeyStreamTrouble, PutTrouble } from './key-stream.ts'

type Watcher = Parameters<KeyStream['watch']>[0]

export class MemoryKeyServer {
  readonly messages = new Map<string, KeyMessage>()
  readonly watchers = new Set<Watcher>()
  lastSequence = 0
  exists = false
  /** True while no handle can reach the stream; see `setAway`. */
  isAway = false

  setAway(isAway: boolean): void {
    this.isAway = isAway
    if (!isAway) for (const { reachable } of this.watchers) reachable()
  }
}

export class MemoryKeyStream implements KeyStream {
  readonly #server: MemoryKeyServer
  readonly #own = new Set<Watcher>()

  constructor(server = new MemoryKeyServer()) {
    this.#server = server
  }

  async last(owner: string): Promise<Result<KeyMessage | undefined, KeyStreamTrouble>> {
    const trouble = this.#trouble()
    return trouble === undefined ? done(this.#server.messages.get(owner)) : fail(trouble)
  }

  async next(sequence: number): Promise<Result<KeyMessage | undefined, KeyStreamTrouble>> {
    const trouble = this.#trouble()
    if (trouble !== undefined) return fail(trouble)
    const later = [...this.#server.messages.values()].filter((message) => message.sequence > sequence)
    return done(later.sort((a, b) => a.sequence - b.sequence)[0])
  }

  async put(owner: string, bytes: Uint8Array, sequence: number): Promise<Result<number, PutTrouble>> {
    const trouble = this.#trouble()
    if (trouble !== undefined) return fail(trouble)
    const { messages, watchers } = this.#server
    if ((messages.get(owner)?.sequence ?? 0) !== sequence) return fail({ type: 'conflict', message: 'another one' })
    const message = { sequence: ++this.#server.lastSequence, bytes: Uint8Array.from(bytes) }
    messages.set(owner, message)
    for (const { stored } of watchers) setImmediate(() => stored(message.bytes))
    return done(message.sequence)
  }

  async create(): Promise<Result<undefined, KeyStreamTrouble>> {
    if (this.#server.isAway) return fail(away)
    this.#server.exists = true
    return done(undefined)
  }

  watch(on: Watcher): { stop(): void } {
    this.#own.add(on)
    this.#server.watchers.add(on)
    if (!this.#server.isAway) setImmediate(() => this.#own.has(on) && on.reachable())
    return { stop: () => this.#forget(on) }
  }

  async close(): Promise<void> {
    for (const watcher of this.#own) this.#forget(watcher)
  }

  #trouble(): KeyStreamTrouble | undefined {
    if (this.#server.isAway) return away
    return this.#server.exists ? undefined : { type: 'missing', message: 'the stream of data keys is not there' }
  }

  #forget(watcher: Watcher): void {
    this.#own.delete(watcher)
    this.#server.watchers.delete(watcher)
  }
}

const away = { type: 'unavailable', message: 'away' } as const
