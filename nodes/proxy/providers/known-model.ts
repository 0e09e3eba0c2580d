// Price and facts of a target's model: from the configuration, else from the catalogue.
import type { PriceSpec, RatesSpec, SteppedRatesSpec, TargetSpec } from '../../../shared/config/kinds/models/spec.ts'
import { callPricesOf } from '../../../shared/models/call-price.ts'
import { type CatalogueModel, catalogueModel } from '../../../shared/models/catalogue.ts'
import { catalogueProviderOf } from '../../../shared/models/catalogue-provider.ts'
import { factsOfNewer } from '../../../shared/models/newer-model.ts'
import { freeOfCharge, type Price, priceOf, type Rates, type SteppedRates } from '../../../shared/models/price.ts'
import { unitPriceOf } from '../../../shared/models/unit-price.ts'
import type { ProviderConnection, Target } from './endpoint.ts'

export type KnownModel = Pick<Target, 'price' | 'unitPrice' | 'facts' | 'releasedAt'>

export function knownOf(connection: Pick<ProviderConnection, 'kind' | 'origin'>, target: TargetSpec): KnownModel {
  const place = catalogueProviderOf(connection.kind, connection.origin.hostname)
  const listed = listedModel(place, target)
  // The demo provider is free: its price is zero rather than unknown.
  const listPrice = connection.kind === 'demo' ? freeOfCharge : listed?.price
  return {
    price: target.price === undefined ? listPrice : configuredPrice(target.price),
    unitPrice: target.unitPrice === undefined ? listed?.unitPrice : unitPriceOf(target.unitPrice),
    facts: listed?.facts ?? (place === undefined ? {} : factsOfNewer(place, target.model)),
    releasedAt: listed?.releasedAt ?? 0,
  }
}

function listedModel(place: string | undefined, target: TargetSpec): CatalogueModel | undefined {
  if (target.baseModel !== undefined) return byName(target.baseModel)
  return place === undefined ? undefined : catalogueModel(place, target.model)
}

function byName(name: string): CatalogueModel | undefined {
  const slash = name.indexOf('/')
  return catalogueModel(name.slice(0, slash), name.slice(slash + 1))
}

function configuredPrice({ tiers = {}, ...spec }: PriceSpec): Price {
  const tierRates = new Map(Object.entries(tiers).map(([name, tier]) => [name, steppedRates(tier)]))
  const parts = { rates: steppedRates(spec), tiers: tierRates, calls: callPricesOf(spec) }
  return priceOf(parts, { type: 'configured' })
}

function steppedRates({ above = [], ...base }: SteppedRatesSpec): SteppedRates {
  const steps = above.map(({ inputTokens, ...rates }) => ({ ...ratesOf(rates), tokens: inputTokens }))
  return { ...ratesOf(base), above: steps }
}

function ratesOf(spec: RatesSpec): Rates {
  return {
    input: spec.inputPerMTok,
    output: spec.outputPerMTok,
    cached: spec.cachedInputPerMTok,
    write: spec.cacheWritePerMTok,
    write1h: spec.cacheWrite1hPerMTok,
    reasoning: spec.reasoningPerMTok,
    audioInput: spec.audioInputPerMTok,
    cachedAudio: spec.cachedAudioInputPerMTok,
    audioOutput: spec.audioOutputPerMTok,
    imageInput: spec.imageInputPerMTok,
    cachedImage: spec.cachedImageInputPerMTok,
    imageOutput: spec.imageOutputPerMTok,
  }
}
