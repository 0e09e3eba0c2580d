// What an objective has to make sense of beyond its references: where its messages may go, the key that it names, and how
// many there may be.
import { bounds } from '../bounds.ts'
import { egressProblem } from './egress.ts'
import type { SloSpec } from './kinds.ts'
import { invalid, type Problem, quote } from './problem.ts'
import type { ConfigState } from './state.ts'

export function checkSlo(name: string, { webhook }: SloSpec, options: { egressStrict: boolean }): Problem[] {
  if (webhook === undefined) return []
  const { url, allowPrivate = false } = typeof webhook === 'string' ? { url: webhook } : webhook
  const problem = egressProblem(url, { strict: options.egressStrict, allowPrivate })
  const path = ['slos', name, 'webhook', ...(typeof webhook === 'string' ? [] : ['url'])]
  return problem === undefined ? [] : [invalid(path, problem)]
}

/** Each one costs every aggregator memory and a look at every record. */
export function sloCountProblem(slos: ReadonlyMap<string, unknown>): Problem[] {
  return slos.size > bounds.slosMax ? [invalid(['slos'], `expected at most ${bounds.slosMax} objectives`)] : []
}

/** The key has to be there when an objective begins to name it. Afterwards it can be revoked at any time, so this is no
 *  property of a state: the objective then has nothing more to count. */
export function sloKeyProblem(before: ConfigState, next: ConfigState, name: string): Problem[] {
  const key = next.resources.slos.get(name)?.spec.match?.key
  if (key === undefined || key === '' || next.keys.has(key)) return []
  if (before.resources.slos.get(name)?.spec.match?.key === key) return []
  return [invalid(['slos', name, 'match', 'key'], `there is no key with the id ${quote(key)}`)]
}
