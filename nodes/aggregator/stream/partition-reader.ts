// Reads one partition of the usage stream into the committer, from where it stopped, for as long as this node keeps the
// partition. While commits lag nothing more is fetched. Whatever goes wrong with the stream, reading begins again from what
// was taken, after a look at whether the stream is still the one that it was.
import type { UsageMac } from '../../../cluster/telemetry-stream/usage-mac.ts'
import type { PartitionFeed, UsageMessage, UsageStream } from '../../../cluster/telemetry-stream/usage-stream.ts'
import type { Clock, Timer } from '../../../shared/clock.ts'
import type { Notify } from '../../../shared/notice.ts'
import type { Position } from '../store/usage-store.ts'
import type { Arrival, Taken } from '../usage-committer.ts'
import { judgePosition, type PositionVerdict } from './judge-position.ts'
import type { ParkedUsage } from './parked-usage.ts'
import type { StreamEnds } from './stream-ends.ts'

export interface ReaderLedger {
  readonly isFull: boolean
  take(arrival: Arrival): Taken
  position(partition: number): Position | undefined
  moveTo(position: Position): void
}

export interface PartitionReaderOptions {
  partition: number
  stream: UsageStream
  ends: Pick<StreamEnds, 'settledBefore'>
  committer: ReaderLedger
  mac: Pick<UsageMac, 'judge'>
  /** Where batches go that cannot be proven now and may be later. */
  parked: Pick<ParkedUsage, 'park'>
  clock: Clock
  notify: Notify
  /** The stream is not the one that was read before: places in it say nothing. */
  onOtherStream?: () => void
}

const waitMs = 1_000
const fullMs = 50
const retryMs = 500
const reopenMs = 50
/** The age of the last look at the end of the stream up to which everything counts as taken. */
const atEndMs = 2_500
/** A batch of a newer release will not become readable by itself; an upgrade or a newer aggregator does it. */
const newerMs = 30_000

export class PartitionReader {
  readonly #options: PartitionReaderOptions
  readonly #startedMs: number
  #atEndMs: number | undefined
  /** Whether everything had been taken when the stream was last lost. */
  #wasAtEnd = false
  #trouble: string | undefined
  #feed: PartitionFeed | undefined
  #stopped = false
  /** What was begun before the last one is over. */
  #beginnings = 0
  #pausing: { timer: Timer; resume: () => void } | undefined
  #reading: Promise<void> = Promise.resolve()

  constructor(options: PartitionReaderOptions) {
    this.#options = options
    this.#startedMs = options.clock.monotonicMs()
  }

  start(): void {
    this.#reading = this.#readAll()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#feed?.close()
    this.#pausing?.timer.cancel()
    this.#pausing?.resume()
    await this.#reading
  }

  /** The database was lost: everything that is still in the stream is read again. */
  restart(): void {
    this.#beginnings++
    this.#feed?.close()
  }

  /** The last time at which everything in the stream had been taken. */
  get atEndMs(): number | undefined {
    return this.#atEndMs
  }

  /** Whether everything in the stream was taken within the last moments. */
  get isAtEnd(): boolean {
    return this.lagMs(this.#options.clock.monotonicMs()) < atEndMs && this.#atEndMs !== undefined
  }

  /** Time since the reader last had everything. */
  lagMs(nowMs: number): number {
    return nowMs - (this.#atEndMs ?? this.#startedMs)
  }

  get trouble(): string | undefined {
    return this.#trouble
  }

  async #readAll(): Promise<void> {
    while (!this.#stopped) {
      const begun = await this.#begin()
      if (typeof begun === 'string') {
        this.#trouble = begun
        await this.#pause(retryMs)
        continue
      }
      this.#feed = begun.feed
      if (this.#goesOn(begun)) await this.#readOn(begun)
      begun.feed.close()
      this.#feed = undefined
      await this.#pause(reopenMs)
    }
  }

  /** Finds the place and opens a feed there; a sentence when that cannot be done now. */
  async #begin(): Promise<Reading | string> {
    const { partition, stream, committer, clock } = this.#options
    const beginning = this.#beginnings
    const facts = await stream.facts()
    if (!facts.ok) return facts.error.message
    const position = committer.position(partition)
    const stored =
      position === undefined || position.sequence === 0 ? undefined : await stream.storedAtMs(position.sequence)
    if (stored?.ok === false) return stored.error.message
    const verdict = judgePosition({
      position,
      facts: facts.value,
      storedAtMs: stored?.value,
      wallMs: clock.wallMs(),
      wasAtEnd: this.#wasAtEnd,
    })
    const feed = await stream.openFeed(partition, verdict.after)
    if (!feed.ok) return feed.error.message
    const { created } = facts.value
    const reading = { feed: feed.value, beginning, created, completeSinceMs: verdict.completeSinceMs }
    if (this.#goesOn(reading) && verdict.why !== 'same') {
      this.#tell(verdict)
      if (verdict.why === 'rewound' || verdict.why === 'recreated') this.#options.onOtherStream?.()
      this.#move({ sequence: verdict.after, storedAtMs: 0, ...reading })
    }
    return reading
  }

  #goesOn({ beginning }: Reading): boolean {
    return !this.#stopped && beginning === this.#beginnings
  }

  async #readOn(reading: Reading): Promise<void> {
    const { committer, clock } = this.#options
    while (this.#goesOn(reading)) {
      if (committer.isFull) {
        await this.#pause(fullMs)
        continue
      }
      const page = await reading.feed.next(waitMs)
      if (!page.ok) {
        this.#trouble = page.error.message
        this.#wasAtEnd = this.isAtEnd
        return
      }
      for (const message of page.value.messages) if (!(await this.#take(message, reading))) return
      this.#trouble = undefined
      if (page.value.isAtEnd) {
        this.#atEndMs = clock.monotonicMs()
        this.#passIdle(reading)
      }
    }
  }

  /** False when reading has to begin again. */
  async #take(message: UsageMessage, reading: Reading): Promise<boolean> {
    if (!this.#isGenuine(message)) return true
    const { sequence, storedAtMs, bytes } = message
    const { partition, committer } = this.#options
    while (this.#goesOn(reading)) {
      const taken = committer.take({ partition, bytes, atMs: storedAtMs })
      if (taken.type === 'full') {
        await this.#pause(fullMs)
        continue
      }
      if (taken.type === 'newer') {
        this.#trouble = 'a batch of a newer release waits to be read'
        await this.#pause(newerMs)
        return false
      }
      // It may have been committed together with what waited, and that may have failed for good.
      if (!this.#goesOn(reading)) return false
      this.#move({ sequence, storedAtMs, ...reading })
      return true
    }
    return false
  }

  /** A batch that is not genuine has no say, not even about the place. One that may be proven later is kept aside; a forged one is
   *  dropped: a genuine one in its place is still with its sender, whom nobody confirms it. */
  #isGenuine({ sender, id, bytes, storedAtMs: atMs }: UsageMessage): boolean {
    const { partition, mac, parked } = this.#options
    const batch = { partition, sender, id, bytes }
    const verdict = mac.judge(batch)
    if (verdict === 'unsigned' || verdict === 'unknown-key') parked.park({ ...batch, atMs })
    return verdict === 'genuine'
  }

  /** Moves the place of an idle partition on with the stream, so that what is trimmed behind it does not count as missed. */
  #passIdle(reading: Reading): void {
    const { partition, committer, ends } = this.#options
    const end = ends.settledBefore(this.#atEndMs!)
    if (end === undefined || end.created !== reading.created) return
    if (end.sequence <= (committer.position(partition)?.sequence ?? 0)) return
    this.#move({ sequence: end.sequence, storedAtMs: end.storedAtMs, ...reading })
  }

  #move({ sequence, storedAtMs, created, completeSinceMs }: Place): void {
    const { partition, committer } = this.#options
    committer.moveTo({ partition, sequence, storedAtMs, streamCreated: created, completeSinceMs })
  }

  #tell({ why, completeSinceMs }: PositionVerdict): void {
    if (why === 'same' || why === 'new') return
    const said = {
      trimmed: `forgot usage before it was read here: partition ${this.#options.partition} is complete since ${isoOf(completeSinceMs)}`,
      rewound: `is shorter than it was; partition ${this.#options.partition} is read again, and nothing is counted twice`,
      recreated: `was made anew; partition ${this.#options.partition} is read from its beginning`,
    }[why]
    this.#options.notify({ type: 'warning', message: `the usage stream ${said}` })
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resume) => {
      if (this.#stopped) return resume()
      const timer = this.#options.clock.after(ms, () => {
        this.#pausing = undefined
        resume()
      })
      this.#pausing = { timer, resume }
    })
  }
}

interface Reading {
  feed: PartitionFeed
  beginning: number
  created: string
  completeSinceMs: number
}

interface Place {
  sequence: number
  storedAtMs: number
  created: string
  completeSinceMs: number
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString()
}
