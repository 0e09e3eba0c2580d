// Reads many messages page by page from a consumer that lives as long as the reader continues: single reads would take
// a round trip each. While one page is processed the server already sends the next ones. The result is a prefix of the
// stream: it may stop early.
import type { JetStreamManager } from '@nats-io/jetstream'
import { createInbox, type Msg, type NatsConnection, type Subscription } from '@nats-io/transport-node'
import type { Clock } from '../../../shared/clock.ts'
import { messageOf } from './event-message.ts'
import type { StreamMessage } from './event-stream.ts'

export interface PagesOptions {
  connection: NatsConnection
  manager: JetStreamManager
  stream: string
  clock: Clock
  timeoutMs: number
}

/** The number of messages that are requested at a time and buffered. The limit of bytes keeps a page of the largest
 *  events small. */
const pullMessages = 2_048
const pullBytesMax = 8 << 20
const consumerLivesMs = 30_000

export class JetStreamPages {
  readonly #options: PagesOptions
  readonly #subject: string
  readonly #consumer: string
  readonly #inbox: string
  readonly #subscription: Subscription
  #ready: StreamMessage[] = []
  /** The sequence of the newest message that arrived. */
  #received: number
  /** The number of messages of the pull under way that have not arrived. */
  #awaited = 0
  #isBroken = false
  /** The caller that waits for a page, and for how many messages. */
  #waiter: { wanted: number; wake: () => void } | undefined
  /** The sequence after which the next page begins. */
  at: number

  private constructor(options: PagesOptions, consumer: string, at: number) {
    this.#options = options
    this.#consumer = consumer
    this.#subject = `$JS.API.CONSUMER.MSG.NEXT.${options.stream}.${consumer}`
    this.at = at
    this.#received = at
    this.#inbox = createInbox()
    const callback = (error: Error | null, message: Msg) => (error === null ? this.#receive(message) : this.#break())
    this.#subscription = options.connection.subscribe(this.#inbox, { callback })
  }

  /** Opens a consumer. Throws what the client throws. */
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

  /** Returns the next messages, `count` at most, of a stream that ends at `lastSequence`. Fewer when they do not arrive
   *  in time. */
  async next(count: number, lastSequence: number): Promise<StreamMessage[]> {
    const wanted = Math.min(count, lastSequence - this.at)
    this.#pull(lastSequence)
    if (this.#ready.length < wanted && !this.#isBroken) await this.#until(wanted, lastSequence)
    const page = this.#ready.splice(0, wanted)
    this.at += page.length
    this.#pull(lastSequence)
    return page
  }

  close(): void {
    const { manager, stream, connection } = this.#options
    this.#subscription.unsubscribe()
    // The server drops the consumer by itself when this request does not reach it.
    if (!connection.isClosed()) manager.consumers.delete(stream, this.#consumer).catch(() => {})
  }

  #until(wanted: number, lastSequence: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        timer.cancel()
        this.#waiter = undefined
        resolve()
      }
      const wake = () => {
        this.#pull(lastSequence)
        if (this.#ready.length >= wanted || this.#isBroken) end()
      }
      const timer = this.#options.clock.after(this.#options.timeoutMs, end)
      this.#waiter = { wanted, wake }
    })
  }

  #pull(lastSequence: number): void {
    const missing = lastSequence - this.#received
    if (this.#awaited > 0 || this.#isBroken || missing <= 0 || this.#ready.length > pullMessages) return
    this.#awaited = Math.min(pullMessages, missing)
    const request = { batch: this.#awaited, expires: this.#options.timeoutMs * 1_000_000, max_bytes: pullBytesMax }
    this.#options.connection.publish(this.#subject, JSON.stringify(request), { reply: this.#inbox })
  }

  #receive(message: Msg): void {
    const sequence = sequenceOf(message)
    if (sequence === undefined) return this.#receiveStatus(message)
    if (sequence !== this.#received + 1) return this.#break()
    this.#ready.push(messageOf(sequence, message.data, message.headers))
    this.#received = sequence
    this.#awaited--
    if (this.#waiter !== undefined && (this.#awaited === 0 || this.#ready.length >= this.#waiter.wanted)) {
      this.#waiter.wake()
    }
  }

  /** Handles the end of a pull before it was complete. */
  #receiveStatus({ headers }: Msg): void {
    const isAboutBytes = headers?.code === 409 && /exceeds maxbytes/i.test(headers.description)
    this.#awaited = 0
    if (!isAboutBytes) this.#isBroken = true
    this.#waiter?.wake()
  }

  #break(): void {
    this.#isBroken = true
    this.#waiter?.wake()
  }
}

/** Parses `$JS.ACK.<stream>.<consumer>.<deliveries>.<sequence>.…`; newer servers add two tokens after `ACK`. */
function sequenceOf({ reply }: Msg): number | undefined {
  if (reply?.startsWith('$JS.ACK.') !== true) return undefined
  const tokens = reply.split('.')
  return Number(tokens[tokens.length >= 11 ? 7 : 5])
}
