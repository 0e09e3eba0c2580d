// Pages of many messages, from a consumer that lives as long as one page follows the other: a message at a time would take
// a round trip each. What it answers is the beginning of the truth, never more: it may stop early.
import type { JetStreamManager } from '@nats-io/jetstream'
import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node'
import { createInbox } from '@nats-io/transport-node'
import type { Clock } from '../../shared/clock.ts'
import { messageOf } from './event-message.ts'
import type { StreamMessage } from './event-stream.ts'

export interface PagesOptions {
  connection: NatsConnection
  manager: JetStreamManager
  stream: string
  clock: Clock
  timeoutMs: number
}

/** Bytes of one page, so that a page of the largest events stays small. */
const pageBytesMax = 8 << 20
const consumerLivesMs = 30_000

export class JetStreamPages {
  readonly #options: PagesOptions
  readonly #consumer: string
  readonly #inbox: string
  readonly #subscription: Subscription
  #receive: (message: Msg) => void = () => {}
  /** The sequence after which the next page begins. */
  at: number

  private constructor(options: PagesOptions, consumer: string, at: number) {
    this.#options = options
    this.#consumer = consumer
    this.at = at
    this.#inbox = createInbox()
    const callback = (error: Error | null, message: Msg) => {
      if (error === null) this.#receive(message)
    }
    this.#subscription = options.connection.subscribe(this.#inbox, { callback })
  }

  /** Throws what the client throws. */
  static async open(options: PagesOptions, afterSequence: number): Promise<JetStreamPages> {
    const { name } = await options.manager.consumers.add(options.stream, {
      deliver_policy: 'by_start_sequence',
      opt_start_seq: afterSequence + 1,
      ack_policy: 'none',
      replay_policy: 'instant',
      mem_storage: true,
      num_replicas: 1,
      inactive_threshold: consumerLivesMs * 1_000_000,
    })
    return new JetStreamPages(options, name, afterSequence)
  }

  /** The next messages, `count` at most. Fewer when they take many bytes, or do not come in time. */
  next(count: number): Promise<StreamMessage[]> {
    const { connection, stream, clock, timeoutMs } = this.#options
    const page: StreamMessage[] = []
    return new Promise((resolve) => {
      const end = () => {
        timer.cancel()
        this.#receive = () => {}
        resolve(page)
      }
      const timer = clock.after(timeoutMs, end)
      this.#receive = (message) => {
        const sequence = sequenceOf(message)
        // A status instead of a message, or one that a page before this one had given up on: the page ends here.
        if (sequence !== this.at + 1) return end()
        page.push(messageOf(sequence, message.data, message.headers))
        this.at = sequence
        if (page.length === count) end()
      }
      const request = { batch: count, expires: timeoutMs * 1_000_000, max_bytes: pageBytesMax }
      const subject = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${this.#consumer}`
      connection.publish(subject, JSON.stringify(request), { reply: this.#inbox })
    })
  }

  close(): void {
    const { manager, stream, connection } = this.#options
    this.#subscription.unsubscribe()
    // The server drops it by itself when this does not reach it.
    if (!connection.isClosed()) manager.consumers.delete(stream, this.#consumer).catch(() => {})
  }
}

/** `$JS.ACK.<stream>.<consumer>.<deliveries>.<sequence>.…`, with two tokens more after `ACK` on newer servers. */
function sequenceOf({ reply }: Msg): number | undefined {
  const tokens = reply?.split('.') ?? []
  if (tokens[0] !== '$JS' || tokens[1] !== 'ACK') return undefined
  return Number(tokens[tokens.length >= 11 ? 7 : 5])
}
