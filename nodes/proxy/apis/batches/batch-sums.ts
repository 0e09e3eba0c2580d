// What the requests of a batch cost together, by model: each is priced by itself, at the price of the batch tier.
import { pricesAt } from '../../../../shared/models/dated-prices.ts'
import { costOf } from '../../../../shared/models/price.ts'
import type { AttemptSettlement } from '../../../../shared/telemetry/records.ts'
import type { TokenCounts } from '../../../../shared/usage/token-counts.ts'
import type { Target } from '../../providers/endpoint.ts'
import type { LineUse } from './batch-output.ts'

/** A model of the batch: the callers' name, and where it ran. */
export interface BatchModel {
  readonly model: string
  readonly target: Target
}

export interface BatchCost extends BatchModel {
  readonly tokens: TokenCounts
  readonly costNanoUsd: number
  readonly settlement: AttemptSettlement | undefined
}

interface Sum {
  input: number
  output: number
  cached: number
  costNanoUsd: number
  /** Requests whose cost nobody knows. */
  unknown: number
}

export class BatchSums {
  readonly #modelOf: (name: string) => BatchModel
  readonly #createdAtMs: number
  readonly #sums = new Map<BatchModel, Sum>()

  /** `modelOf` finds the model that the provider names in an answer: the same object for the same model. */
  constructor(modelOf: (name: string) => BatchModel, createdAtMs: number) {
    this.#modelOf = modelOf
    this.#createdAtMs = createdAtMs
  }

  add({ model, usage }: LineUse): void {
    const found = this.#modelOf(model)
    const sum = this.#sumOf(found)
    const { price } = pricesAt(found.target, this.#createdAtMs)
    const cost = usage === undefined ? undefined : costOf(price, Object.assign({}, usage, { tier: 'batch' }))
    if (cost === undefined) sum.unknown++
    sum.costNanoUsd += cost ?? 0
    sum.input += usage?.input ?? 0
    sum.output += usage?.output ?? 0
    sum.cached += usage?.cached ?? 0
  }

  costs(): BatchCost[] {
    return [...this.#sums].map(([found, { input, output, cached, costNanoUsd, unknown }]) => {
      const settlement = unknown === 0 ? undefined : costNanoUsd === 0 ? 'unpriced' : 'estimated'
      return { ...found, tokens: { input, output, cached }, costNanoUsd, settlement }
    })
  }

  #sumOf(model: BatchModel): Sum {
    const known = this.#sums.get(model)
    if (known !== undefined) return known
    const made = { input: 0, output: 0, cached: 0, costNanoUsd: 0, unknown: 0 }
    this.#sums.set(model, made)
    return made
  }
}
