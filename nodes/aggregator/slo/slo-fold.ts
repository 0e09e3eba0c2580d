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

export class SloFold {
  readonly #series = new Map<string, SloSeries>()
  /** One objective of each question: several may ask the same. */
  #questions: readonly Objective[] = []
  /** By series and slot of the finest width. */
  readonly #changed = new Map<string, Map<number, SloCounts>>()

  /** Sums of questions that nobody asks any more are let go; what is stored of them stays until it is old. */
  setObjectives(objectives: readonly Objective[], stored: (series: string) => Iterable<SloCell>): void {
    const questions = new Map(objectives.map((objective) => [objective.series, objective]))
    this.#questions = [...questions.values()]
    for (const series of this.#series.keys()) if (!questions.has(series)) this.#series.delete(series)
    for (const series of questions.keys()) if (!this.#series.has(series)) this.#begin(series, stored(series))
  }

  add(entry: DecodedRecord, nowMs: number): void {
    if (this.#questions.length === 0) return
    const { attempt, request } = partsOf(entry)
    for (const question of this.#questions) {
      if (request !== undefined) this.#count(question, judgeRequest(question, request), request, nowMs)
      if (attempt !== undefined) this.#count(question, judgeAttempt(question, attempt), attempt, nowMs)
    }
  }

  sum(series: string, nowMs: number, windowMs: number): SloCounts {
    return this.#series.get(series)?.sum(nowMs, windowMs) ?? { good: 0, total: 0 }
  }

  /** What was added since `committed`. */
  *changes(): Generator<SloCell, void> {
    for (const [series, slots] of this.#changed) {
      for (const [slot, tally] of slots) yield { series, widthMs: finestMs, slot, ...tally }
    }
  }

  committed(): void {
    this.#changed.clear()
  }

  #begin(series: string, stored: Iterable<SloCell>): void {
    const kept = new SloSeries()
    for (const cell of stored) kept.add(cell.slot * cell.widthMs, cell, cell.widthMs)
    // Not in the store yet, and counted when the question was asked before.
    for (const [slot, tally] of this.#changed.get(series) ?? []) kept.add(slot * finestMs, tally)
    this.#series.set(series, kept)
  }

  #count({ series }: Objective, verdict: Verdict, ended: { atMs: number; totalUs: number }, nowMs: number): void {
    if (verdict === 'not-counted') return
    // A sender whose clock is ahead must not close our slots early.
    const atMs = Math.min(nowMs, ended.atMs + ended.totalUs / 1_000)
    const tally = { good: verdict === 'good' ? 1 : 0, total: 1 }
    this.#series.get(series)?.add(atMs, tally)
    this.#change(series, Math.max(0, Math.floor(atMs / finestMs)), tally)
  }

  #change(series: string, slot: number, tally: SloCounts): void {
    const slots = this.#changed.get(series) ?? new Map<number, SloCounts>()
    this.#changed.set(series, slots)
    const known = slots.get(slot)
    if (known === undefined) slots.set(slot, tally)
    else {
      known.good += tally.good
      known.total += tally.total
    }
  }
}

function partsOf(entry: DecodedRecord) {
  if (entry.type === 'attempt') return { attempt: entry.record, request: undefined }
  return { attempt: entry.attempt, request: entry.record }
}
