// Follows the log: decides at boot what to serve, then folds new events into a new state and swaps it in. Readers keep
// the state that they began with. A log that is unreachable is waited for; one that is damaged, rewound or ahead of
// this release ends the following: the last good state stays, and the status says why.

import assert from 'node:assert/strict'
import type { Clock, Timer } from '../../../shared/clock.ts'
import type { ConfigEvent } from '../../../shared/config/events.ts'
import { emptyState, forkState } from '../../../shared/config/fold.ts'
import type { ConfigState } from '../../../shared/config/state.ts'
import type { Notify } from '../../../shared/notice.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import { CoalescedRun } from '../log/coalesced-run.ts'
import { type ConfigLog, genesisHash, type LogHead, type StoredEvent } from '../log/config-log.ts'
import { examineLog, type LogFinding } from '../log/examine-log.ts'
import { damagedAt, type FoldStop } from '../log/fold-stored.ts'
import type { HighWater, MarkFinding } from '../log/high-water.ts'
import type { LogKey } from '../log/log-key.ts'
import { chooseVerdict, type Verdict, type Witnesses } from './boot.ts'
import { bootWarnings } from './boot-warnings.ts'
import { foldBatch } from './fold-batch.ts'
import { type FollowRefusal, isPassing, reasonOf } from './follow-refusal.ts'
import type { FollowerStatus } from './follower-status.ts'
import { HistoryCheck } from './history-check.ts'
import { HistoryWatch } from './history-watch.ts'
import type { CopyFinding, LastGood } from './last-good.ts'
import { stateAt } from './state-at.ts'

export interface FollowerOptions {
  log: ConfigLog
  macKey: LogKey
  clock: Clock
  notify: Notify
  /** Receives each new state. It may take several turns; no other state is handed out meanwhile. */
  onState: (state: ConfigState) => void | Promise<void>
  /** The mark, which is read at boot. Absent when the log itself keeps no mark on this node. */
  highWater?: HighWater
  lastGood?: LastGood
  /** Whether this follower writes the last good copy and verifies the history behind it. One follower of a data folder
   *  does. */
  keepLastGood: boolean
  pollMs?: number
}

export class Follower {
  readonly #options: FollowerOptions
  #state: ConfigState | undefined
  #refusal: FollowRefusal | undefined
  #degraded: string | undefined
  #damaged: string | undefined
  /** Why the user of the newest state refused it. */
  #unused: string | undefined
  #skipped = 0
  #behindSinceMs: number | undefined
  #booted = false
  /** Makes no pass after `stop`, even for a call that was waiting before. */
  readonly #looks = new CoalescedRun(async () => (this.#stopped ? undefined : this.#pass()))
  readonly #history: HistoryWatch
  #handAgain = false
  #stopped = false
  #timer: Timer | undefined
  #watch: { stop(): void } | undefined

  constructor(options: FollowerOptions) {
    this.#options = options
    this.#history = new HistoryWatch({
      clock: options.clock,
      isNeeded: () => this.#mayHeal(),
      onDamage: (refusal) => this.#refuse(refusal),
    })
  }

  /** The newest state; undefined before the first event, and when the present one must not be served. */
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
    this.#history.goOn()
    const look = () => void this.look()
    this.#watch = this.#options.log.watch(look)
    this.#timer = this.#options.clock.every(this.#options.pollMs ?? pollMs, look)
  }

  async stop(): Promise<void> {
    this.#watch?.stop()
    this.#timer?.cancel()
    this.#stopped = true
    this.#history.stop()
    await this.#looks.current
    await this.#history.ended()
    const { lastGood, keepLastGood } = this.#options
    await lastGood?.close(keepLastGood && this.#refusal === undefined ? this.#state : undefined)
  }

  /** Hands the newest state out once more, because something that is used with it has changed. */
  again(): Promise<void> {
    this.#handAgain = true
    return this.look()
  }

  /** Looks for newer events now. When it resolves, every event stored before the call has been folded, if possible. */
  look(): Promise<void> {
    return this.#stopped ? (this.#looks.current ?? Promise.resolve()) : this.#looks.run()
  }

  /** Returns the configuration as it was at `revision`. */
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
    // Read the mark first: its event was committed before it, so the log has to have that event by now.
    const mark: MarkFinding = highWater?.read() ?? { type: 'absent' }
    const copy: CopyFinding = lastGood?.read() ?? { state: undefined, damage: undefined }
    const marked = mark.type === 'at' ? mark.mark : undefined
    const finding = await this.#examine(marked, copy.state)
    const witnesses = { log: finding, mark, copy }
    const verdict = chooseVerdict(witnesses)
    await this.#adopt(verdict, finding)
    this.#tell(witnesses)
    if (this.#timer !== undefined) this.#history.goOn()
    return verdict
  }

  async #examine(mark: LogHead | undefined, copy: ConfigState | undefined): Promise<LogFinding> {
    const { log, macKey, clock, lastGood, keepLastGood } = this.#options
    const keep = keepLastGood && lastGood !== undefined ? { onFolded: lastGood.append.bind(lastGood) } : {}
    const finding = await examineLog({ log, macKey, mark, copy, ...keep })
    if (!keepLastGood || copy === undefined || finding.type === 'refused') return finding
    // A short history is verified before anything is served from its log; a long one must not delay the start.
    const upTo = { revision: copy.revision, hash: copy.hash }
    const refusal = await this.#history.begin(new HistoryCheck({ log, macKey, clock, upTo }))
    if (refusal === undefined) return finding
    return { type: 'refused', refusal, prefix: finding.state, claims: finding.state.revision }
  }

  /** Returns false once the log is known to be damaged or ahead of this release, which waiting does not heal. */
  #mayHeal(): boolean {
    return this.#refusal === undefined || isPassing(this.#refusal)
  }

  async #adopt(verdict: Verdict, finding: LogFinding): Promise<void> {
    this.#refusal = finding.type === 'refused' ? finding.refusal : finding.stopped
    this.#skipped = finding.type === 'whole' ? finding.skipped : 0
    this.#damaged = verdict.type === 'damaged' ? verdict.reason : undefined
    // A log that looks new although there was more must not be begun a second time.
    if (verdict.type === 'damaged') this.#refusal ??= damagedAt(1, verdict.reason)
    if (verdict.type !== 'serve') return
    this.#degraded = verdict.degraded
    this.#state = verdict.state
    await this.#handOut(verdict.state)
    // After a stop, the copy of a newer release may reach further than this one can.
    if (this.#options.keepLastGood && this.#refusal === undefined) this.#options.lastGood?.settle(verdict.state)
  }

  #tell(witnesses: Witnesses): void {
    const { notify, keepLastGood, highWater } = this.#options
    const { log } = witnesses
    if (this.#degraded !== undefined) notify({ type: 'config-degraded', reason: this.#degraded })
    if (this.#damaged !== undefined) notify({ type: 'config-damaged', reason: this.#damaged })
    if (log.type === 'whole' && log.stopped !== undefined) this.#tellStop(log.stopped)
    if (!keepLastGood) return
    for (const message of bootWarnings(witnesses, highWater !== undefined)) notify({ type: 'warning', message })
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
    if (!this.#booted || !this.#mayHeal()) return this.#behind()
    if (this.#damaged !== undefined) return this.#decideAgain()
    const head = await this.#options.log.head()
    const refusal = head.ok ? await this.#catchUp(head.value) : head.error
    if (refusal !== undefined) return this.#refuse(refusal)
    // The history may have been found damaged meanwhile.
    if (!this.#mayHeal()) return
    this.#refusal = undefined
    this.#degraded = undefined
    this.#behindSinceMs = undefined
  }

  // Decides anew once the log answers again, because without it nothing could be served.
  async #decideAgain(): Promise<void> {
    const head = await this.#options.log.head()
    if (head.ok) await this.#decide()
    else this.#behind()
  }

  async #catchUp(head: LogHead): Promise<FollowRefusal | undefined> {
    const at = this.#state ?? emptyState()
    if (head.revision < at.revision) return { type: 'rewound', revision: head.revision, highWater: at.revision }
    if (head.revision === at.revision && head.hash !== at.hash) return damagedAt(at.revision, 'its hash changed')
    const { log, macKey } = this.#options
    const onFolded = this.#onFolded.bind(this)
    while ((this.#state?.revision ?? 0) < head.revision) {
      this.#behind()
      const next = forkState(this.#state ?? emptyState())
      const refusal = await foldBatch({ log, macKey, onFolded }, next, head.revision)
      if (next.revision > (this.#state?.revision ?? 0)) await this.#swap(next)
      if (refusal !== undefined) return refusal
    }
    return undefined
  }

  #onFolded(events: readonly StoredEvent[], skipped: readonly ConfigEvent[]): void {
    const { lastGood, keepLastGood, notify } = this.#options
    if (keepLastGood) lastGood?.append(events)
    this.#skipped += skipped.length
    for (const { revision, type } of skipped) {
      notify({ type: 'config-event-unknown', revision, eventType: type, ignorable: true })
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

  // Catches errors of the user: a state that it cannot use must not end every node at once, nor keep nodes from the
  // state that mends it.
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
    const reason = reasonOf(refusal)
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
