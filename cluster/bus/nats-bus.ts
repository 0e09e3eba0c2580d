// The bus between processes. Publishing never waits and never fails: while NATS is away, messages that are still useful
// later wait in bounded queues by class (`traffic.ts`), and the rest is dropped and counted. Subscriptions outlive
// connections.
import type { Msg, NatsConnection, Subscription as NatsSubscription } from '@nats-io/transport-node'
import type { Chance, Clock } from '../../shared/clock.ts'
import type { Notify } from '../../shared/notice.ts'
import { fail, type Result } from '../../shared/result.ts'
import type { MessageMacs } from '../macs/message-macs.ts'
import type { NatsLink } from '../nats/nats-link.ts'
import { AskedOnce } from './asked-once.ts'
import type { Parcel } from './bounded-queue.ts'
import type { Bus, BusRefusal, Subscription } from './bus.ts'
import { BusMacs, fromHeader } from './bus-macs.ts'
import { answerBytesMax, failurePart, type Part, partsOf } from './nats-answers.ts'
import { NatsAsking } from './nats-asking.ts'
import { OutboundQueue, type QueueState } from './outbound-queue.ts'
import { SenderOrder, uncounted } from './sender-order.ts'
import { type TrafficClass, trafficClassOf } from './traffic.ts'

export interface NatsBusOptions {
  /** The bus does not own the link: closing the bus leaves it open. */
  readonly link: NatsLink
  readonly clock: Clock
  readonly chance: Chance
  readonly notify: Notify
  readonly macs: MessageMacs
}

type Receive = (payload: Uint8Array, subject: string) => void
type Answer = (payload: Uint8Array) => Promise<Uint8Array> | Uint8Array

/** The prefix of all subjects of the bus, so that a cluster can share its servers with other applications. */
const prefix = 'hg.'
/** The queue group of those who serve a subject: the server gives each request to one of them. */
const queueGroup = 'hg'
const servedMax = 256
const subjectsCountedMax = 1_024

interface Want {
  open(connection: NatsConnection): NatsSubscription
  current: NatsSubscription | undefined
}

export class NatsBus implements Bus {
  readonly #options: NatsBusOptions
  /** The id of this bus. Receivers tell publishers apart by it. */
  readonly #origin: string
  readonly #outgoing: OutboundQueue
  readonly #asking: NatsAsking
  readonly #macs: BusMacs
  readonly #wants = new Set<Want>()
  readonly #sequences = new Map<string, number>()
  readonly #watching: { stop(): void }
  #connection: NatsConnection | undefined
  #missed = 0
  #serving = 0
  #closed = false

  constructor(options: NatsBusOptions) {
    const { clock, chance, notify, link, macs } = options
    this.#options = options
    this.#origin = Array.from({ length: 12 }, () => Math.floor(chance() * 36).toString(36)).join('')
    this.#macs = new BusMacs(macs, clock)
    const headersOf = (parcel: Parcel) => this.#macs.published(parcel, this.#origin)
    this.#outgoing = new OutboundQueue({ clock, notify, headersOf })
    this.#asking = new NatsAsking({ clock, outgoing: this.#outgoing, macs: this.#macs })
    this.#watching = link.onChange(() => this.#onChange(link.connection))
  }

  /** Messages that wait for NATS and messages that were dropped, by class. */
  queues(): Record<TrafficClass, QueueState> {
    return this.#outgoing.queues()
  }

  /** Messages that subscriptions of this bus should have received and did not, since the start. */
  get missed(): number {
    return this.#missed
  }

  publish(subject: string, payload: Uint8Array): void {
    if (this.#closed) return
    const sequence = this.#nextSequence(subject)
    this.#outgoing.send(trafficClassOf(subject), { subject: `${prefix}${subject}`, payload, sequence })
  }

  subscribe(subject: string, receive: Receive): Subscription {
    return this.#want((connection, order) =>
      connection.subscribe(`${prefix}${subject}`, {
        callback: (error, message) => {
          if (error === null) this.#deliver(message, receive, order)
        },
      }),
    )
  }

  /** Subscribes without receiving what this bus published itself. A bridge that forwards messages needs it. */
  subscribeOthers(subject: string, receive: Receive): Subscription {
    return this.#want((connection, order) =>
      connection.subscribe(`${prefix}${subject}`, {
        callback: (error, message) => {
          if (error === null && !isOf(this.#origin, message)) this.#deliver(message, receive, order)
        },
      }),
    )
  }

  request(subject: string, payload: Uint8Array, timeoutMs: number): Promise<Result<Uint8Array, BusRefusal>> {
    const bytesMax = this.#outgoing.payloadBytesMax
    if (payload.length > bytesMax) {
      this.#outgoing.refuseLarge(trafficClassOf(subject), subject, payload.length)
      return Promise.resolve(fail({ type: 'too-large', subject, bytes: payload.length, bytesMax }))
    }
    return this.#asking.ask(`${prefix}${subject}`, subject, payload, timeoutMs)
  }

  serve(subject: string, answer: Answer): Subscription {
    const asked = new AskedOnce()
    return this.#want((connection) =>
      connection.subscribe(`${prefix}${subject}`, {
        queue: queueGroup,
        callback: (error, message) => {
          const isAsked = error === null && message.reply !== undefined && message.reply !== ''
          if (isAsked && this.#macs.isGenuineRequest(message, subject, asked))
            void this.#answer(connection, message, answer)
        },
      }),
    )
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#watching.stop()
    for (const want of this.#wants) want.current?.unsubscribe()
    this.#wants.clear()
    this.#outgoing.close()
    this.#asking.lost()
  }

  #onChange(connection: NatsConnection | undefined): void {
    if (connection === this.#connection) return
    if (this.#connection !== undefined) {
      this.#outgoing.lost()
      this.#asking.lost()
    }
    this.#connection = connection
    for (const want of this.#wants) want.current = connection && want.open(connection)
    if (connection === undefined) return
    this.#asking.connected(connection)
    this.#outgoing.connected(connection)
  }

  #want(open: (connection: NatsConnection, order: SenderOrder) => NatsSubscription): Subscription {
    const order = new SenderOrder()
    const want: Want = { open: (connection) => open(connection, order), current: undefined }
    this.#wants.add(want)
    if (this.#connection !== undefined) want.current = want.open(this.#connection)
    return {
      stop: () => {
        this.#wants.delete(want)
        if (want.current !== undefined && !want.current.isClosed()) want.current.unsubscribe()
      },
    }
  }

  /** Catches every throw: an exception in the callback would end the client's read loop for good. */
  #deliver(message: Msg, receive: Receive, order: SenderOrder): void {
    try {
      const subject = message.subject.slice(prefix.length)
      const missing = this.#macs.hear(message, subject, order)
      if (missing === undefined) return
      this.#missed += missing
      receive(message.data, subject)
    } catch (error) {
      this.#options.notify({ type: 'handler-threw', where: `bus ${message.subject}`, message: stackOf(error) })
    }
  }

  async #answer(connection: NatsConnection, request: Msg, answer: Answer): Promise<void> {
    const parts = await this.#partsOfAnswer(connection, request, answer)
    for (const part of parts) {
      if (!(await this.#outgoing.room(connection))) return
      connection.publish(request.reply!, part.payload, { headers: this.#macs.answer(request.reply!, part) })
      this.#outgoing.sent(part.payload.length)
    }
  }

  async #partsOfAnswer(connection: NatsConnection, request: Msg, answer: Answer): Promise<Part[]> {
    if (this.#serving >= servedMax) return [failurePart('too many requests are being answered')]
    this.#serving++
    try {
      const payload = await answer(request.data)
      if (payload.length > answerBytesMax) return [failurePart('the answer is too large')]
      return partsOf(payload, connection.info?.max_payload ?? answerBytesMax)
    } catch (error) {
      return [failurePart(error instanceof Error ? error.message : String(error))]
    } finally {
      this.#serving--
    }
  }

  #nextSequence(subject: string): number {
    const last = this.#sequences.get(subject)
    if (last === undefined && this.#sequences.size >= subjectsCountedMax) return uncounted
    const next = (last ?? 0) + 1
    this.#sequences.set(subject, next)
    return next
  }
}

/** Whether this bus published the message. A stranger who says so is not heard, as any stranger. */
function isOf(origin: string, { headers }: Msg): boolean {
  return headers?.get(fromHeader).startsWith(`${origin} `) ?? false
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
