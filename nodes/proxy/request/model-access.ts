// Whether the models that a request names exist and may be used by its caller.
import { nearestNames } from '../../../shared/config/nearest.ts'
import { type Caller, mayUse } from '../auth/callers.ts'
import type { GatewayError } from '../errors/gateway-error.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'

/** The first model that is unknown or not for this caller; undefined when all are fine. */
export function modelAccessError(
  models: readonly string[],
  { snapshot, caller }: { snapshot: Snapshot; caller: Caller },
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
