// What an objective refers to and has to make sense of: where its messages may go, the key that it names, and how many
// objectives there may be.
import { bounds } from '../../../bounds.ts'
import { invalid, type Problem, quote } from '../../problem.ts'
import type { ConfigState, Resources } from '../../state.ts'
import type { KindRules } from '../kind-rules.ts'
import type { Reference } from '../reference.ts'
import { isRecord, text } from '../salvage.ts'
import { salvagedWebhook, webhookProblems } from '../webhook/rules.ts'
import type { SloMatch, SloSpec } from './spec.ts'

export const sloRules: KindRules<SloSpec> = {
  secrets: { webhook: { secret: true } },
  references: referencesOf,
  salvage,
  check: (name, { webhook }, options) => webhookProblems(['slos', name, 'webhook'], webhook, options),
  checkAll: countProblems,
  checkSet: keyProblems,
}

/** The fields of `match` that refer to a resource. A key is no reference: it can be revoked whoever names it. */
const matchKinds = {
  model: 'any-model',
  provider: 'providers',
  team: 'teams',
  user: 'users',
  app: 'apps',
} as const satisfies Partial<Record<keyof SloMatch, Reference['to']>>

function referencesOf({ match = {} }: SloSpec): Reference[] {
  return Object.entries(matchKinds).flatMap(([field, to]) => {
    const name = match[field as keyof typeof matchKinds]
    return name === undefined ? [] : [{ path: ['match', field], to, name }]
  })
}

/** Each objective costs every aggregator memory and a look at every record. */
function countProblems({ slos }: Resources): Problem[] {
  return slos.size > bounds.slosMax ? [invalid(['slos'], `expected at most ${bounds.slosMax} objectives`)] : []
}

/** The key has to be there when an objective begins to name it. Afterwards it can be revoked at any time: the objective then
 *  has nothing more to count. */
function keyProblems(name: string, { before, next }: { before: ConfigState; next: ConfigState }): Problem[] {
  const key = next.resources.slos.get(name)?.spec.match?.key
  if (key === undefined || key === '' || next.keys.has(key)) return []
  if (before.resources.slos.get(name)?.spec.match?.key === key) return []
  return [invalid(['slos', name, 'match', 'key'], `there is no key with the id ${quote(key)}`)]
}

function salvage({ match, webhook }: Record<string, unknown>): SloSpec {
  const named = Object.entries(isRecord(match) ? match : {}).filter(([field]) => matchFields.has(field))
  const spec: SloSpec = {
    match: Object.fromEntries(named.map(([field, name]) => [field, text(name)])) as SloMatch,
    objective: 'availability',
  }
  const salvaged = salvagedWebhook(webhook)
  if (salvaged !== undefined) spec.webhook = salvaged
  return spec
}

const matchFields: ReadonlySet<string> = new Set([...Object.keys(matchKinds), 'target', 'key'])
