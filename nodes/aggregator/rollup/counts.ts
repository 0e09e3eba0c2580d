// What the metrics count since start. Labels come from configured names only: a model is a label once an attempt at it was
// answered or a node named it. Models that callers address as `provider/model` share `provider/*`, and everything else is
// counted as `other`, so a caller who makes up names cannot make series.
import type { DecodedRequest } from '../../../shared/telemetry/decode.ts'
import type { AttemptRecord } from '../../../shared/telemetry/records.ts'
import { isSettledBatch } from '../../../shared/telemetry/settled-batch.ts'
import { Sketch } from '../../../shared/telemetry/sketch.ts'
import type { TargetName } from './latency.ts'
import type { RowsLeft } from './rows-left.ts'
import { isRateLimited, whole } from './usage.ts'

export interface ModelCounts {
  model: string
  provider: string
  byStatus: Record<string, number>
  inputTokens: number
  outputTokens: number
  cachedTokens: number
  costNanoUsd: number
  savedNanoUsd: number
  fallbacks: number
  /** Microseconds. */
  duration: Sketch
  inputSizes: Sketch
  outputSizes: Sketch
}

export class LabelNames {
  readonly #modelsMax: number
  readonly #providersOf = new Map<string, Set<string>>()

  constructor(modelsMax: number) {
    this.#modelsMax = modelsMax
  }

  /** Makes a configured model with its provider a label. */
  admit(model: string, provider: string): void {
    const providers = this.#providersOf.get(model)
    if (providers !== undefined) providers.add(provider)
    else if (this.#providersOf.size < this.#modelsMax) this.#providersOf.set(model, new Set([provider]))
  }

  /** Whether a model is known to be one of the configuration. */
  has(model: string): boolean {
    return this.#providersOf.has(model)
  }

  /** The labels under which it is counted. */
  labelsOf({ model, provider, target }: TargetName): { model: string; provider: string } {
    const providers = this.#providersOf.get(model)
    if (providers !== undefined) return { model, provider: providers.has(provider) ? provider : '' }
    if (isDirect({ model, provider, target })) return { model: `${provider}/*`, provider }
    return { model: model === '' ? '' : 'other', provider: '' }
  }

  /** The labels of its latencies. */
  targetLabelsOf(name: TargetName): readonly string[] {
    if (this.#providersOf.has(name.model) || !isDirect(name)) return [name.model, name.provider, name.target]
    return [`${name.provider}/*`, name.provider, '*']
  }
}

/** Whether a caller addressed it as `provider/model`. */
function isDirect({ model, provider, target }: TargetName): boolean {
  return provider !== '' && model === `${provider}/${target}`
}

export class CountsFold {
  readonly #names: LabelNames
  readonly #rowsLeft: RowsLeft
  readonly #rows = new Map<string, Map<string, ModelCounts>>()
  readonly cache: Record<string, number> = { HIT: 0, SEMANTIC_HIT: 0, MISS: 0, BYPASS: 0 }
  readonly overhead = new Sketch('wide')
  rateLimited = 0
  /** Retries that a provider's budget had no room for, by provider. */
  readonly retriesWithheld = new Map<string, number>()

  constructor(names: LabelNames, rowsLeft: RowsLeft) {
    this.#names = names
    this.#rowsLeft = rowsLeft
  }

  addAttempt({ provider, retryWithheld }: AttemptRecord): void {
    if (retryWithheld === undefined) return
    this.retriesWithheld.set(provider, (this.retriesWithheld.get(provider) ?? 0) + 1)
  }

  add(request: DecodedRequest): void {
    const { record, provider, target } = request
    const name = { model: record.model, provider, target }
    if (record.status === 'ok' && record.httpStatus < 400 && provider !== '' && !isDirect(name)) {
      this.#names.admit(record.model, provider)
    }
    const row = this.#row(this.#names.labelsOf(name))
    row.byStatus[record.status] = (row.byStatus[record.status] ?? 0) + 1
    this.cache[record.cacheStatus] = (this.cache[record.cacheStatus] ?? 0) + 1
    if (isRateLimited(request)) this.rateLimited++
    if (record.fallbackIndex > 0) row.fallbacks++
    row.inputTokens += whole(record.tokens.input)
    row.outputTokens += whole(record.tokens.output)
    row.cachedTokens += whole(record.tokens.cached)
    row.costNanoUsd += whole(record.costNanoUsd)
    row.savedNanoUsd += whole(record.savedNanoUsd)
    if (record.attempts === 0 || isSettledBatch(record)) return
    row.duration.add(record.totalUs)
    this.overhead.add(record.overheadUs)
    row.inputSizes.add(record.tokens.input)
    row.outputSizes.add(record.tokens.output)
  }

  *rows(): Generator<ModelCounts, void> {
    for (const rows of this.#rows.values()) yield* rows.values()
  }

  #row({ model, provider }: { model: string; provider: string }): ModelCounts {
    const known = this.#rows.get(model)?.get(provider)
    if (known !== undefined) return known
    // A thousand models with a dozen providers each would still be too many: what comes last shares a row.
    if (!this.#rowsLeft.take() && model !== 'other') return this.#row({ model: 'other', provider: '' })
    const row = emptyCounts(model, provider)
    const rows = this.#rows.get(model)
    if (rows === undefined) this.#rows.set(model, new Map([[provider, row]]))
    else rows.set(provider, row)
    return row
  }
}

function emptyCounts(model: string, provider: string): ModelCounts {
  return {
    model,
    provider,
    byStatus: {},
    inputTokens: 0,
    outputTokens: 0,
    cachedTokens: 0,
    costNanoUsd: 0,
    savedNanoUsd: 0,
    fallbacks: 0,
    duration: new Sketch('wide'),
    inputSizes: new Sketch('wide'),
    outputSizes: new Sketch('wide'),
  }
}
