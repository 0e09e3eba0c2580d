// Which model a name that a caller wrote stands for, and whether that caller may use it: an exact name of the configuration, else
// `provider/model`, else a bare name.
import { nearestNames } from '../../../shared/config/nearest.ts'
import { withoutClientMarks } from '../../../shared/models/model-names.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import { type Caller, mayUse } from '../auth/callers.ts'
import type { GatewayError } from '../errors/gateway-error.ts'
import type { NamedTarget } from '../snapshot/bare-names.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import { lackingKind } from './lacking-kind.ts'

interface Asking {
  readonly snapshot: Snapshot
  readonly caller: Caller
}

/** The name of a route. A configured name and `provider/model` stand for themselves. */
export function resolveModel(asked: string, { snapshot, caller }: Asking): Result<string, GatewayError> {
  if (snapshot.routeOf(asked) !== undefined) {
    return mayUse(caller, asked) ? done(asked) : fail({ type: 'model-not-allowed', model: asked })
  }
  const targets = snapshot.bareTargetsOf(asked)
  if (targets.length > 0) {
    const usable = usableTarget(caller, asked, targets)
    return usable === undefined ? fail({ type: 'model-not-allowed', model: asked }) : done(usable.name)
  }
  const unmarked = withoutClientMarks(asked)
  if (unmarked !== asked) return resolveModel(unmarked, { snapshot, caller })
  const nearest = nearestCallable(asked, { snapshot, caller })
  return fail({ type: 'unknown-model', model: asked, nearest, lacking: lackingKind(asked, snapshot.connections()) })
}

/** The names of several routes; the first error, where there is one. */
export function resolveModels(asked: readonly string[], asking: Asking): Result<string[], GatewayError> {
  const resolved: string[] = []
  for (const name of asked) {
    const one = resolveModel(name, asking)
    if (!one.ok) return one
    resolved.push(one.value)
  }
  return done(resolved)
}

/** The first target that the caller may use, by the bare name or as `provider/model`. */
export function usableTarget(
  caller: Caller,
  bareName: string,
  targets: readonly NamedTarget[],
): NamedTarget | undefined {
  if (mayUse(caller, bareName)) return targets[0]
  return targets.find(({ name }) => mayUse(caller, name))
}

const nearestMax = 3

/** The names nearest to one that there is not, of those that the caller may use. */
export function nearestCallable(asked: string, { snapshot, caller }: Asking): string[] {
  const { modelNames, bareNames } = snapshot
  const bare = bareNames.listed().filter(({ name, targets }) => usableTarget(caller, name, targets) !== undefined)
  const names = [...modelNames, ...bareNames.withoutBareNames()].filter((name) => mayUse(caller, name))
  const listed = new Set([...names, ...bare.map(({ name }) => name)])
  const isListed = (name: string) => listed.has(name) || listed.has(withoutProvider(name))
  const served = servedNames(snapshot, caller.owner).filter((name) => mayUse(caller, name) && !isListed(name))
  // Who writes no provider is compared without it.
  const compared = asked.includes('/') ? (name: string) => name : withoutProvider
  const byCompared = new Map(served.map((name) => [compared(name), name]))
  const nearest = nearestNames(asked, [...listed, ...byCompared.keys()], nearestMax)
  return nearest.map((name) => byCompared.get(name) ?? name)
}

function withoutProvider(name: string): string {
  return name.slice(name.indexOf('/') + 1)
}

/** `provider/model` of the models that have answered this owner: of a server that is in no list, these are what is known. Names that
 *  others have found are text of theirs. */
function servedNames(snapshot: Snapshot, owner: string): string[] {
  return snapshot.everyRoute().flatMap(({ model, isDirect, targets }) => {
    return isDirect === true && targets.some(({ target }) => target.health.answeredTo?.includes(owner)) ? [model] : []
  })
}
