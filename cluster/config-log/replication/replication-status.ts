// The state of the replicated log, as one look after the other changes it, told to operators when it changes. What is wrong
// with the stream has to last before it is an alarm: after a restart of three servers one of them may lead for seconds
// before it knows the newest message again. Nothing is appended from the first sign on. An alarm ends only when a look finds that all is well again.
import type { Clock } from '../../../shared/clock.ts'
import type { Notify } from '../../../shared/notice.ts'
import { genesisHash, type LogHead, type LogRefusal } from '../log/config-log.ts'
import {
  isAlarm,
  type ReplicationFinding,
  type ReplicationState,
  type ReplicationStateType,
  refusalOf,
} from './replication-state.ts'

export class ReplicationStatus {
  readonly #clock: Clock
  readonly #notify: Notify
  readonly #confirmMs: number
  #type: ReplicationStateType = 'starting'
  #finding: ReplicationFinding = { type: 'away', message: 'the stream has not answered yet', revision: 0 }
  #sinceMs: number
  #suspectSinceMs: number | undefined
  #behindSinceMs: number | undefined
  #caughtUpOnce = false
  /** Of the copy. */
  head: LogHead = { revision: 0, hash: genesisHash }
  /** Of the stream, as last heard. */
  streamRevision: number | undefined

  constructor(clock: Clock, notify: Notify, confirmMs = confirmMsDefault) {
    this.#clock = clock
    this.#notify = notify
    this.#confirmMs = confirmMs
    this.#sinceMs = clock.monotonicMs()
    this.#behindSinceMs = this.#sinceMs
  }

  get type(): ReplicationStateType {
    return this.#type
  }

  /** Whether the copy has held all of the stream at some time since the start. */
  get hasCaughtUp(): boolean {
    return this.#caughtUpOnce
  }

  get state(): ReplicationState {
    const nowMs = this.#clock.monotonicMs()
    return {
      type: this.#type,
      message: this.#type === 'following' ? '' : this.#finding.message,
      streamRevision: this.streamRevision,
      copyRevision: this.head.revision,
      copyHash: this.head.hash,
      lagMs: this.#behindSinceMs === undefined ? 0 : nowMs - this.#behindSinceMs,
      forMs: nowMs - this.#sinceMs,
      isAlarm: isAlarm(this.#type),
    }
  }

  /** Why nothing can be appended; undefined while following. */
  get refusal(): LogRefusal | undefined {
    return this.#type === 'following' ? undefined : refusalOf(this.#finding, this.head.revision)
  }

  /** The stream looks wrong, and has not for long enough to be sure. */
  get isSuspect(): boolean {
    return this.#suspectSinceMs !== undefined
  }

  /** The stream is known to hold more than the copy. */
  behind(): void {
    this.#behindSinceMs ??= this.#clock.monotonicMs()
  }

  /** What a look found; undefined when the copy holds all that the stream holds. */
  enter(finding: ReplicationFinding | undefined): void {
    if (finding === undefined) return this.#follow()
    this.behind()
    if (isAlarm(finding.type)) return this.#suspect(finding)
    // That the stream is away now says nothing against what was found before.
    if (isAlarm(this.#type)) return
    this.#change(finding.type, finding)
  }

  #follow(): void {
    this.#suspectSinceMs = undefined
    this.#behindSinceMs = undefined
    this.#caughtUpOnce = true
    if (this.#type !== 'following') this.#change('following', this.#finding)
  }

  #suspect(finding: ReplicationFinding): void {
    const nowMs = this.#clock.monotonicMs()
    this.#suspectSinceMs ??= nowMs
    if (isAlarm(this.#type) || nowMs - this.#suspectSinceMs >= this.#confirmMs)
      return this.#change(finding.type, finding)
    this.#change('away', { ...finding, type: 'away' })
  }

  #change(type: ReplicationStateType, finding: ReplicationFinding): void {
    const isNew = type !== this.#type
    // An alarm that turns out to be another one is told again; why a stream is away may change with every try.
    const isTold = !isNew && (!isAlarm(type) || finding.message === this.#finding.message)
    this.#finding = finding
    this.#type = type
    if (isNew) this.#sinceMs = this.#clock.monotonicMs()
    if (!isTold) this.#tell()
  }

  #tell(): void {
    const { message } = this.#finding
    const { revision } = this.head
    if (this.#type === 'following') this.#notify({ type: 'log-following', revision })
    else if (!isAlarm(this.#type)) this.#notify({ type: 'log-away', message })
    else this.#notify({ type: 'log-alarm', alarm: this.#type, message, copyRevision: revision })
  }
}

/** How long after the first sign another one makes an alarm: longer than an election. */
const confirmMsDefault = 10_000
