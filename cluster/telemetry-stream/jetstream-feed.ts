// Reads one partition through a consumer of its own, which exists in the memory of the server and is dropped when
// nobody pulls. The reader asks for as much as it can take; a message out of order, or a missing one, ends the feed,
// and the reader opens another one where it stopped.
import type { JetStreamManager } from '@nats-io/jetstream'
import { createInbox, type Msg, type NatsConnection, type Subscription } from '@nats-io/transport-node'
import type { Clock } from '../../shared/clock.ts'
import { done, fail, type Result } from '../../shared/result.ts'
import type { FeedPage, PartitionFeed, UsageMessage, UsageStreamTrouble } from './usage-stream.ts'

export interface JetStreamFeedOptions {
  connection: NatsConnection
  manager: JetStreamManager
  stream: string
  filter: string
  clock: Clock
}

/** The messages and bytes that may be on the way to one feed. */
const pullMessages = 64
const pullBytes = 2 << 20
const consumerLivesMs = 60_000
/** A server that is silent for this long beyond the requested wait is gone. */
const silenceMs = 2_000
const nanosPerMs = 1_000_000

export class JetStreamFeed implements PartitionFeed {
  readonly #options: JetStreamFeedOptions
  readonly #consumer: string
  readonly #inbox = createInbox()
  readonly #subscription: Subscription
  #messages: UsageMessage[] = []
  /** The number of messages that the open pull still expects; 0 without an open pull. */
  #owed = 0
  /** The time by which the server has to answer the pull. */
  #dueMs = 0
  #delivered = 0
  #isAtEnd = false
  #trouble: string | undefined
  #wake: () => void = () => {}

  private constructor(options: JetStreamFeedOptions, consumer: string) {
    this.#options = options
    this.#consumer = consumer
    this.#subscription = options.connection.subscribe(this.#inbox, {
      callback: (error, message) => {
        if (error === null) this.#onMessage(message)
        else this.#break(error.message)
      },
    })
  }

  /** Opens a feed. Throws what the client throws. */
  static async open(options: JetStreamFeedOptions, afterSequence: number): Promise<JetStreamFeed> {
    const { name } = await options.manager.consumers.add(options.stream, {
      deliver_policy: 'by_start_sequence',
      opt_start_seq: afterSequence + 1,
      filter_subject: options.filter,
      ack_policy: 'none',
      replay_policy: 'instant',
      mem_storage: true,
      num_replicas: 1,
      inactive_threshold: consumerLivesMs * nanosPerMs,
    })
    return new JetStreamFeed(options, name)
  }

  async next(waitMs: number): Promise<Result<FeedPage, UsageStreamTrouble>> {
    if (this.#messages.length === 0) {
      if (this.#owed === 0 && this.#trouble === undefined) this.#pull(waitMs)
      await this.#awaken(waitMs)
    }
    if (this.#options.connection.isClosed()) this.#trouble ??= 'the connection is gone'
    // Messages that arrived before the trouble are in order and still count.
    if (this.#messages.length === 0 && this.#trouble !== undefined) {
      return fail({ type: 'unavailable', message: this.#trouble })
    }
    const messages = this.#messages
    this.#messages = []
    return done({ messages, isAtEnd: this.#isAtEnd })
  }

  close(): void {
    const { connection, manager, stream } = this.#options
    this.#trouble ??= 'closed'
    this.#wake()
    if (connection.isClosed()) return
    this.#subscription.unsubscribe()
    // The server drops the consumer by itself when this request does not reach it.
    manager.consumers.delete(stream, this.#consumer).catch(() => {})
  }

  #pull(waitMs: number): void {
    const { connection, stream } = this.#options
    if (connection.isClosed()) return this.#break('the connection is gone')
    this.#owed = pullMessages
    this.#dueMs = this.#options.clock.monotonicMs() + waitMs + silenceMs
    this.#isAtEnd = false
    const request = { batch: pullMessages, expires: waitMs * nanosPerMs, max_bytes: pullBytes }
    connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${this.#consumer}`, JSON.stringify(request), {
      reply: this.#inbox,
    })
  }

  /** Waits until something arrives, at most for `waitMs`; with a pull of our own, until the server ends it. */
  #awaken(waitMs: number): Promise<void> {
    if (this.#trouble !== undefined) return Promise.resolve()
    const { clock } = this.#options
    return new Promise((resolve) => {
      const untilDueMs = this.#dueMs - clock.monotonicMs()
      const isOwnPull = untilDueMs <= waitMs + silenceMs
      const timer = clock.after(isOwnPull ? Math.max(0, untilDueMs) : waitMs, () => {
        if (isOwnPull) this.#break('the server is silent')
        else this.#wake()
      })
      this.#wake = () => {
        timer.cancel()
        this.#wake = () => {}
        resolve()
      }
    })
  }

  #onMessage(message: Msg): void {
    const place = placeOf(message)
    if (place === undefined) this.#onStatus(message.headers?.code ?? 0, message.headers?.description ?? '')
    else if (place.delivered !== this.#delivered + 1) this.#break('a message was lost on the way')
    else {
      this.#delivered = place.delivered
      this.#owed--
      this.#isAtEnd = place.pending === 0
      const { sequence, storedAtMs } = place
      const id = message.headers?.get(idHeader) ?? ''
      this.#messages.push({ sequence, storedAtMs, sender: senderIn(message), id, bytes: message.data })
      this.#wake()
    }
  }

  #onStatus(code: number, description: string): void {
    this.#owed = 0
    if (code === statusTimeout || code === statusNoMessages) this.#isAtEnd = true
    // The byte limit ended the pull: the rest needs another one.
    else if (code !== statusConflict || !/bytes/i.test(description)) return this.#break(description || `status ${code}`)
    else if (this.#messages.length === 0) return this.#break('a message is larger than what is asked for')
    this.#wake()
  }

  #break(trouble: string): void {
    this.#trouble ??= trouble
    this.#wake()
  }
}

const idHeader = 'Nats-Msg-Id'

/** The last token of `usage.<partition>.<sender>`. */
function senderIn({ subject }: Msg): string {
  return subject.slice(subject.lastIndexOf('.') + 1)
}

const statusNoMessages = 404
const statusTimeout = 408
const statusConflict = 409

interface Place {
  sequence: number
  /** The number of the message among all that this consumer delivered. */
  delivered: number
  storedAtMs: number
  /** The number of messages after it. */
  pending: number
}

/** Parses `$JS.ACK.<stream>.<consumer>.<tries>.<sequence>.<delivered>.<time>.<pending>`; newer servers add two
 *  tokens. */
function placeOf({ reply }: Msg): Place | undefined {
  const tokens = reply?.split('.') ?? []
  if (tokens[0] !== '$JS' || tokens[1] !== 'ACK') return undefined
  const [sequence, delivered, nanos, pending] = tokens.slice(tokens.length >= 11 ? 7 : 5)
  return {
    sequence: Number(sequence),
    delivered: Number(delivered),
    storedAtMs: Number(BigInt(nanos ?? 0) / BigInt(nanosPerMs)),
    pending: Number(pending),
  }
}
