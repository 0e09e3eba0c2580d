// What lists of models say of one: its provider and what is known of it, by configured name, `provider/model` or bare name.
import { pricesAt } from '../../../../shared/models/dated-prices.ts'
import { type Caller, mayUse } from '../../auth/callers.ts'
import type { Target } from '../../providers/endpoint.ts'
import { knownOf } from '../../providers/known-model.ts'
import { resolveModel, usableTarget } from '../../request/model-access.ts'
import type { NamedTarget } from '../../snapshot/bare-names.ts'
import type { Snapshot } from '../../snapshot/snapshot.ts'

export interface KnownListing extends Partial<Pick<Target, 'provider' | 'model' | 'facts' | 'price' | 'releasedAt'>> {
  /** The name that callers write. */
  readonly name: string
}

/** The models that a caller may call: first those that are configured, then those that need no configuration. */
export function knownListings(snapshot: Snapshot, caller: Caller, atMs: number): KnownListing[] {
  const configured = snapshot.modelNames.filter((name) => mayUse(caller, name))
  const bare = snapshot.bareNames.listed().flatMap(({ name, targets }) => {
    const target = snapshot.routeOf(name) === undefined ? usableTarget(caller, name, targets) : undefined
    return target === undefined ? [] : [bareListing(name, target, atMs)]
  })
  return [...configured.map((name) => configuredListing(snapshot, { name, model: name, atMs })), ...bare]
}

/** The listing of one name, which this caller may call. */
export function knownListing(snapshot: Snapshot, caller: Caller, { name, atMs }: ListedName): KnownListing {
  const resolved = resolveModel(name, { snapshot, caller })
  return configuredListing(snapshot, { name, model: resolved.ok ? resolved.value : name, atMs })
}

interface ListedName {
  readonly name: string
  /** When the list is asked for: it tells the prices of that time. */
  readonly atMs: number
}

function configuredListing(snapshot: Snapshot, { name, model, atMs }: ListedName & { model: string }): KnownListing {
  const target = snapshot.routeOf(model)?.targets[0]?.target
  if (target === undefined) return { name }
  const { provider, facts, releasedAt } = target
  const { price } = pricesAt(target, atMs)
  return { name, provider, model: target.model, facts, price, releasedAt }
}

/** The listing of a bare name. It is made without a route, because most bare names are never called. */
function bareListing(name: string, { connection, model }: NamedTarget, atMs: number): KnownListing {
  const { provider } = connection
  const { facts, releasedAt, ...prices } = knownOf(connection, { provider, model })
  const { price } = pricesAt(prices, atMs)
  return { name, provider, model, facts, price, releasedAt }
}
