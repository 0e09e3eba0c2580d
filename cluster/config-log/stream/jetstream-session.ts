// The state that belongs to one connection: the JetStream client, and reading. A few messages are read one by one from
// the leader, so that they are as new as the facts it just reported; many are read in pages.
import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Clock } from '../../../shared/clock.ts'
import { isApiError } from '../../nats/jetstream-trouble.ts'
import { messageOfStored } from './event-message.ts'
import type { StreamMessage } from './event-stream.ts'
import { JetStreamPages } from './jetstream-pages.ts'

export interface SessionOptions {
  connection: NatsConnection
  stream: string
  clock: Clock
  /** The time-out of a publish. */
  timeoutMs: number
}

/** The time-out of a request. Requests are made each second and have to fail early enough for a server that stands
 *  still to be noticed within three. */
const askMs = 1_500
const singlesMax = 8

export class JetStreamSession {
  readonly #options: SessionOptions
  readonly client: JetStreamClient
  readonly manager: Promise<JetStreamManager>
  #pages: JetStreamPages | undefined

  constructor(options: SessionOptions) {
    this.#options = options
    this.client = jetstream(options.connection, { timeout: options.timeoutMs })
    this.manager = jetstreamManager(options.connection, { checkAPI: false, timeout: askMs })
  }

  get connection(): NatsConnection {
    return this.#options.connection
  }

  /** Reads messages. `lastSequence` is the one that the stream reported last. Throws what the client throws. */
  async read(afterSequence: number, limit: number, lastSequence: number): Promise<StreamMessage[]> {
    const count = Math.min(limit, lastSequence - afterSequence)
    if (count > singlesMax) {
      const page = await this.#readPage(afterSequence, count, lastSequence)
      // A consumer may be on a server that lags behind the leader; the leader may have what it lacks.
      if (page.length > 0) return page
    }
    return this.#readSingles(afterSequence, Math.min(limit, singlesMax, Math.max(1, count)))
  }

  close(): void {
    this.#pages?.close()
    this.#pages = undefined
  }

  async #readPage(afterSequence: number, count: number, lastSequence: number): Promise<StreamMessage[]> {
    if (this.#pages?.at !== afterSequence) {
      this.close()
      this.#pages = await JetStreamPages.open(
        { ...this.#options, manager: await this.manager, timeoutMs: askMs },
        afterSequence,
      )
    }
    const page = await this.#pages.next(count, lastSequence)
    const isAtEnd = page.length === 0 || this.#pages.at >= lastSequence
    if (isAtEnd) this.close()
    return page
  }

  async #readSingles(afterSequence: number, count: number): Promise<StreamMessage[]> {
    const asked = Array.from({ length: count }, (_one, index) => this.#readSingle(afterSequence + index + 1))
    const messages = await Promise.all(asked)
    const end = messages.indexOf(undefined)
    return (end < 0 ? messages : messages.slice(0, end)) as StreamMessage[]
  }

  async #readSingle(sequence: number): Promise<StreamMessage | undefined> {
    const { streams } = await this.manager
    try {
      const stored = await streams.getMessage(this.#options.stream, { seq: sequence })
      return stored === null ? undefined : messageOfStored(stored)
    } catch (error) {
      if (isApiError(error, 'noMessageFound')) return undefined
      throw error
    }
  }
}
