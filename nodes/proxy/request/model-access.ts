// The models that a request names: whether they are there and for this caller, and which others could do what they cannot.
import { nearestNames } from '../../../shared/config/nearest.ts'
import { type Caller, mayUse } from '../auth/callers.ts'
import type { GatewayError } from '../errors/error-table.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import type { Translators } from '../translators/choose-translator.ts'
import type { Ineligible } from '../translators/translator.ts'

/** Named in a refusal at most. */
const modelsNamedMax = 5

/** The first model that is unknown or not for this caller; undefined when all are fine. */
export function modelAccessError(
  models: readonly string[],
  snapshot: Snapshot,
  caller: Caller,
): GatewayError | undefined {
  for (const model of models) {
    if (snapshot.routeOf(model) === undefined) {
      const listed = snapshot.modelNames.filter((name) => mayUse(caller, name))
      return { type: 'unknown-model', model, nearest: nearestNames(model, listed, 3) }
    }
    if (!mayUse(caller, model)) return { type: 'model-not-allowed', model }
  }
  return undefined
}

export function modelsThatCould(
  ineligible: Ineligible,
  translators: Pick<Translators, 'could'>,
  snapshot: Snapshot,
  caller: Caller,
): string[] {
  const able: string[] = []
  for (const name of snapshot.modelNames) {
    if (able.length >= modelsNamedMax) break
    const route = mayUse(caller, name) ? snapshot.routeOf(name) : undefined
    const targets = route?.targets.filter(({ target }) => target.kind !== 'demo') ?? []
    if (targets.some(({ target }) => translators.could(target, route!.strict, ineligible))) able.push(name)
  }
  return able
}
