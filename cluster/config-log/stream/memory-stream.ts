// The stream in memory, for tests. Its storage outlives a handle, as a server does, and can be taken away, cut short,
// or made to lose acknowledgements.
import { done, fail, type Result } from '../../../shared/result.ts'
import type { PublishTrouble, StreamFacts, StreamTrouble } from '../../nats/stream-trouble.ts'
import type { SealedEvent } from '../log/config-log.ts'
import type { RepairableStream, StreamMessage } from './event-stream.ts'

export class MemoryStreamStorage {
  /** The messages; undefined when the stream was never created, or is gone. */
  messages: StreamMessage[] | undefined
  created = ''
  /** Message ids that the duplicate window still covers. */
  readonly idsKnown = new Map<string, number>()
  readonly watchers = new Set<() => void>()
  /** The answer of every call while it is set. */
  trouble: StreamTrouble | undefined
  /** Sequences that the stream counts but cannot read any more. */
  readonly unreadable = new Set<number>()
  factsTrouble: StreamTrouble | undefined
  createTrouble: StreamTrouble | undefined
  publishTrouble: PublishTrouble | undefined
  /** The number of coming publishes whose acknowledgement is lost. */
  acksLost = 0
  /** The number of coming publishes that are lost on their way. */
  publishesLost = 0
  #made = 0

  make(): void {
    this.messages = []
    this.created = `stream ${++this.#made}`
    this.idsKnown.clear()
  }

  wake(): void {
    for (const wake of this.watchers) setImmediate(wake)
  }
}

export class MemoryStream implements RepairableStream {
  readonly #storage: MemoryStreamStorage
  readonly #own = new Set<() => void>()

  constructor(storage: MemoryStreamStorage) {
    this.#storage = storage
  }

  async facts(): Promise<Result<StreamFacts, StreamTrouble>> {
    if (this.#storage.factsTrouble !== undefined) return fail(this.#storage.factsTrouble)
    const messages = this.#messages()
    if (!messages.ok) return messages
    const firstSequence = messages.value[0]?.sequence ?? 0
    const lastSequence = messages.value.at(-1)?.sequence ?? 0
    return done({ firstSequence, lastSequence, messages: messages.value.length, created: this.#storage.created })
  }

  async publish(
    event: SealedEvent,
    lastSequence: number,
  ): Promise<Result<{ sequence: number; duplicate: boolean }, PublishTrouble>> {
    const storage = this.#storage
    const messages = this.#messages()
    if (!messages.ok) return messages
    if (storage.publishesLost > 0) {
      storage.publishesLost--
      return fail(noAck)
    }
    if (storage.publishTrouble !== undefined) return fail(storage.publishTrouble)
    const answer = this.#store(messages.value, event, lastSequence)
    if (storage.acksLost === 0) return answer
    storage.acksLost--
    return fail(noAck)
  }

  async read(afterSequence: number, limit: number): Promise<Result<StreamMessage[], StreamTrouble>> {
    const messages = this.#messages()
    if (!messages.ok) return messages
    const page = messages.value.filter(({ sequence }) => sequence > afterSequence).slice(0, limit)
    const end = page.findIndex(({ sequence }) => this.#storage.unreadable.has(sequence))
    return done(end < 0 ? page : page.slice(0, end))
  }

  watch(wake: () => void): { stop(): void } {
    const watcher = () => {
      if (this.#own.has(watcher)) wake()
    }
    this.#own.add(watcher)
    this.#storage.watchers.add(watcher)
    return { stop: () => this.#forget(watcher) }
  }

  async create(): Promise<Result<StreamFacts, StreamTrouble>> {
    const trouble = this.#storage.trouble ?? this.#storage.createTrouble
    if (trouble !== undefined) return fail(trouble)
    if (this.#storage.messages === undefined) this.#storage.make()
    return this.facts()
  }

  async remove(): Promise<Result<undefined, StreamTrouble>> {
    if (this.#storage.trouble !== undefined) return fail(this.#storage.trouble)
    this.#storage.messages = undefined
    return done(undefined)
  }

  async mend(): Promise<Result<StreamFacts, StreamTrouble>> {
    this.#storage.factsTrouble = undefined
    return this.facts()
  }

  async close(): Promise<void> {
    for (const watcher of this.#own) this.#forget(watcher)
  }

  #messages(): Result<StreamMessage[], StreamTrouble> {
    const { trouble, messages } = this.#storage
    if (trouble !== undefined) return fail(trouble)
    return messages === undefined ? fail({ type: 'missing', message: 'there is no such stream' }) : done(messages)
  }

  #store(
    messages: StreamMessage[],
    event: SealedEvent,
    lastSequence: number,
  ): Result<{ sequence: number; duplicate: boolean }, PublishTrouble> {
    const { idsKnown } = this.#storage
    const earlier = idsKnown.get(event.commandId)
    if (earlier !== undefined) return done({ sequence: earlier, duplicate: true })
    const last = messages.at(-1)?.sequence ?? 0
    if (last !== lastSequence) return fail({ type: 'wrong-last-sequence', message: `the last sequence is ${last}` })
    const { commandId, bytes, hash, mac } = event
    messages.push({ sequence: last + 1, commandId, bytes, hash, mac })
    idsKnown.set(commandId, last + 1)
    this.#storage.wake()
    return done({ sequence: last + 1, duplicate: false })
  }

  #forget(watcher: () => void): void {
    this.#own.delete(watcher)
    this.#storage.watchers.delete(watcher)
  }
}

const noAck = { type: 'no-ack', message: 'no acknowledgement came' } as const
