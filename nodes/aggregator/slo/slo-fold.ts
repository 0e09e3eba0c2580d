// What one partition knows about all objectives: counts over time, and the changes that wait for the next commit. Records
// in, sums out; a record counts in the slot in which it ended, however late it comes.
import type { DecodedRecord } from '../../../shared/telemetry/decode.ts'
import { judgeAttempt, judgeRequest, type Verdict } from './judge.ts'
import type { Objective } from './objective.ts'
import { SloSeries, tiers } from './slo-series.ts'
import type { SloCounts } from './slot-ring.ts'

/** Counts of one question in one slot. */
export interface SloCell extends SloCounts {
  readonly series: string
  readonly widthMs: number
  readonly slot: number
}

const finestMs = tiers[0].widthMs

/** The counts of one question. */
interface Count {
  readonly question: Objective
  readonly series: SloSeries
  /** Uncommitted counts by slot of the finest width. */
  readonly changed: Map<number, SloCounts>
}

export class SloFold {
  /** The counts, one for each question: several objectives may ask the same. */
  #counts: Count[] = []
  #seriesOf: ReadonlyMap<string, SloSeries> = new Map()
  /** The clock's value at the last look; a step back settles every series. */
  #settledMs = Number.POSITIVE_INFINITY
  /** Uncommitted counts of questions that no objective asks any more. */
  readonly #left = new Map<string, Map<number, SloCounts>>()

  /** Sums of questions that nobody asks any more are let go; what is stored of them stays until it is old. */
  setObjectives(objectives: readonly Objective[], stored: (series: string) => Iterable<SloCell>): void {
    const questions = new Map(objectives.map((objective) => [objective.series, objective]))
    const kept = this.#counts.filter(({ question }) => questions.has(question.series))
    for (const { question, changed } of this.#counts) {
      if (!questions.has(question.series) && changed.size > 0) this.#left.set(question.series, changed)
    }
    for (const { question } of kept) questions.delete(question.series)
    const begun = [...questions.values()].map((question) => this.#begin(question, stored(question.series)))
    this.#counts = [...kept, ...begun]
    // What is stored may have been counted before the clock stepped back.
    this.#settledMs = Number.POSITIVE_INFINITY
    this.#seriesOf = new Map(this.#counts.map(({ question, series }) => [question.series, series]))
  }

  add(entry: DecodedRecord, nowMs: number): void {
    this.#settle(nowMs)
    const request = entry.type === 'request' ? entry.record : undefined
    const attempt = entry.type === 'request' ? entry.attempt : entry.record
    for (const count of this.#counts) {
      if (request !== undefined) note(count, judgeRequest(count.question, request), request, nowMs)
      if (attempt !== undefined) note(count, judgeAttempt(count.question, attempt), attempt, nowMs)
    }
  }

  sum(series: string, nowMs: number, windowMs: number): SloCounts {
    this.#settle(nowMs)
    return this.#seriesOf.get(series)?.sum(nowMs, windowMs) ?? { good: 0, total: 0 }
  }

  /** The cells that were added since `committed`. */
  *changes(): Generator<SloCell, void> {
    for (const { question, changed } of this.#counts) yield* cellsOf(question.series, changed)
    for (const [series, changed] of this.#left) yield* cellsOf(series, changed)
  }

  committed(): void {
    for (const { changed } of this.#counts) changed.clear()
    this.#left.clear()
  }

  /** No slot may lie ahead of the clock: after a step back it would take an hour's step an hour to be counted again. */
  #settle(nowMs: number): void {
    if (nowMs < this.#settledMs) for (const { series } of this.#counts) series.settle(nowMs)
    this.#settledMs = nowMs
  }

  #begin(question: Objective, stored: Iterable<SloCell>): Count {
    const series = new SloSeries()
    for (const cell of stored) series.add(cell.slot * cell.widthMs, cell, cell.widthMs)
    // Counted when the question was asked before, and not in the store yet.
    const changed = this.#left.get(question.series) ?? new Map<number, SloCounts>()
    this.#left.delete(question.series)
    for (const [slot, counts] of changed) series.add(slot * finestMs, counts)
    return { question, series, changed }
  }
}

function note(count: Count, verdict: Verdict, ended: { atMs: number; totalUs: number }, nowMs: number): void {
  if (verdict === 'not-counted') return
  // A sender whose clock is ahead must not close our slots early.
  const atMs = Math.min(nowMs, ended.atMs + ended.totalUs / 1_000)
  const slot = Math.max(0, Math.floor(atMs / finestMs))
  const counts = verdict === 'good' ? oneGood : oneBad
  count.series.add(atMs, counts)
  const known = count.changed.get(slot)
  if (known === undefined) count.changed.set(slot, { ...counts })
  else {
    known.good += counts.good
    known.total++
  }
}

const oneGood: SloCounts = { good: 1, total: 1 }
const oneBad: SloCounts = { good: 0, total: 1 }

function* cellsOf(series: string, changed: ReadonlyMap<number, SloCounts>): Generator<SloCell, void> {
  for (const [slot, counts] of changed) yield { series, widthMs: finestMs, slot, ...counts }
}
