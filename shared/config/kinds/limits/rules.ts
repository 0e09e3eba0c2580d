// What a limit refers to, and how many limits there may be.
import { bounds } from '../../../bounds.ts'
import { didYouMean } from '../../nearest.ts'
import { invalid, type Problem, quote } from '../../problem.ts'
import type { ConfigState, Resources } from '../../state.ts'
import { holds } from '../holds.ts'
import type { KindRules } from '../kind-rules.ts'
import { providerPart, type Reference } from '../reference.ts'
import { isRecord, text } from '../salvage.ts'
import type { LimitMatch, LimitSpec, LimitSubject } from './spec.ts'

export const limitRules: KindRules<LimitSpec> = {
  secrets: {},
  references: ({ match = {} }) => [
    ...Object.entries(matchKinds).flatMap(([field, to]): Reference[] => {
      const name = match[field as keyof typeof matchKinds]
      return name === undefined ? [] : [{ path: ['match', field], to, name }]
    }),
    ...providerOfTarget(match),
  ],
  salvage,
  checkAll: countProblems,
  checkSet: (name, states) => [...keyProblems(name, states), ...overrideProblems(name, states)],
}

/** The fields of `match` that refer to a resource. A key is no reference: it can be revoked whoever names it. */
const matchKinds = {
  model: 'any-model',
  team: 'teams',
  user: 'users',
  app: 'apps',
  provider: 'providers',
} as const satisfies Partial<Record<keyof LimitMatch, Reference['to']>>

/** The model need not be configured: callers may name every model of a provider. */
function providerOfTarget({ target }: LimitMatch): Reference[] {
  return target === undefined ? [] : [{ path: ['match', 'target'], to: 'providers', name: providerPart(target) }]
}

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

/** Whom an override can name. Users, sessions and labels are named by callers too, and a cost centre is a label. */
const overriddenKinds = {
  team: 'team',
  app: 'app',
  provider: 'provider',
  model: 'model',
  target: 'provider',
  key: 'key',
} as const
type Overridden = keyof typeof overriddenKinds

/** An override that begins to name nobody is a typing mistake: it would change nothing. */
function overrideProblems(name: string, { before, next }: { before: ConfigState; next: ConfigState }): Problem[] {
  const spec = next.resources.limits.get(name)?.spec
  const { per, overrides } = spec ?? {}
  if (per === undefined || overrides === undefined || !(per in overriddenKinds)) return []
  const known = before.resources.limits.get(name)?.spec.overrides ?? {}
  return Object.keys(overrides)
    .filter((subject) => !Object.hasOwn(known, subject) && !isThere(next, per as Overridden, subject))
    .map((subject) => {
      const near = didYouMean(subject, namesOf(next, per as Overridden))
      const message = `there is no ${overriddenKinds[per as Overridden]} ${quote(subject)}${near}`
      return invalid(['limits', name, 'overrides', subject], message)
    })
}

function isThere(state: ConfigState, per: Overridden, name: string): boolean {
  const { teams, apps, providers } = state.resources
  switch (per) {
    case 'team':
      return teams.has(name)
    case 'app':
      return apps.has(name)
    case 'provider':
      return providers.has(name)
    case 'target':
      return providers.has(providerPart(name))
    case 'model':
      return holds(state.resources, { path: [], to: 'any-model', name })
    case 'key':
      return state.keys.has(name)
  }
}

function namesOf({ resources }: ConfigState, per: Overridden): Iterable<string> {
  if (per === 'key' || per === 'target') return []
  return resources[`${per}s`].keys()
}

function salvage({ per, match }: Record<string, unknown>): LimitSpec {
  const named = Object.entries(isRecord(match) ? match : {}).filter(
    ([field]) => field in matchKinds || field === 'key' || field === 'target',
  )
  return {
    per: text(per) as LimitSubject,
    match: Object.fromEntries(named.map(([field, name]) => [field, text(name)])) as LimitMatch,
  }
}
