// Appends events to the stream, one at a time: the stream compares sequences, not hashes, so an event that was made on
// top of one that another writer replaced would be accepted at the right place and break the chain.
//
// A missing acknowledgement proves nothing. The event is then looked for in the verified copy, caught up with the
// stream, before it is published again under the same id: so it is stored once, however long the stream remembers ids.

import { bounds } from '../../../shared/bounds.ts'
import type { Clock } from '../../../shared/clock.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import type { PublishTrouble } from '../../nats/stream-trouble.ts'
import type { AppendRefusal, ConfigLog, LogHead, LogRefusal, SealedEvent } from '../log/config-log.ts'
import { openEvent } from '../log/event-codec.ts'
import type { LogKey } from '../log/log-key.ts'
import type { EventStream } from '../stream/event-stream.ts'
import type { Mirror } from './mirror.ts'

export interface StreamAppendOptions {
  stream: EventStream
  copy: ConfigLog
  mirror: Mirror
  macKey: LogKey
  clock: Clock
  /** Whether this node may write the very first event. */
  mayBegin: () => boolean
  /** How long to seek an acknowledgement before the caller is told that the outcome is unknown. */
  outcomeUnknownMs?: number
}

export type AppendAnswer = Result<{ revision: number; duplicate: boolean }, AppendRefusal>

interface Job {
  event: SealedEvent
  afterRevision: number
  startedMs: number
  tries: number
  /** True when an acknowledgement is missing. */
  mayBeStored: boolean
}

type Outcome =
  /** The stream acknowledged the event; the caller gets its answer once the copy holds it. */
  | { type: 'stored'; revision: number; duplicate: boolean }
  /** The event is not stored: another one has its place. */
  | { type: 'behind' }
  | { type: 'answer'; answer: AppendAnswer }

export class StreamAppend {
  readonly #options: StreamAppendOptions
  readonly #inFlight = new Map<string, Promise<AppendAnswer>>()
  #lane: Promise<unknown> = Promise.resolve()
  /** The newest own event that the stream acknowledged and the copy may not hold yet. */
  #acknowledged: LogHead | undefined

  constructor(options: StreamAppendOptions) {
    this.#options = options
  }

  append(event: SealedEvent, afterRevision: number): Promise<AppendAnswer> {
    const { commandId } = event
    const bytes = event.bytes.byteLength
    const maxBytes = bounds.changeSetBytesMax
    if (bytes > maxBytes) return Promise.resolve(fail({ type: 'too-large', bytes, maxBytes }))
    // Once the append in flight is decided, this one is found in the copy, or is tried on its own.
    const earlier = this.#inFlight.get(commandId)
    if (earlier !== undefined) return earlier.then(() => this.append(event, afterRevision))
    const startedMs = this.#options.clock.monotonicMs()
    const job: Job = { event, afterRevision, startedMs, tries: 0, mayBeStored: false }
    const placed = this.#lane.then(() => this.#place(job))
    this.#lane = placed.catch(() => {})
    const answer = placed.then((outcome) => this.#settle(job, outcome))
    const settled = answer.finally(() => this.#inFlight.delete(commandId))
    this.#inFlight.set(commandId, settled)
    return settled
  }

  async #place(job: Job): Promise<Outcome> {
    const known = await this.#findOwn(job)
    if (!known.ok) return { type: 'answer', answer: known }
    if (known.value !== undefined) return { type: 'answer', answer: done({ revision: known.value, duplicate: true }) }
    const tip = await this.#tip()
    if (!tip.ok) return { type: 'answer', answer: tip }
    if (tip.value.revision !== job.afterRevision) return { type: 'behind' }
    const { macKey, mayBegin } = this.#options
    const opened = openEvent(job.event, { revision: job.afterRevision + 1, prevHash: tip.value.hash, macKey })
    // Another writer's event has the place of the one that this event was made on top of.
    if (!opened.ok && opened.error.what === 'previous-hash') return { type: 'behind' }
    if (!opened.ok) throw new Error(`an event that nobody could read was to be appended: ${opened.error.message}`)
    if (job.afterRevision === 0 && !mayBegin()) return refused(notToBegin)
    return this.#publish(job)
  }

  /** Returns the newest event that is known to be stored. */
  async #tip(): Promise<Result<LogHead, LogRefusal>> {
    const head = await this.#options.copy.head()
    const own = this.#acknowledged
    return head.ok && own !== undefined && own.revision > head.value.revision ? done(own) : head
  }

  async #publish(job: Job): Promise<Outcome> {
    const { stream, mirror } = this.#options
    for (;;) {
      const { refusal } = mirror
      if (refusal !== undefined && mirror.state.type !== 'away')
        return refused(job.mayBeStored ? unknown(job) : refusal)
      job.tries++
      const answer = mirror.isSuspect ? fail(suspect) : await stream.publish(job.event, job.afterRevision)
      if (answer.ok) return this.#acknowledge(job, answer.value)
      const outcome = this.#afterTrouble(job, answer.error) ?? (await this.#beforeNextTry(job))
      if (outcome !== undefined) return outcome
    }
  }

  #acknowledge(job: Job, { sequence, duplicate }: { sequence: number; duplicate: boolean }): Outcome {
    // Under a repeated id another decision of the same command may be stored: only the copy can tell which.
    if (!duplicate) this.#acknowledged = { revision: sequence, hash: job.event.hash }
    return { type: 'stored', revision: sequence, duplicate: duplicate && job.tries === 1 }
  }

  /** Returns the outcome after a failed publish; undefined when it is to be tried again. */
  #afterTrouble(job: Job, trouble: PublishTrouble): Outcome | undefined {
    if (trouble.type === 'wrong-last-sequence') return { type: 'behind' }
    if (trouble.type === 'no-ack') job.mayBeStored = true
    if (job.mayBeStored) return this.#elapsedMs(job) < this.#outcomeUnknownMs ? undefined : refused(unknown(job))
    const { type, forMs } = this.#options.mirror.state
    const hasPatience = this.#elapsedMs(job) < electionMs && !(type === 'away' && forMs > electionMs)
    return trouble.type === 'unavailable' && hasPatience ? undefined : refused(refusalOfTrouble(trouble))
  }

  async #beforeNextTry(job: Job): Promise<Outcome | undefined> {
    await this.#pause(job.tries)
    if (!job.mayBeStored) return undefined
    const head = await this.#sync()
    const own = await this.#findOwn(job)
    if (own.ok && own.value !== undefined)
      return { type: 'answer', answer: done({ revision: own.value, duplicate: false }) }
    return head.ok && own.ok && head.value.revision > job.afterRevision ? { type: 'behind' } : undefined
  }

  async #settle(job: Job, outcome: Outcome): Promise<AppendAnswer> {
    if (outcome.type === 'answer') return outcome.answer
    const wasSent = outcome.type === 'stored' || job.mayBeStored
    for (let tries = 1; ; tries++) {
      const head = await this.#sync()
      const own = await this.#findOwn(job)
      if (own.ok && own.value !== undefined) {
        const duplicate = outcome.type === 'stored' ? outcome.duplicate : !job.mayBeStored
        return done({ revision: own.value, duplicate })
      }
      if (head.ok && own.ok && outcome.type === 'behind') return fail(this.#behind(job, head.value))
      const isOver = this.#elapsedMs(job) > (wasSent ? this.#outcomeUnknownMs : electionMs)
      if (isOver || this.#options.mirror.state.isAlarm) {
        const refusal = head.ok ? (own.ok ? undefined : own.error) : head.error
        return fail(wasSent || refusal === undefined ? unknown(job) : refusal)
      }
      await this.#pause(tries)
    }
  }

  /** Returns the refusal when another event has the place. The outcome is unknown when the stream has lost that event
   *  since. */
  #behind(job: Job, head: LogHead): AppendRefusal {
    const isLost = job.mayBeStored && head.revision <= job.afterRevision
    return isLost ? unknown(job) : { type: 'conflict', head }
  }

  async #sync(): Promise<Result<LogHead, LogRefusal>> {
    const own = this.#acknowledged
    const head = await this.#options.mirror.sync()
    // The copy now holds all acknowledged events; what it does not hold was never stored.
    if (head.ok && this.#acknowledged === own) this.#acknowledged = undefined
    return head
  }

  /** Returns the revision at which the copy holds the command. */
  async #findOwn({ event }: Job): Promise<Result<number | undefined, LogRefusal>> {
    const stored = await this.#options.copy.find(event.commandId)
    return stored.ok ? done(stored.value?.revision) : stored
  }

  get #outcomeUnknownMs(): number {
    return this.#options.outcomeUnknownMs ?? outcomeUnknownMsDefault
  }

  #elapsedMs({ startedMs }: Job): number {
    return this.#options.clock.monotonicMs() - startedMs
  }

  #pause(tries: number): Promise<void> {
    const ms = Math.min(pauseMsMin * 2 ** (tries - 1), pauseMsMax)
    return new Promise((resume) => this.#options.clock.after(ms, resume))
  }
}

const outcomeUnknownMsDefault = 30_000
/** How long to wait for a stream without a leader: an election takes 4 to 7 s. */
const electionMs = 10_000
const pauseMsMin = 50
const pauseMsMax = 2_000

const suspect = { type: 'unavailable', message: 'the stream looks wrong, which may pass' } as const
const notToBegin = {
  type: 'unavailable',
  message: 'the stream is empty, and this node may not begin it: other nodes hold events, or could not be asked yet',
} as const

function refused(refusal: AppendRefusal): Outcome {
  return { type: 'answer', answer: fail(refusal) }
}

function unknown({ event }: Job): AppendRefusal {
  return { type: 'outcome-unknown', commandId: event.commandId }
}

function refusalOfTrouble(trouble: PublishTrouble): AppendRefusal {
  if (trouble.type === 'full' || trouble.type === 'too-large') return trouble
  return { type: 'unavailable', message: trouble.message }
}
