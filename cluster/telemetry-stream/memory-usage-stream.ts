// The usage stream in memory, for tests, with the faults of real ones: it can be away, full, lose acknowledgements,
// come back shorter than it was, or be another stream.

import { type Clock, ManualClock } from '../../shared/clock.ts'
import { done, fail, type Result } from '../../shared/result.ts'
import { subjectToken } from '../bus/subject-token.ts'
import {
  duplicateWindowMs,
  type FeedPage,
  type OutgoingBatch,
  type PartitionFeed,
  type UsageFacts,
  type UsageMessage,
  type UsagePublishTrouble,
  type UsageStream,
  type UsageStreamTrouble,
} from './usage-stream.ts'

type Stored = UsageMessage & { partition: number }

export class MemoryUsageStream implements UsageStream {
  readonly #clock: Clock
  #messages: Stored[] = []
  #firstSequence = 1
  #lastSequence = 0
  #created = 1
  readonly #ids = new Map<string, number>()
  readonly #wakes = new Set<() => void>()
  bytesMax = Number.POSITIVE_INFINITY
  isAway = false
  /** Called with each publish; true loses its acknowledgement. */
  losesAck: () => boolean = () => false

  constructor(clock: Clock = new ManualClock()) {
    this.#clock = clock
  }

  async publish(batch: OutgoingBatch): Promise<Result<undefined, UsagePublishTrouble>> {
    if (this.isAway) return fail(away)
    const nowMs = this.#clock.wallMs()
    const known = this.#ids.get(batch.id)
    if (known === undefined || nowMs - known > duplicateWindowMs) {
      if (this.#bytes() + batch.bytes.length > this.bytesMax) return fail({ type: 'full', message: 'full' })
      this.#ids.set(batch.id, nowMs)
      this.plant(batch)
    }
    if (this.losesAck()) return fail({ type: 'no-ack', message: 'no acknowledgement' })
    return done(undefined)
  }

  /** Stores a batch whatever its id, as a stranger can whose server has forgotten the id. */
  plant({ partition, id, node, bytes }: OutgoingBatch): void {
    const stored = { sequence: ++this.#lastSequence, storedAtMs: this.#clock.wallMs(), sender: subjectToken(node) }
    this.#messages.push({ ...stored, bytes: bytes.slice(), partition, id })
    for (const wake of this.#wakes) wake()
  }

  async facts(): Promise<Result<UsageFacts, UsageStreamTrouble>> {
    if (this.isAway) return fail(away)
    return done({
      firstSequence: this.#firstSequence,
      lastSequence: this.#lastSequence,
      created: String(this.#created),
      firstAtMs: this.#messages[0]?.storedAtMs,
      lastAtMs: this.#messages.at(-1)?.storedAtMs,
      bytes: this.#bytes(),
      bytesMax: this.bytesMax,
    })
  }

  async storedAtMs(sequence: number): Promise<Result<number | undefined, UsageStreamTrouble>> {
    if (this.isAway) return fail(away)
    return done(this.#messages.find((message) => message.sequence === sequence)?.storedAtMs)
  }

  async openFeed(partition: number, afterSequence: number): Promise<Result<PartitionFeed, UsageStreamTrouble>> {
    if (this.isAway) return fail(away)
    const created = this.#created
    return done(
      new MemoryFeed({
        afterSequence,
        clock: this.#clock,
        wakes: this.#wakes,
        read: (after) => {
          if (this.isAway || this.#created !== created) return undefined
          return this.#messages.filter((message) => message.partition === partition && message.sequence > after)
        },
      }),
    )
  }

  async trim(firstSequence: number): Promise<Result<undefined, UsageStreamTrouble>> {
    if (this.isAway) return fail(away)
    this.#firstSequence = Math.max(this.#firstSequence, Math.min(firstSequence, this.#lastSequence + 1))
    this.#messages = this.#messages.filter(({ sequence }) => sequence >= firstSequence)
    return done(undefined)
  }

  /** Acts as a power cut of a server that does not sync: the newest messages are gone, and their sequences are assigned
   *  again. */
  rewind(lastSequence: number): void {
    this.#messages = this.#messages.filter(({ sequence }) => sequence <= lastSequence)
    this.#lastSequence = Math.min(this.#lastSequence, lastSequence)
    // A server remembers the ids of the messages that it still has.
    const kept = new Set(this.#messages.map(({ id }) => id))
    for (const id of this.#ids.keys()) if (!kept.has(id)) this.#ids.delete(id)
    this.#restart()
  }

  /** Replaces the stream by another one of the same name. */
  recreate(): void {
    this.#messages = []
    this.#ids.clear()
    this.#firstSequence = 1
    this.#lastSequence = 0
    this.#restart()
    this.#created++
  }

  /** Ends all feeds, as a server that restarts does: readers have to begin again. */
  #restart(): void {
    const wasAway = this.isAway
    this.isAway = true
    for (const wake of this.#wakes) wake()
    this.isAway = wasAway
  }

  #bytes(): number {
    return this.#messages.reduce((sum, { bytes }) => sum + bytes.length, 0)
  }
}

interface MemoryFeedOptions {
  afterSequence: number
  clock: Clock
  wakes: Set<() => void>
  /** Returns undefined when the stream can no longer be read. */
  read: (after: number) => Stored[] | undefined
}

class MemoryFeed implements PartitionFeed {
  readonly #options: MemoryFeedOptions
  #after: number
  #isBroken = false
  readonly #look: () => void

  constructor(options: MemoryFeedOptions) {
    this.#options = options
    this.#after = options.afterSequence
    this.#look = () => {
      if (options.read(this.#after) === undefined) this.#isBroken = true
    }
    options.wakes.add(this.#look)
  }

  async next(waitMs: number): Promise<Result<FeedPage, UsageStreamTrouble>> {
    const found = this.#read()
    if (found === undefined || found.length > 0) return this.#page(found)
    await this.#arrival(waitMs)
    return this.#page(this.#read())
  }

  close(): void {
    this.#isBroken = true
    this.#options.wakes.delete(this.#look)
  }

  #read(): Stored[] | undefined {
    return this.#isBroken ? undefined : this.#options.read(this.#after)
  }

  #page(found: Stored[] | undefined): Result<FeedPage, UsageStreamTrouble> {
    if (found === undefined) return fail(away)
    this.#after = found.at(-1)?.sequence ?? this.#after
    return done({
      messages: found.map(({ sequence, storedAtMs, sender, id, bytes }) => {
        return { sequence, storedAtMs, sender, id, bytes: bytes.slice() }
      }),
      isAtEnd: true,
    })
  }

  #arrival(waitMs: number): Promise<void> {
    const { wakes, clock } = this.#options
    return new Promise((resolve) => {
      const wake = (): void => {
        if (this.#read()?.length === 0) return
        finish()
      }
      const finish = (): void => {
        timer.cancel()
        wakes.delete(wake)
        resolve()
      }
      const timer = clock.after(waitMs, finish)
      wakes.add(wake)
    })
  }
}

const away: UsageStreamTrouble = { type: 'unavailable', message: 'away' }
