import type { CallPriceSpec } from '../../../models/call-price.ts'
import type { UnitPriceSpec } from '../../../models/unit-price.ts'
import type { UnpricedPolicy } from '../../../models/unpriced-policy.ts'

export interface ModelSpec {
  targets: TargetSpec[]
  routing?: 'weighted' | 'priority' | 'latency'
  fallbacks?: string[]
  /** Whether parameters that a target cannot take are refused instead of dropped. Default false. */
  strict?: boolean
  /** What is done with requests whose cost cannot be known. Default: as their provider. */
  unpriced?: UnpricedPolicy
  /** The retries; `attempts` counts extra ones. Default 1 on 429, 5xx, timeout and connect. */
  retries?: { attempts?: number; on?: RetryCondition[] }
  /** Durations. Defaults 2s, 60s, 60s, 10m. */
  timeouts?: { connect?: string; firstToken?: string; idle?: string; total?: string; queue?: string }
}

export interface TargetSpec {
  provider: string
  model: string
  weight?: number
  price?: Dated<PriceSpec> | Dated<PriceSpec>[]
  unitPrice?: Dated<UnitPriceSpec> | Dated<UnitPriceSpec>[]
  /** `provider/model` of the model catalogue. */
  baseModel?: string
  /** `openai` and `azure` only. `responses`: the model has the Responses API alone; `chat`: it has chat completions too. Default:
   *  by the catalogue. */
  endpoint?: 'chat' | 'responses'
}

/** A price that holds from a date on, `2026-12-31` (in UTC) or with a time; without one it holds always. */
export type Dated<Spec> = Spec & { from?: string }

/** A price as a list of what it is from each date on. */
export function priceListOf<Spec extends object>(price: Dated<Spec> | Dated<Spec>[] | undefined): Dated<Spec>[] {
  if (price === undefined) return []
  return Array.isArray(price) ? price : [price]
}

export interface PriceSpec extends SteppedRatesSpec, CallPriceSpec {
  /** Rates of service tiers by their name at the provider: flex, priority, batch, fast. */
  tiers?: Record<string, SteppedRatesSpec>
}

export interface SteppedRatesSpec extends RatesSpec {
  above?: (RatesSpec & { inputTokens: number })[]
}

/** USD per million tokens. */
export interface RatesSpec {
  inputPerMTok: number
  outputPerMTok: number
  cachedInputPerMTok?: number
  cacheWritePerMTok?: number
  cacheWrite1hPerMTok?: number
  reasoningPerMTok?: number
  audioInputPerMTok?: number
  cachedAudioInputPerMTok?: number
  audioOutputPerMTok?: number
  imageInputPerMTok?: number
  cachedImageInputPerMTok?: number
  imageOutputPerMTok?: number
}

export type RetryCondition = '429' | '5xx' | 'timeout' | 'connect' | '408' | '409'
