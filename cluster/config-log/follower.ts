// Follows the log: decides at boot what there is to serve, then folds what is appended into a new state and swaps it in.
// Whoever reads keeps the state it began with. A log that goes away is waited for; one that is damaged, rewound or ahead of
// this release ends the following: the last good state stays, and the status says why.
import assert from 'node:assert/strict'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock, Timer } from '../../shared/clock.ts'
import type { ConfigEvent } from '../../shared/config/events.ts'
import { emptyState, forkState } from '../../shared/config/fold.ts'
import type { ConfigState } from '../../shared/config/state.ts'
import type { Notify } from '../../shared/notice.ts'
import { done, fail, type Result } from '../../shared/result.ts'
import { chooseVerdict, refusalReason, stopReason, type Verdict } from './boot.ts'
import { type ConfigLog, genesisHash, type LogHead, type LogRefusal, type StoredEvent } from './config-log.ts'
import { examineLog, type LogFinding } from './examine-log.ts'
import { type FoldStop, foldStored } from './fold-stored.ts'
import type { HighWater, MarkFinding } from './high-water.ts'
import type { CopyFinding, LastGood } from './last-good.ts'

export interface FollowerOptions {
  log: ConfigLog
  macKey: Uint8Array
  clock: Clock
  notify: Notify
  onState: (state: ConfigState) => void
  /** Read at boot. Absent where the log itself keeps no mark on this node. */
  highWater?: HighWater
  lastGood?: LastGood
  /** Of several followers of one data folder, one writes the last good copy. */
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

interface FoldedPage {
  events: StoredEvent[]
  skipped: ConfigEvent[]
  /** What ended it before the end of the page. */
  refusal: FollowRefusal | undefined
}

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
    const look = () => void this.look()
    this.#watch = this.#options.log.watch(look)
    this.#timer = this.#options.clock.every(this.#options.pollMs ?? pollMs, look)
  }

  async stop(): Promise<void> {
    this.#watch?.stop()
    this.#timer?.cancel()
    this.#stopped = true
    await this.#looking
    const { lastGood, keepLastGood } = this.#options
    if (keepLastGood && this.#state !== undefined && this.#refusal === undefined) lastGood?.snapshot(this.#state)
    lastGood?.close()
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

  /** The configuration as it was at `revision`, folded from the beginning. */
  async stateAt(
    revision: number,
  ): Promise<Result<ConfigState, FollowRefusal | { type: 'no-revision'; newest: number }>> {
    const newest = this.#state?.revision ?? 0
    if (!Number.isSafeInteger(revision) || revision < 0 || revision > newest)
      return fail({ type: 'no-revision', newest })
    if (this.#state?.revision === revision) return done(this.#state)
    const state = emptyState()
    while (state.revision < revision) {
      const page = await this.#options.log.read(state.revision, Math.min(pageEvents, revision - state.revision))
      if (!page.ok) return page
      const folded = this.#foldPage(state, page.value)
      if (folded.refusal !== undefined) return fail(folded.refusal)
      if (page.value.length === 0) return fail(damagedAt(state.revision + 1, 'events are missing'))
      await nextTurn()
    }
    return done(state)
  }

  async #decide(): Promise<Verdict> {
    const { log, macKey, clock, highWater, lastGood } = this.#options
    // The mark first: whatever it says had been committed before, so the log has to have it by now.
    const mark: MarkFinding = highWater?.read() ?? { type: 'absent' }
    const copy: CopyFinding = lastGood?.read() ?? { state: undefined, damage: undefined }
    const marked = mark.type === 'at' ? mark.mark : undefined
    const finding = await examineLog({ log, macKey, clock, mark: marked, copy: copy.state })
    const verdict = chooseVerdict({ log: finding, mark, copy })
    this.#adopt(verdict, finding)
    this.#tell(finding, mark, copy)
    return verdict
  }

  #adopt(verdict: Verdict, finding: LogFinding): void {
    this.#refusal = finding.type === 'refused' ? finding.refusal : finding.stopped
    this.#skipped = finding.type === 'whole' ? finding.skipped : 0
    this.#damaged = verdict.type === 'damaged' ? verdict.reason : undefined
    // A log that looks new where there was more must not be begun a second time.
    if (verdict.type === 'damaged') this.#refusal ??= damagedAt(1, verdict.reason)
    if (verdict.type !== 'serve') return
    this.#degraded = verdict.degraded
    this.#state = verdict.state
    // Behind a stop, the copy of a newer release may reach further than this one can.
    if (this.#options.keepLastGood && this.#refusal === undefined) this.#options.lastGood?.snapshot(verdict.state)
    this.#handOut(verdict.state)
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
    // Damage does not heal by waiting.
    if (!this.#booted || (this.#refusal !== undefined && !isPassing(this.#refusal))) return this.#behind()
    if (this.#damaged !== undefined) return this.#decideAgain()
    const head = await this.#options.log.head()
    const refusal = head.ok ? await this.#catchUp(head.value) : head.error
    if (refusal !== undefined) return this.#refuse(refusal)
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
      const before = this.#state ?? emptyState()
      const page = await this.#options.log.read(before.revision, pageEvents)
      if (!page.ok) return page.error
      if (page.value.length === 0) return damagedAt(before.revision + 1, 'events are missing')
      const next = forkState(before)
      const { refusal, events, skipped } = this.#foldPage(next, page.value)
      this.#countSkipped(skipped)
      if (next.revision > before.revision) this.#swap(next, events)
      if (refusal !== undefined) return refusal
      await nextTurn()
    }
    return undefined
  }

  #foldPage(state: ConfigState, page: StoredEvent[]): FoldedPage {
    const folded: FoldedPage = { events: [], skipped: [], refusal: undefined }
    for (const stored of page) {
      const step = foldStored(state, stored, this.#options.macKey)
      if (!step.ok) {
        const { error } = step
        folded.refusal = error.type === 'stopped' ? error : damagedAt(error.revision, error.message)
        break
      }
      folded.events.push(stored)
      if (step.value.skipped) folded.skipped.push(step.value.event)
    }
    return folded
  }

  #countSkipped(skipped: ConfigEvent[]): void {
    this.#skipped += skipped.length
    for (const { revision, type } of skipped) {
      this.#options.notify({ type: 'config-event-unknown', revision, eventType: type, ignorable: true })
    }
  }

  #swap(next: ConfigState, events: StoredEvent[]): void {
    const startedMs = this.#options.clock.monotonicMs()
    this.#state = next
    if (this.#options.keepLastGood) this.#options.lastGood?.record(next, events)
    this.#handOut(next)
    const tookMs = this.#options.clock.monotonicMs() - startedMs
    this.#options.notify({ type: 'config-applied', revision: next.revision, tookMs })
  }

  // One state that its user cannot take must not end every node at once, nor keep them from the state that mends it.
  #handOut(state: ConfigState): void {
    try {
      this.#options.onState(state)
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
const pageEvents = 256

function isPassing(refusal: FollowRefusal): boolean {
  return refusal.type === 'unavailable' || refusal.type === 'full'
}

function damagedAt(revision: number, message: string): LogRefusal {
  return { type: 'damaged', revision, message }
}
