// Publishes the batches of a process to the usage stream, in a thread beside the one that serves. Few batches are on
// the way at a time and few wait; the others stay in the spool, and the sender is told to hold back until there is
// room. A batch is tried under the same id until the stream has it.
//
// A batch is confirmed to its sender when an aggregator says that it has committed it, and proves that. Until then the
// spool keeps it: what a server acknowledges may be lost by a power cut, or was never stored, because anybody with access
// to the servers can acknowledge it.
import { bounds } from '../../shared/bounds.ts'
import type { Clock, Timer } from '../../shared/clock.ts'
import type { Notify } from '../../shared/notice.ts'
import { decodeHeader, scanBatches } from '../../shared/telemetry/batch.ts'
import { partitionOf } from '../../shared/telemetry/partition.ts'
import { decodeStored } from '../../shared/telemetry/stored.ts'
import { type Bus, encodeJson, type Subscription, subjects, telemetryStoredOf } from '../bus/bus.ts'
import type { UsageMac } from './usage-mac.ts'
import type { UsagePublishTrouble, UsageStream } from './usage-stream.ts'

export interface UsagePublisherOptions {
  /** The node name of this process's batches, in this boot. */
  node: string
  stream: UsageStream
  /** The bus of this process. */
  bus: Bus
  /** The bus between processes, over which aggregators confirm. */
  network: Bus
  mac: Pick<UsageMac, 'idOf'>
  clock: Clock
  notify: Notify
}

interface Outgoing {
  node: string
  bytes: Uint8Array
  arrival: number
}

const inFlightMax = 32
const pauseMsMin = 250
const pauseMsMax = 2_000
const flowMs = 1_000
const nodesMax = 16

export class UsagePublisher {
  readonly #options: UsagePublisherOptions
  #waiting: Outgoing[] = []
  #bytes = 0
  #inFlight = 0
  #skipped = 0
  #isAccepting = true
  /** The pause before the next try; 0 while batches leave. */
  #pauseMs = 0
  #pauseMsNext = pauseMsMin
  #trouble: string | undefined
  readonly #confirmations = new Map<string, Subscription>()
  #subscription: Subscription | undefined
  #arrivals = 0
  #flowTimer: Timer | undefined
  #pauseTimer: Timer | undefined
  #closed = false

  constructor(options: UsagePublisherOptions) {
    this.#options = options
  }

  start(): void {
    const { node, bus, clock } = this.#options
    // A publisher that died may have sent batches that are confirmed only now.
    this.#listenFor(node)
    this.#subscription = bus.subscribe(subjects.telemetryBatch, (bytes) => this.#onBatch(bytes))
    this.#flowTimer = clock.every(flowMs, () => this.#tellFlow())
    this.#tellFlow()
  }

  stop(): void {
    this.#closed = true
    this.#subscription?.stop()
    for (const timer of [this.#flowTimer, this.#pauseTimer]) timer?.cancel()
    for (const confirmation of this.#confirmations.values()) confirmation.stop()
  }

  /** Why batches do not leave; undefined while they do. */
  get trouble(): string | undefined {
    return this.#trouble
  }

  /** Returns the queue for the heartbeat. It drops nothing: batches that do not fit stay in the spool. */
  queues(): Record<string, { length: number; dropped: number }> {
    return { usageToStream: { length: this.#waiting.length + this.#inFlight, dropped: 0 } }
  }

  /** The number of batches that were offered while there was no room. */
  get skipped(): number {
    return this.#skipped
  }

  #onBatch(bytes: Uint8Array): void {
    if (this.#bytes + bytes.length > bounds.usagePublishBytesMax) {
      this.#skipped++
      return
    }
    const header = decodeHeader(bytes)
    const [extent] = scanBatches(bytes).batches
    if (header === undefined || extent === undefined || extent.count === 0) return
    const { node } = header
    this.#listenFor(node)
    this.#bytes += bytes.length
    this.#waiting.push({ node, bytes, arrival: ++this.#arrivals })
    this.#pump()
    this.#weighFlow()
  }

  #pump(): void {
    while (!this.#closed && this.#pauseMs === 0 && this.#inFlight < inFlightMax) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      this.#inFlight++
      void this.#send(next)
    }
  }

  async #send(batch: Outgoing): Promise<void> {
    const { node, bytes } = batch
    const { stream, mac } = this.#options
    const partition = partitionOf(node)
    const outcome = await stream.publish({ partition, node, id: mac.idOf({ partition, node, bytes }), bytes })
    this.#inFlight--
    if (outcome.ok) {
      this.#done(batch)
      this.#recover()
    } else if (outcome.error.type === 'too-large') {
      this.#done(batch)
      this.#tellTrouble(outcome.error)
    } else this.#putBack(batch, outcome.error)
    this.#pump()
    this.#weighFlow()
  }

  #done({ bytes }: Outgoing): void {
    this.#bytes -= bytes.length
  }

  #putBack(batch: Outgoing, trouble: UsagePublishTrouble): void {
    this.#waiting.unshift(batch)
    this.#waiting.sort((a, b) => a.arrival - b.arrival)
    this.#tellTrouble(trouble)
    if (this.#pauseMs > 0) return
    this.#pauseMs = this.#pauseMsNext
    this.#pauseMsNext = Math.min(pauseMsMax, this.#pauseMsNext * 2)
    this.#pauseTimer = this.#options.clock.after(this.#pauseMs, () => {
      this.#pauseMs = 0
      this.#pump()
      this.#weighFlow()
    })
  }

  #recover(): void {
    this.#pauseMsNext = pauseMsMin
    this.#trouble = undefined
  }

  /** Reports the first trouble; further ones only update `trouble` until batches leave again. */
  #tellTrouble({ type, message }: UsagePublishTrouble): void {
    const isKnown = this.#trouble !== undefined
    this.#trouble = message
    if (isKnown || type === 'unavailable' || type === 'no-ack') return
    this.#options.notify({ type: 'warning', message: `usage waits in the spool: ${message}` })
  }

  /** Forwards confirmations for a node name. Batches of an earlier boot may have another name. */
  #listenFor(node: string): void {
    if (this.#confirmations.has(node) || this.#confirmations.size >= nodesMax) return
    const { network, bus } = this.#options
    const confirmation = network.subscribe(telemetryStoredOf(node), (payload) => {
      const stored = decodeStored(payload)
      if (stored !== undefined) bus.publish(subjects.telemetryStored, encodeJson(stored))
    })
    this.#confirmations.set(node, confirmation)
  }

  /** Stops the sender when half of the room is used, and resumes it when half of that is free again. */
  #weighFlow(): void {
    const half = bounds.usagePublishBytesMax / 2
    const isAccepting = this.#pauseMs === 0 && this.#bytes < (this.#isAccepting ? half : half / 2)
    if (isAccepting === this.#isAccepting) return
    this.#isAccepting = isAccepting
    this.#tellFlow()
  }

  #tellFlow(): void {
    this.#options.bus.publish(subjects.telemetryFlow, encodeJson({ isAccepting: this.#isAccepting }))
  }
}
