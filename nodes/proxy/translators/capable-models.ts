// Models that could take a request which the targets of its own model cannot take.
import { type Caller, mayUse } from '../auth/callers.ts'
import type { Ineligible } from '../errors/gateway-error.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import type { Translators } from './translator.ts'

/** The number of models that an error names at most. */
const modelsNamedMax = 5

export function modelsThatCould(
  ineligible: Ineligible,
  translators: Pick<Translators, 'could'>,
  { snapshot, caller }: { snapshot: Snapshot; caller: Caller },
): string[] {
  const able: string[] = []
  for (const name of snapshot.modelNames) {
    if (able.length >= modelsNamedMax) break
    const route = mayUse(caller, name) ? snapshot.routeOf(name) : undefined
    if (route === undefined) continue
    const targets = route.targets.filter(({ target }) => target.kind !== 'demo')
    if (targets.some(({ target }) => translators.could(target, route.strict, ineligible))) able.push(name)
  }
  return able
}
