// What one partition knows of how fast the configured targets are now, and how they do by the objectives. It fades within
// half a minute, so it is kept in memory alone.

import { bounds } from '../../../shared/bounds.ts'
import type { Clock } from '../../../shared/clock.ts'
import type { ConfigState } from '../../../shared/config/state.ts'
import type { DecodedRecord } from '../../../shared/telemetry/decode.ts'
import { FadingMean } from '../../../shared/telemetry/fading-mean.ts'
import { firstUsOf, tokenUsOf } from '../../../shared/telemetry/pace.ts'
import type { AttemptRecord } from '../../../shared/telemetry/records.ts'
import { judgeAsAttempt } from '../slo/judge.ts'
import type { Objective } from '../slo/objective.ts'
import type { SloCounts } from '../slo/slot-ring.ts'
import type { Tally } from '../transactional-sum.ts'

export interface TargetName {
  readonly model: string
  readonly provider: string
  readonly target: string
}

export interface TargetFacts extends TargetName {
  readonly firstUs: number
  readonly firstCount: number
  readonly tokenUs: number
  readonly tokenCount: number
  /** Counts of attempts of about the last minute, by series. They fade, so they are not whole numbers. */
  readonly counts: Readonly<Record<string, SloCounts>>
}

const paceTauMs = 30_000
const countsTauMs = 60_000
/** Rows of one partition. */
const countsMax = 4_096

interface Row extends TargetName {
  readonly first: FadingMean
  readonly token: FadingMean
  /** Means of 1 for good and 0 for bad attempts. */
  readonly good: Map<string, FadingMean>
}

export class TargetTally implements Tally {
  readonly #clock: Clock
  /** Rows by partition and target. A target has one or two pairs of model and provider, so a lookup builds no key. */
  readonly #partitions = new Map<number, Map<string, Row[]>>()
  #targets: readonly TargetName[] = []
  #objectives: readonly Objective[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Names that callers make up are none of the configuration, so they cannot fill this. */
  configure(targets: readonly TargetName[], objectives: readonly Objective[]): void {
    this.#targets = targets
    const named = new Set(targets.map(keyOf))
    this.#objectives = [...new Map(objectives.map((objective) => [objective.series, objective])).values()]
    const series = new Set(this.#objectives.map((objective) => objective.series))
    for (const rows of this.#partitions.values()) {
      for (const [target, known] of rows) {
        rows.set(
          target,
          known.filter((row) => named.has(keyOf(row))),
        )
        for (const { good } of known) for (const one of good.keys()) if (!series.has(one)) good.delete(one)
      }
    }
  }

  add(partition: number, entry: DecodedRecord): void {
    const attempt = entry.type === 'attempt' ? entry.record : entry.attempt
    const row = attempt === undefined ? undefined : this.#row(partition, attempt)
    if (attempt === undefined || row === undefined) return
    const atMs = Math.min(this.#clock.wallMs(), attempt.atMs + attempt.totalUs / 1_000)
    const firstUs = firstUsOf(attempt)
    const tokenUs = tokenUsOf(attempt)
    if (firstUs > 0) row.first.add(firstUs, atMs)
    if (tokenUs > 0) row.token.add(tokenUs, atMs)
    for (const objective of this.#objectives) this.#judge(objective, row, attempt, atMs)
  }

  facts(partition: number, nowMs: number): TargetFacts[] {
    const rows = this.#partitions.get(partition)?.values() ?? []
    return [...rows].flat().map((row) => factsOf(row, nowMs))
  }

  open(): void {}
  write(): void {}
  committed(): void {}

  forget(): void {
    this.#partitions.clear()
  }

  #judge(objective: Objective, row: Row, attempt: AttemptRecord, atMs: number): void {
    const { series } = objective
    const verdict = judgeAsAttempt(objective, attempt)
    if (verdict === 'not-counted') return
    const known = row.good.get(series)
    if (known === undefined && row.good.size * this.#targets.length >= countsMax) return
    const good = known ?? new FadingMean(countsTauMs)
    if (known === undefined) row.good.set(series, good)
    good.add(verdict === 'good' ? 1 : 0, atMs)
  }

  #row(partition: number, attempt: AttemptRecord): Row | undefined {
    const rows = this.#partitions.get(partition) ?? new Map<string, Row[]>()
    this.#partitions.set(partition, rows)
    const known = rows.get(attempt.target)
    const found = known?.find((row) => isSame(row, attempt))
    if (found !== undefined) return found
    const name = this.#targets.find((target) => isSame(target, attempt))
    if (name === undefined) return undefined
    const row = { ...name, first: new FadingMean(paceTauMs), token: new FadingMean(paceTauMs), good: new Map() }
    rows.set(attempt.target, [...(known ?? []), row])
    return row
  }
}

/** Targets of all configured models; as many as have latencies of their own. */
export function targetsOf(state: ConfigState): TargetName[] {
  const targets: TargetName[] = []
  for (const [model, { spec }] of state.resources.models) {
    for (const { provider, model: target } of spec.targets) targets.push({ model, provider, target })
  }
  return targets.slice(0, bounds.telemetryTargetsMax)
}

export function keyOf({ model, provider, target }: TargetName): string {
  return JSON.stringify([model, provider, target])
}

function isSame(one: TargetName, other: TargetName): boolean {
  return one.target === other.target && one.model === other.model && one.provider === other.provider
}

function factsOf({ model, provider, target, first, token, good }: Row, nowMs: number): TargetFacts {
  for (const mean of [first, token, ...good.values()]) mean.settle(nowMs)
  const counts = [...good].map(([series, mean]): [string, SloCounts] => {
    const total = mean.weightAt(nowMs)
    return [series, { good: mean.mean * total, total }]
  })
  return {
    model,
    provider,
    target,
    firstUs: first.mean,
    firstCount: first.weightAt(nowMs),
    tokenUs: token.mean,
    tokenCount: token.weightAt(nowMs),
    counts: Object.fromEntries(counts),
  }
}
