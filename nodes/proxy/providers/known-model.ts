// Price and facts of a target's model: from the configuration, else from the catalogue.
import {
  type Dated,
  type PriceSpec,
  priceListOf,
  type RatesSpec,
  type SteppedRatesSpec,
  type TargetSpec,
} from '../../../shared/config/kinds/models/spec.ts'
import { callPricesOf } from '../../../shared/models/call-price.ts'
import { type CatalogueModel, catalogueModel } from '../../../shared/models/catalogue.ts'
import { catalogueProviderOf } from '../../../shared/models/catalogue-provider.ts'
import { datedPrices, overlaid, type Timeline } from '../../../shared/models/dated-prices.ts'
import { factsOfNewer } from '../../../shared/models/newer-model.ts'
import { freeOfCharge, type Price, priceOf, type Rates, type SteppedRates } from '../../../shared/models/price.ts'
import { unitPriceOf } from '../../../shared/models/unit-price.ts'
import type { ProviderConnection, Target } from './endpoint.ts'

export type KnownModel = Pick<Target, 'price' | 'unitPrice' | 'laterPrices' | 'facts' | 'releasedAt'>

export function knownOf(connection: Pick<ProviderConnection, 'kind' | 'origin'>, target: TargetSpec): KnownModel {
  const place = catalogueProviderOf(connection.kind, connection.origin.hostname)
  const listed = listedModel(place, target)
  // The demo provider is free: its price is zero rather than unknown.
  const listPrices = connection.kind === 'demo' ? free : listed?.prices
  return {
    ...datedPrices(
      overlaid(timelineOf(target.price, configuredPrice), listPrices ?? []),
      overlaid(timelineOf(target.unitPrice, unitPriceOf), listed?.unitPrices ?? []),
    ),
    facts: listed?.facts ?? (place === undefined ? {} : factsOfNewer(place, target.model)),
    releasedAt: listed?.releasedAt ?? 0,
  }
}

const free: Timeline<Price> = [{ fromMs: Number.NEGATIVE_INFINITY, value: freeOfCharge }]

/** What an operator has written: one price, or one from each date on. */
function timelineOf<Spec extends object, T>(
  spec: Dated<Spec> | Dated<Spec>[] | undefined,
  made: (spec: Spec) => T,
): Timeline<T> {
  return priceListOf(spec).map(({ from, ...rest }) => ({
    fromMs: from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(from),
    value: made(rest as Spec),
  }))
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
