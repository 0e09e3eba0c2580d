// What a limit refers to, and how many limits there may be.
import { bounds } from '../../../bounds.ts'
import { invalid, type Problem, quote } from '../../problem.ts'
import type { ConfigState, Resources } from '../../state.ts'
import type { KindRules } from '../kind-rules.ts'
import type { Reference } from '../reference.ts'
import { isRecord, text } from '../salvage.ts'
import type { LimitMatch, LimitSpec, LimitSubject } from './spec.ts'

export const limitRules: KindRules<LimitSpec> = {
  secrets: {},
  references: ({ match = {} }) =>
    Object.entries(matchKinds).flatMap(([field, to]) => {
      const name = match[field as keyof typeof matchKinds]
      return name === undefined ? [] : [{ path: ['match', field], to, name }]
    }),
  salvage,
  checkAll: countProblems,
  checkSet: keyProblems,
}

/** The fields of `match` that refer to a resource. A key is no reference: it can be revoked whoever names it. */
const matchKinds = {
  model: 'any-model',
  team: 'teams',
  user: 'users',
  app: 'apps',
} as const satisfies Partial<Record<keyof LimitMatch, Reference['to']>>

/** Each limit is looked at by the first request of every key. */
function countProblems({ limits }: Resources): Problem[] {
  return limits.size > bounds.limitsMax ? [invalid(['limits'], `expected at most ${bounds.limitsMax} limits`)] : []
}

/** The key has to be there when a limit begins to name it. */
function keyProblems(name: string, { before, next }: { before: ConfigState; next: ConfigState }): Problem[] {
  const key = next.resources.limits.get(name)?.spec.match?.key
  if (key === undefined || key === '' || next.keys.has(key)) return []
  if (before.resources.limits.get(name)?.spec.match?.key === key) return []
  return [invalid(['limits', name, 'match', 'key'], `there is no key with the id ${quote(key)}`)]
}

function salvage({ per, match }: Record<string, unknown>): LimitSpec {
  const named = Object.entries(isRecord(match) ? match : {}).filter(([field]) => field in matchKinds || field === 'key')
  return {
    per: text(per) as LimitSubject,
    match: Object.fromEntries(named.map(([field, name]) => [field, text(name)])) as LimitMatch,
  }
}
