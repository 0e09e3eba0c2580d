// In whose name requests wait for the quota of a provider: that of the team, unless somebody nearer has a weight of his own.
import type { KeyRecord } from '../../../shared/config/keys/key-record.ts'
import { ownerOfKey } from '../../../shared/config/keys/key-rules.ts'
import type { OwnerSpec, Priority } from '../../../shared/config/kinds/owners/spec.ts'

export interface Tenant {
  readonly id: string
  readonly weight: number
  readonly priority: Priority
}

/** `own` is the user, app or team that owns the key; `team` is the team above it, or the owner itself. */
export function tenantOf(key: KeyRecord, own: OwnerSpec | undefined, team: OwnerSpec | undefined): Tenant {
  const { kind, name } = ownerOfKey(key)
  const priority = key.priority ?? own?.priority ?? team?.priority ?? 'normal'
  if (key.weight !== undefined) return { id: `key ${key.id}`, weight: key.weight, priority }
  const teamName = kind === 'teams' ? name : (own?.team ?? '')
  if (teamName === '' || (kind !== 'teams' && own?.weight !== undefined))
    return { id: `${kind} ${name}`, weight: own?.weight ?? 1, priority }
  return { id: `teams ${teamName}`, weight: team?.weight ?? 1, priority }
}
