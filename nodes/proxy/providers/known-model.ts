// Price and facts of a target's model: from the configuration, else from the catalogue.
import type { PriceSpec, RatesSpec, TargetSpec } from '../../../shared/config/kinds/models/spec.ts'
import { type CatalogueModel, catalogueModel } from '../../../shared/models/catalogue.ts'
import { catalogueProviderOf } from '../../../shared/models/catalogue-provider.ts'
import { freeOfCharge, type Price, priceOfRates } from '../../../shared/models/price.ts'
import { unitPriceOf } from '../../../shared/models/unit-price.ts'
import type { ProviderConnection, Target } from './endpoint.ts'

export type KnownModel = Pick<Target, 'price' | 'unitPrice' | 'facts' | 'releasedAt'>

export function knownOf(connection: Pick<ProviderConnection, 'kind' | 'origin'>, target: TargetSpec): KnownModel {
  const listed = listedModel(connection, target)
  // The demo provider is free: its price is zero rather than unknown.
  const listPrice = connection.kind === 'demo' ? freeOfCharge : listed?.price
  return {
    price: target.price === undefined ? listPrice : configuredPrice(target.price),
    unitPrice: target.unitPrice === undefined ? undefined : unitPriceOf(target.unitPrice),
    facts: listed?.facts ?? {},
    releasedAt: listed?.releasedAt ?? 0,
  }
}

function listedModel({ kind, origin }: Pick<ProviderConnection, 'kind' | 'origin'>, target: TargetSpec) {
  if (target.baseModel !== undefined) return byName(target.baseModel)
  const provider = catalogueProviderOf(kind, origin.hostname)
  return provider === undefined ? undefined : catalogueModel(provider, target.model)
}

function byName(name: string): CatalogueModel | undefined {
  const slash = name.indexOf('/')
  return catalogueModel(name.slice(0, slash), name.slice(slash + 1))
}

function configuredPrice({ above = [], ...base }: PriceSpec): Price {
  const steps = above.map(({ inputTokens, ...rates }) => ({ ...ratesOf(rates), tokens: inputTokens }))
  return priceOfRates({ ...ratesOf(base), above: steps }, { type: 'configured' })
}

function ratesOf(spec: RatesSpec) {
  return {
    input: spec.inputPerMTok,
    output: spec.outputPerMTok,
    cached: spec.cachedInputPerMTok,
    write: spec.cacheWritePerMTok,
    write1h: spec.cacheWrite1hPerMTok,
    reasoning: spec.reasoningPerMTok,
  }
}
