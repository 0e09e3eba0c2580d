// Models that could take a request which the targets of its own model cannot take.
import { type Caller, mayUse } from '../auth/callers.ts'
import type { Ineligible } from '../errors/gateway-error.ts'
import type { Target } from '../providers/endpoint.ts'
import type { ModelRoute } from '../routing/model-route.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import type { Translators } from './translator.ts'

/** The number of models that an error names at most. */
const modelsNamedMax = 5

/** Undefined where it costs too much to find any. */
export function modelsThatCould(
  ineligible: Ineligible,
  translators: Pick<Translators, 'could'>,
  { snapshot, caller }: { snapshot: Snapshot; caller: Caller },
): readonly string[] | undefined {
  const able: string[] = []
  for (const name of snapshot.modelNames) {
    if (able.length >= modelsNamedMax) break
    const route = mayUse(caller, name) ? snapshot.routeOf(name) : undefined
    const could = route !== undefined && couldBe(route, ineligible, translators)
    if (could === undefined) return able.length === 0 ? undefined : able
    if (could) able.push(name)
  }
  return able
}

function couldBe(
  { targets, strict }: ModelRoute<Target>,
  ineligible: Ineligible,
  translators: Pick<Translators, 'could'>,
): boolean | undefined {
  for (const { target } of targets) {
    const isPassedOver = target.kind === 'demo' || (ineligible.type === 'unpriced' && target.price === undefined)
    const could = !isPassedOver && translators.could(target, strict, ineligible)
    if (could !== false) return could
  }
  return false
}
