// Keeps the state of the replicated log over its looks, and reports changes to operators. A wrong stream is an alarm
// only when it stays wrong: after a restart of three servers one of them may lead for seconds before it knows the
// newest message again. Appends stop at the first sign. An alarm ends only when a look finds that everything is right
// again.
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
  /** The head of the copy. */
  head: LogHead = { revision: 0, hash: genesisHash }
  /** The last known revision of the stream. */
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

  /** True when the copy has held all of the stream at some time since the start. */
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

  /** True when the stream looks wrong, but not for long enough to be sure. */
  get isSuspect(): boolean {
    return this.#suspectSinceMs !== undefined
  }

  /** Records that the stream holds more than the copy. */
  behind(): void {
    this.#behindSinceMs ??= this.#clock.monotonicMs()
  }

  /** Enters the finding of a look; undefined when the copy holds all that the stream holds. */
  enter(finding: ReplicationFinding | undefined): void {
    if (finding === undefined) return this.#follow()
    this.behind()
    if (isAlarm(finding.type)) return this.#suspect(finding)
    // An unreachable stream does not refute an earlier alarm.
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
    // An alarm is reported again when its message changes; the reason of an unreachable stream may change with every
    // try.
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

/** How long after the first sign a second one makes an alarm: longer than an election. */
const confirmMsDefault = 10_000
