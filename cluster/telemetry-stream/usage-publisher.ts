// Publishes the batches of a process to the usage stream, in a thread beside the one that serves. Few batches are on
// the way at a time and few wait; the others stay in the spool, and the sender is told to hold back until there is
// room. A batch is tried under the same id until the stream has it.
//
// On three servers an acknowledged batch is confirmed to its sender at once. On one server, which syncs its disk only
// now and then, a batch is confirmed when an aggregator has committed it: until then the spool keeps it, and a power
// cut of that server loses nothing.
import { bounds } from '../../shared/bounds.ts'
import type { Clock, Timer } from '../../shared/clock.ts'
import type { Notify } from '../../shared/notice.ts'
import { decodeHeader, scanBatches } from '../../shared/telemetry/batch.ts'
import { partitionOf } from '../../shared/telemetry/partition.ts'
import { Sequences } from '../../shared/telemetry/sequences.ts'
import { decodeStored } from '../../shared/telemetry/stored.ts'
import { type Bus, encodeJson, type Subscription, subjects, telemetryStoredOf } from '../bus/bus.ts'
import type { UsagePublishTrouble, UsageStream } from './usage-stream.ts'

export interface UsagePublisherOptions {
  /** The node name of this process's batches, in this boot. */
  node: string
  stream: UsageStream
  /** The bus of this process. */
  bus: Bus
  /** The bus between processes, over which aggregators confirm. */
  network: Bus
  clock: Clock
  notify: Notify
}

interface Outgoing {
  node: string
  epoch: string
  firstSequence: number
  count: number
  previous: number
  bytes: Uint8Array
  arrival: number
}

interface Confirmed {
  node: string
  sequences: Sequences
  told: number
}

const inFlightMax = 32
const pauseMsMin = 250
const pauseMsMax = 2_000
const flowMs = 1_000
const confirmMs = 50
/** The number of boots, of this node and of earlier ones in the same folder, that may have batches to confirm. */
const epochsMax = 64
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
  readonly #confirmed = new Map<string, Confirmed>()
  readonly #confirmations = new Map<string, Subscription>()
  #subscription: Subscription | undefined
  #arrivals = 0
  #flowTimer: Timer | undefined
  #pauseTimer: Timer | undefined
  #confirmTimer: Timer | undefined
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
    for (const timer of [this.#flowTimer, this.#pauseTimer, this.#confirmTimer]) timer?.cancel()
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
    const { node, epoch, firstSequence, previous } = header
    this.#listenFor(node)
    this.#bytes += bytes.length
    const { count } = extent
    this.#waiting.push({ node, epoch, firstSequence, previous, bytes, count, arrival: ++this.#arrivals })
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
    const { node, epoch, firstSequence, previous, bytes, count } = batch
    // The id includes the predecessor: a repeat that names another predecessor is another message.
    const id = `${epoch}:${firstSequence}:${count}:${previous}`
    const outcome = await this.#options.stream.publish({ partition: partitionOf(node), node, id, bytes })
    this.#inFlight--
    if (outcome.ok) {
      this.#done(batch)
      this.#recover()
      if (outcome.value.isDurable) this.#confirm(batch)
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

  #confirm({ node, epoch, firstSequence, count, previous }: Outgoing): void {
    const confirmed = this.#confirmed.get(epoch) ?? { node, sequences: new Sequences(), told: 0 }
    this.#confirmed.delete(epoch)
    this.#confirmed.set(epoch, confirmed)
    for (const oldest of this.#confirmed.keys()) {
      if (this.#confirmed.size > epochsMax) this.#confirmed.delete(oldest)
    }
    confirmed.sequences.take({ firstSequence, count, previous, atMs: 0 })
    this.#confirmTimer ??= this.#options.clock.after(confirmMs, () => this.#tellConfirmed())
  }

  #tellConfirmed(): void {
    this.#confirmTimer = undefined
    for (const [epoch, confirmed] of this.#confirmed) {
      const { through } = confirmed.sequences
      if (through <= confirmed.told) continue
      confirmed.told = through
      const stored = { node: confirmed.node, epoch, sequence: through, gap: false }
      this.#options.bus.publish(subjects.telemetryStored, encodeJson(stored))
    }
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
