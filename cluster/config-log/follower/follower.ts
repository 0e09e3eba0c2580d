// Follows the log: decides at boot what there is to serve, then folds what is appended into a new state and swaps it in.
// Whoever reads keeps the state it began with. A log that goes away is waited for; one that is damaged, rewound or ahead of
// this release ends the following: the last good state stays, and the status says why.
import assert from 'node:assert/strict'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock, Timer } from '../../../shared/clock.ts'
import type { ConfigEvent } from '../../../shared/config/events.ts'
import { emptyState, forkState } from '../../../shared/config/fold.ts'
import type { ConfigState } from '../../../shared/config/state.ts'
import type { Notify } from '../../../shared/notice.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import { type ConfigLog, genesisHash, type LogHead, type LogRefusal } from '../log/config-log.ts'
import { examineLog, type LogFinding } from '../log/examine-log.ts'
import { damagedAt, type FoldStop, foldPage } from '../log/fold-stored.ts'
import type { HighWater, MarkFinding } from '../log/high-water.ts'
import { chooseVerdict, refusalReason, stopReason, type Verdict } from './boot.ts'
import { HistoryCheck } from './history-check.ts'
import type { CopyFinding, LastGood } from './last-good.ts'
import { stateAt } from './state-at.ts'

export interface FollowerOptions {
  log: ConfigLog
  macKey: Uint8Array
  clock: Clock
  notify: Notify
  /** It may take several turns; no other state is handed out meanwhile. */
  onState: (state: ConfigState) => void | Promise<void>
  /** Read at boot. Absent where the log itself keeps no mark on this node. */
  highWater?: HighWater
  lastGood?: LastGood
  /** Of several followers of one data folder, one writes the last good copy, and looks through what lies behind it. */
  keepLastGood: boolean
  pollMs?: number
}

export interface FollowerStatus {
  revision: number
  hash: string
  /** Serving, but not as it should be. */
  degraded?: string
  /** Nothing can be served. */
  damaged?: string
  /** How long ago this follower last knew itself at the head; 0 when its last look found nothing newer. */
  lagMs: number
  /** Ignorable events of newer releases. */
  unknownSkipped: number
}

/** Why nothing may be appended after the state of this follower. */
export type FollowRefusal = LogRefusal | FoldStop

export class Follower {
  readonly #options: FollowerOptions
  #state: ConfigState | undefined
  #refusal: FollowRefusal | undefined
  #degraded: string | undefined
  #damaged: string | undefined
  /** The newest state was refused by whoever should use it. */
  #unused: string | undefined
  #skipped = 0
  #behindSinceMs: number | undefined
  #booted = false
  #looking: Promise<void> | undefined
  #lookAgain: Promise<void> | undefined
  #history: HistoryCheck | undefined
  #checking: Promise<void> | undefined
  #rest: (() => void) | undefined
  #handAgain = false
  #stopped = false
  #timer: Timer | undefined
  #watch: { stop(): void } | undefined

  constructor(options: FollowerOptions) {
    this.#options = options
  }

  /** The newest state; undefined before the first event, and when what there is must not be served. */
  get state(): ConfigState | undefined {
    return this.#state
  }

  get refusal(): FollowRefusal | undefined {
    return this.#refusal
  }

  get status(): FollowerStatus {
    const behindMs = this.#behindSinceMs === undefined ? 0 : this.#options.clock.monotonicMs() - this.#behindSinceMs
    const degraded = this.#degraded ?? this.#unused
    return {
      revision: this.#state?.revision ?? 0,
      hash: this.#state?.hash ?? genesisHash,
      ...(degraded === undefined ? {} : { degraded }),
      ...(this.#damaged === undefined ? {} : { damaged: this.#damaged }),
      lagMs: behindMs,
      unknownSkipped: this.#skipped,
    }
  }

  async boot(): Promise<Verdict> {
    assert(!this.#booted, 'a follower boots once')
    this.#booted = true
    return this.#decide()
  }

  /** Follows until `stop`. */
  start(): void {
    assert(this.#booted && this.#timer === undefined, 'a follower starts once, after its boot')
    this.#checking = this.#checkHistory()
    const look = () => void this.look()
    this.#watch = this.#options.log.watch(look)
    this.#timer = this.#options.clock.every(this.#options.pollMs ?? pollMs, look)
  }

  async stop(): Promise<void> {
    this.#watch?.stop()
    this.#timer?.cancel()
    this.#stopped = true
    this.#rest?.()
    await this.#looking
    await this.#checking
    const { lastGood, keepLastGood } = this.#options
    await lastGood?.close(keepLastGood && this.#refusal === undefined ? this.#state : undefined)
  }

  /** Hands the newest state out once more: what it is used with has changed. */
  again(): Promise<void> {
    this.#handAgain = true
    return this.look()
  }

  /** Looks for newer events now. When it is done, everything stored before the call has been folded, if it could be. */
  look(): Promise<void> {
    if (this.#stopped) return this.#looking ?? Promise.resolve()
    if (this.#looking === undefined) {
      this.#looking = this.#pass().finally(() => {
        this.#looking = undefined
      })
      return this.#looking
    }
    // The look under way may have read the head too early: one more after it serves all who ask meanwhile.
    this.#lookAgain ??= this.#looking.then(() => {
      this.#lookAgain = undefined
      return this.look()
    })
    return this.#lookAgain
  }

  /** The configuration as it was at `revision`. */
  async stateAt(
    revision: number,
  ): Promise<Result<ConfigState, FollowRefusal | { type: 'no-revision'; newest: number }>> {
    const newest = this.#state?.revision ?? 0
    if (!Number.isSafeInteger(revision) || revision < 0 || revision > newest)
      return fail({ type: 'no-revision', newest })
    if (this.#state?.revision === revision) return done(this.#state)
    const { log, macKey, lastGood, keepLastGood } = this.#options
    const onFar = (state: ConfigState) => lastGood?.keepForTravel(state)
    return stateAt({ log, macKey, checkpoints: lastGood?.checkpoints, ...(keepLastGood ? { onFar } : {}) }, revision)
  }

  async #decide(): Promise<Verdict> {
    const { highWater, lastGood } = this.#options
    // The mark first: whatever it says had been committed before, so the log has to have it by now.
    const mark: MarkFinding = highWater?.read() ?? { type: 'absent' }
    const copy: CopyFinding = lastGood?.read() ?? { state: undefined, damage: undefined }
    const marked = mark.type === 'at' ? mark.mark : undefined
    const finding = await this.#examine(marked, copy.state)
    const verdict = chooseVerdict({ log: finding, mark, copy })
    await this.#adopt(verdict, finding)
    this.#tell(finding, mark, copy)
    if (this.#timer !== undefined) this.#checking = this.#checkHistory()
    return verdict
  }

  async #examine(mark: LogHead | undefined, copy: ConfigState | undefined): Promise<LogFinding> {
    const { log, macKey, clock, lastGood, keepLastGood } = this.#options
    const keep = keepLastGood && lastGood !== undefined ? { onFolded: lastGood.append.bind(lastGood) } : {}
    const finding = await examineLog({ log, macKey, mark, copy, ...keep })
    if (!keepLastGood || copy === undefined || finding.type === 'refused') return finding
    // A short history is looked through before anything is served from its log; for a long one nobody should wait.
    this.#history = new HistoryCheck({ log, macKey, clock, upTo: { revision: copy.revision, hash: copy.hash } })
    const refusal = await this.#history.run(historyFirstMs)
    if (refusal === undefined || isPassing(refusal)) return finding
    this.#history = undefined
    return { type: 'refused', refusal, prefix: finding.state, claims: finding.state.revision }
  }

  /** The rest of it, in a fifth of this thread's time. */
  async #checkHistory(): Promise<void> {
    const history = this.#history
    while (history !== undefined && !history.isDone && !this.#stopped && this.#refusalIsPassing()) {
      await this.#pause(historyRestMs)
      const refusal = this.#stopped ? undefined : await history.run(historySliceMs)
      if (refusal !== undefined && !isPassing(refusal)) this.#refuse(refusal)
    }
  }

  #refusalIsPassing(): boolean {
    return this.#refusal === undefined || isPassing(this.#refusal)
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(ms, resolve)
      this.#rest = () => {
        timer.cancel()
        resolve()
      }
    })
  }

  async #adopt(verdict: Verdict, finding: LogFinding): Promise<void> {
    this.#refusal = finding.type === 'refused' ? finding.refusal : finding.stopped
    this.#skipped = finding.type === 'whole' ? finding.skipped : 0
    this.#damaged = verdict.type === 'damaged' ? verdict.reason : undefined
    // A log that looks new where there was more must not be begun a second time.
    if (verdict.type === 'damaged') this.#refusal ??= damagedAt(1, verdict.reason)
    if (verdict.type !== 'serve') return
    this.#degraded = verdict.degraded
    this.#state = verdict.state
    await this.#handOut(verdict.state)
    // Behind a stop, the copy of a newer release may reach further than this one can.
    if (this.#options.keepLastGood && this.#refusal === undefined) this.#options.lastGood?.settle(verdict.state)
  }

  #tell(finding: LogFinding, mark: MarkFinding, copy: CopyFinding): void {
    const { notify, keepLastGood, highWater } = this.#options
    if (this.#degraded !== undefined) notify({ type: 'config-degraded', reason: this.#degraded })
    if (this.#damaged !== undefined) notify({ type: 'config-damaged', reason: this.#damaged })
    if (finding.type === 'whole' && finding.stopped !== undefined) this.#tellStop(finding.stopped)
    if (!keepLastGood) return
    if (copy.damage !== undefined) notify({ type: 'warning', message: `the last good copy: ${copy.damage}` })
    if (mark.type === 'damaged') notify({ type: 'warning', message: mark.message })
    if (mark.type === 'at' && mark.torn) notify({ type: 'warning', message: 'half of the high-water mark is torn' })
    if (mark.type === 'absent' && finding.type === 'whole' && finding.state.revision > 0 && highWater !== undefined) {
      notify({ type: 'warning', message: 'the high-water mark was gone; the next change makes it anew' })
    }
  }

  async #pass(): Promise<void> {
    const before = this.#state
    await this.#newer()
    if (!this.#handAgain) return
    this.#handAgain = false
    if (this.#state !== undefined && this.#state === before) await this.#handOut(this.#state)
  }

  async #newer(): Promise<void> {
    // Damage does not heal by waiting.
    if (!this.#booted || !this.#refusalIsPassing()) return this.#behind()
    if (this.#damaged !== undefined) return this.#decideAgain()
    const head = await this.#options.log.head()
    const refusal = head.ok ? await this.#catchUp(head.value) : head.error
    if (refusal !== undefined) return this.#refuse(refusal)
    // The history may have been found damaged meanwhile.
    if (!this.#refusalIsPassing()) return
    this.#refusal = undefined
    this.#degraded = undefined
    this.#behindSinceMs = undefined
  }

  // Without the log nothing could be served: once it answers again, everything is decided anew.
  async #decideAgain(): Promise<void> {
    const head = await this.#options.log.head()
    if (head.ok) await this.#decide()
    else this.#behind()
  }

  async #catchUp(head: LogHead): Promise<FollowRefusal | undefined> {
    const at = this.#state ?? emptyState()
    if (head.revision < at.revision) return { type: 'rewound', revision: head.revision, highWater: at.revision }
    if (head.revision === at.revision && head.hash !== at.hash) return damagedAt(at.revision, 'its hash changed')
    while ((this.#state?.revision ?? 0) < head.revision) {
      this.#behind()
      const next = forkState(this.#state ?? emptyState())
      const refusal = await this.#foldBatch(next, head.revision)
      if (next.revision > (this.#state?.revision ?? 0)) await this.#swap(next)
      if (refusal !== undefined) return refusal
    }
    return undefined
  }

  /** Folds what has come by now, a page a turn: whoever uses the states sees one change, not a hundred. */
  async #foldBatch(next: ConfigState, upTo: number): Promise<FollowRefusal | undefined> {
    const { log, macKey, lastGood, keepLastGood } = this.#options
    const end = Math.min(upTo, next.revision + batchEventsMax)
    while (next.revision < end) {
      const page = await log.read(next.revision, Math.min(pageEvents, end - next.revision))
      if (!page.ok) return page.error
      if (page.value.length === 0) return damagedAt(next.revision + 1, 'events are missing')
      const { refusal, events, skipped } = foldPage(next, page.value, macKey)
      if (keepLastGood) lastGood?.append(events)
      this.#countSkipped(skipped)
      if (refusal !== undefined) return refusal
      await nextTurn()
    }
    return undefined
  }

  #countSkipped(skipped: ConfigEvent[]): void {
    this.#skipped += skipped.length
    for (const { revision, type } of skipped) {
      this.#options.notify({ type: 'config-event-unknown', revision, eventType: type, ignorable: true })
    }
  }

  async #swap(next: ConfigState): Promise<void> {
    const { clock, notify, keepLastGood, lastGood } = this.#options
    const startedMs = clock.monotonicMs()
    this.#state = next
    await this.#handOut(next)
    if (keepLastGood) lastGood?.settle(next)
    notify({ type: 'config-applied', revision: next.revision, tookMs: clock.monotonicMs() - startedMs })
  }

  // One state that its user cannot take must not end every node at once, nor keep them from the state that mends it.
  async #handOut(state: ConfigState): Promise<void> {
    try {
      await this.#options.onState(state)
      this.#unused = undefined
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      this.#unused = `revision ${state.revision} of the configuration could not be put to use: ${message}`
      this.#options.notify({ type: 'handler-threw', where: 'config state', message })
      this.#options.notify({ type: 'config-degraded', reason: this.#unused })
    }
  }

  #refuse(refusal: FollowRefusal): void {
    this.#behind()
    this.#refusal = refusal
    const reason = refusal.type === 'stopped' ? stopReason(refusal) : refusalReason(refusal)
    if (reason === this.#degraded) return
    this.#degraded = reason
    this.#options.notify({ type: 'config-degraded', reason })
    if (refusal.type === 'stopped') this.#tellStop(refusal)
  }

  #tellStop({ revision, eventType }: FoldStop): void {
    this.#options.notify({ type: 'config-event-unknown', revision, eventType, ignorable: false })
  }

  #behind(): void {
    this.#behindSinceMs ??= this.#options.clock.monotonicMs()
  }
}

const pollMs = 1_000
const pageEvents = 128
/** Events in one state at most: who catches up with a long history serves something newer now and then. */
const batchEventsMax = 16_384
/** Looked through before the first state is served. */
const historyFirstMs = 250
const historySliceMs = 4
const historyRestMs = 16

function isPassing(refusal: FollowRefusal): boolean {
  return refusal.type === 'unavailable' || refusal.type === 'full'
}
