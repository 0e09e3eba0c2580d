// Sends the messages of this process and bounds what waits while the network is away. The NATS client accepts any
// amount and reports nothing: what it holds when a connection dies is lost without an error, and memory grows for as
// long as a server reads slowly. So at most a window of bytes is on the way; the server confirms it (a flush is a ping
// behind the data), and the rest waits in bounded queues. Dropped messages, and messages that were on the way when a
// connection was lost, are counted by class.
import type { MsgHdrs, NatsConnection } from '@nats-io/transport-node'
import type { Clock, Timer } from '../../shared/clock.ts'
import type { Notify } from '../../shared/notice.ts'
import { BoundedQueue, type Parcel } from './bounded-queue.ts'
import { type TrafficClass, traffic, trafficClasses } from './traffic.ts'

export interface QueueState {
  /** Messages that wait for the network. */
  length: number
  bytes: number
  /** Messages dropped since the start, including `tooLarge`. */
  dropped: number
  tooLarge: number
  /** Messages that were on the way when a connection was lost, since the start. They may have arrived or not. */
  uncertain: number
}

export interface OutgoingOptions {
  readonly clock: Clock
  readonly notify: Notify
  headersOf(parcel: Parcel): MsgHdrs
}

const windowBytes = 4 << 20
/** The part of the window that one flush confirms. */
const stretchBytes = windowBytes / 8
const stretchMs = 200
const droppedNoticeMs = 10_000
const tooLargeNoticeMs = 60_000
/** `max_payload` of a server that does not report one. */
const payloadBytesDefault = 1 << 20
/** Headers count as payload. */
const headerBytesMax = 256
/** Bytes that client and server add to each message. */
const overheadBytes = 128

/** Messages that were sent between two flushes. */
interface Stretch {
  bytes: number
  messages: Map<TrafficClass, number>
}

export class OutboundQueue {
  readonly #options: OutgoingOptions
  readonly #lines = new Map(trafficClasses.map((name) => [name, new BoundedQueue(traffic[name])]))
  readonly #dropped = new Map<TrafficClass, number>()
  readonly #uncertain = new Map<TrafficClass, number>()
  readonly #tooLarge = new Map<TrafficClass, number>()
  readonly #untold = new Map<TrafficClass, number>()
  #tooLargeToldAtMs = Number.NEGATIVE_INFINITY
  #payloadBytesMax = payloadBytesDefault - headerBytesMax
  #toldAtMs = Number.NEGATIVE_INFINITY
  #connection: NatsConnection | undefined
  #open: Stretch = { bytes: 0, messages: new Map() }
  /** Stretches that were flushed and are not confirmed yet, oldest first. */
  #flushed: Stretch[] = []
  #onTheWayBytes = 0
  #timer: Timer | undefined
  #waitingForRoom: (() => void)[] = []

  constructor(options: OutgoingOptions) {
    this.#options = options
  }

  /** Called when `connection` is ready for the queued messages. Subscriptions must be open by then. */
  connected(connection: NatsConnection): void {
    this.#connection = connection
    this.#payloadBytesMax = (connection.info?.max_payload ?? payloadBytesDefault) - headerBytesMax
    this.#drain()
  }

  lost(): void {
    this.#connection = undefined
    this.#timer?.cancel()
    this.#timer = undefined
    for (const { messages } of [...this.#flushed, this.#open]) {
      for (const [name, count] of messages) add(this.#uncertain, name, count)
    }
    this.#flushed = []
    this.#open = { bytes: 0, messages: new Map() }
    this.#onTheWayBytes = 0
    this.#letIn()
  }

  /** The largest payload that the connected server accepts, or the last one did. */
  get payloadBytesMax(): number {
    return this.#payloadBytesMax
  }

  send(name: TrafficClass, parcel: Parcel): void {
    const line = this.#lines.get(name)!
    if (parcel.payload.length > this.#payloadBytesMax) this.refuseLarge(name, parcel.subject, parcel.payload.length)
    else if (line.length === 0 && this.#hasRoom()) this.#sendNow(name, parcel)
    else this.#drop(name, line.add(parcel))
  }

  refuseLarge(name: TrafficClass, subject: string, bytes: number): void {
    add(this.#dropped, name, 1)
    add(this.#tooLarge, name, 1)
    const nowMs = this.#options.clock.monotonicMs()
    if (nowMs - this.#tooLargeToldAtMs < tooLargeNoticeMs) return
    this.#tooLargeToldAtMs = nowMs
    this.#options.notify({ type: 'bus-too-large', subject, bytes, bytesMax: this.#payloadBytesMax })
  }

  #drop(name: TrafficClass, messages: number): void {
    if (messages === 0) return
    add(this.#dropped, name, messages)
    add(this.#untold, name, messages)
  }

  /** Resolves once a request or an answer may go out on `connection`; false when it is gone. */
  async room(connection: NatsConnection): Promise<boolean> {
    while (this.#connection === connection && !this.#hasRoom()) {
      await new Promise<void>((resolve) => this.#waitingForRoom.push(resolve))
    }
    return this.#connection === connection
  }

  /** Counts bytes that were sent beside the queues (requests and answers). */
  sent(bytes: number): void {
    this.#count(bytes)
  }

  queues(): Record<TrafficClass, QueueState> {
    const states = trafficClasses.map((name) => {
      const { length, bytes } = this.#lines.get(name)!
      const count = (counts: Map<TrafficClass, number>) => counts.get(name) ?? 0
      const [dropped, tooLarge] = [count(this.#dropped), count(this.#tooLarge)]
      return [name, { length, bytes, dropped, tooLarge, uncertain: count(this.#uncertain) }] as const
    })
    return Object.fromEntries(states) as Record<TrafficClass, QueueState>
  }

  close(): void {
    this.lost()
    this.#tellDropped()
  }

  #hasRoom(): boolean {
    return this.#connection !== undefined && this.#onTheWayBytes < windowBytes
  }

  #sendNow(name: TrafficClass, parcel: Parcel): void {
    this.#connection!.publish(parcel.subject, parcel.payload, { headers: this.#options.headersOf(parcel) })
    add(this.#open.messages, name, 1)
    this.#count(parcel.payload.length + overheadBytes)
  }

  #count(bytes: number): void {
    this.#open.bytes += bytes
    this.#onTheWayBytes += bytes
    if (this.#open.bytes >= stretchBytes) this.#flush()
    else this.#timer ??= this.#options.clock.after(stretchMs, () => this.#flush())
  }

  #flush(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    const connection = this.#connection
    if (connection === undefined) return
    const stretch = this.#open
    this.#flushed.push(stretch)
    this.#open = { bytes: 0, messages: new Map() }
    connection.flush().then(
      () => this.#onConfirmed(stretch),
      () => {}, // the connection is being lost: the link reports it
    )
  }

  #onConfirmed(stretch: Stretch): void {
    if (this.#flushed[0] !== stretch) return // it belongs to an earlier connection
    this.#flushed.shift()
    this.#onTheWayBytes -= stretch.bytes
    this.#letIn()
    this.#drain()
    if (this.#options.clock.monotonicMs() - this.#toldAtMs >= droppedNoticeMs) this.#tellDropped()
  }

  #drain(): void {
    for (const [name, line] of this.#lines) {
      while (this.#hasRoom()) {
        const parcel = line.take()
        if (parcel === undefined) break
        // After a reconnect the server may accept smaller messages than before.
        const { subject, payload } = parcel
        if (payload.length > this.#payloadBytesMax) this.refuseLarge(name, subject, payload.length)
        else this.#sendNow(name, parcel)
      }
    }
  }

  #letIn(): void {
    const waiting = this.#waitingForRoom
    this.#waitingForRoom = []
    for (const resolve of waiting) resolve()
  }

  #tellDropped(): void {
    if (this.#untold.size === 0) return
    this.#toldAtMs = this.#options.clock.monotonicMs()
    this.#options.notify({ type: 'bus-dropped', messages: Object.fromEntries(this.#untold) })
    this.#untold.clear()
  }
}

function add(counts: Map<TrafficClass, number>, name: TrafficClass, count: number): void {
  counts.set(name, (counts.get(name) ?? 0) + count)
}
