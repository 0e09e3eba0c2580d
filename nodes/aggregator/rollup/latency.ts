// How long things take, per target. Only as many targets as the bound allows; the rest share one row named `other`.
import type { LatencyMetric } from '../../../shared/telemetry/answers/targets.ts'
import type { DecodedRequest } from '../../../shared/telemetry/decode.ts'
import type { AttemptRecord } from '../../../shared/telemetry/records.ts'
import { isSettledBatch } from '../../../shared/telemetry/settled-batch.ts'
import type { RowsLeft } from './rows-left.ts'
import { SlidingSketch } from './sliding-sketch.ts'

export interface TargetName {
  model: string
  provider: string
  target: string
}

/** All in microseconds. Made when first needed: most targets never stream. */
export type TargetLatency = TargetName & Record<LatencyMetric, SlidingSketch | undefined>

export class LatencyFold {
  readonly #rowsLeft: RowsLeft
  /** Rows by target. A target has one or two pairs of model and provider, so a lookup builds no key. */
  readonly #rows = new Map<string, TargetLatency[]>()
  readonly #other = emptyRow({ model: 'other', provider: 'other', target: 'other' })

  constructor(rowsLeft: RowsLeft) {
    this.#rowsLeft = rowsLeft
  }

  /** Adds an attempt that was answered; a refusal is quick and would make a broken target look good. */
  addAttempt(attempt: AttemptRecord, slot: number): void {
    // What took no time was not measured: the requests of a batch.
    if (attempt.outcome !== 'ok' || attempt.totalUs === 0) return
    const row = this.#row(attempt)
    add(row, 'total', attempt.totalUs, slot)
    if (attempt.firstByteUs > 0) add(row, 'firstByte', attempt.firstByteUs, slot)
    if (attempt.ttftUs > 0) add(row, 'ttft', attempt.ttftUs, slot)
    if (attempt.interTokenUs > 0) add(row, 'interToken', attempt.interTokenUs, slot)
  }

  addRequest({ record, provider, target }: DecodedRequest, slot: number): void {
    if (target === '' || record.status !== 'ok' || isSettledBatch(record)) return
    add(this.#row({ model: record.model, provider, target }), 'overhead', record.overheadUs, slot)
  }

  *rows(): Generator<TargetLatency, void> {
    for (const rows of this.#rows.values()) yield* rows
    if (this.#other.total !== undefined) yield this.#other
  }

  find(name: TargetName): TargetLatency | undefined {
    return this.#rows.get(name.target)?.find((row) => row.model === name.model && row.provider === name.provider)
  }

  #row(name: TargetName): TargetLatency {
    const known = this.find(name)
    if (known !== undefined) return known
    if (!this.#rowsLeft.take()) return this.#other
    const row = emptyRow(name)
    const rows = this.#rows.get(name.target)
    if (rows === undefined) this.#rows.set(name.target, [row])
    else rows.push(row)
    return row
  }
}

function emptyRow({ model, provider, target }: TargetName): TargetLatency {
  const none = { total: undefined, ttft: undefined, interToken: undefined, overhead: undefined, firstByte: undefined }
  return { model, provider, target, ...none }
}

function add(row: TargetLatency, metric: LatencyMetric, value: number, slot: number): void {
  row[metric] ??= new SlidingSketch()
  row[metric].add(value, slot)
}
