// Which model of a batch an answer came from. Providers name the version that answered: `gpt-4o-mini-2024-07-18` for `gpt-4o-mini`; Azure
// names a deployment by the model that it serves.
import type { Target } from '../../providers/endpoint.ts'
import type { Snapshot } from '../../snapshot/snapshot.ts'
import type { BatchModel } from './batch-sums.ts'

/** `models` are the callers' names of the models that the batch was checked for; `account` is where it ran. */
export function batchModels(
  snapshot: Snapshot,
  account: Target,
  models: readonly string[],
): (name: string) => BatchModel {
  const candidates = models.flatMap((model): BatchModel[] => {
    const route = snapshot.routeOf(model) ?? snapshot.routeOf(`${account.provider}/${model}`)
    const found = route?.targets.find(({ target }) => target.provider === account.provider)
    return found === undefined ? [] : [{ model, target: found.target }]
  })
  const others = new Map<string, BatchModel>()
  const only = candidates.length === 1 && models.length === 1 ? candidates[0] : undefined
  return (name) => {
    const found = only ?? candidateNamed(candidates, name) ?? others.get(name)
    if (found !== undefined) return found
    const made = { model: models.length === 1 ? (models[0] ?? '') : '', target: targetOf(snapshot, account, name) }
    others.set(name, made)
    return made
  }
}

function candidateNamed(candidates: readonly BatchModel[], name: string): BatchModel | undefined {
  const matching = candidates.filter(({ target }) => name === target.model || name.startsWith(`${target.model}-`))
  return matching.sort((a, b) => b.target.model.length - a.target.model.length)[0]
}

/** A model that is no longer configured has the price of the catalogue, where it has one. */
function targetOf(snapshot: Snapshot, account: Target, name: string): Target {
  const route = name === '' ? undefined : snapshot.routeOf(`${account.provider}/${name}`)
  return route?.targets[0]?.target ?? account
}
