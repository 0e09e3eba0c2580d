// What a key refers to: its owner and the models that it may call. Paths are relative to the key.
import { anyModels, mayBeAmong, type Names, type Reference } from '../kinds/reference.ts'
import type { KeyRecord } from './key-record.ts'

const ownerKinds = { team: 'teams', user: 'users', app: 'apps' } as const

export function referencesOfKey(key: KeyRecord): Reference[] {
  const [field, name] = Object.entries(key.owner)[0] as [keyof typeof ownerKinds, string]
  return [{ path: ['owner', field], to: ownerKinds[field], name }, ...anyModels(key.models)]
}

/** False when no reference of the key can lead to what was deleted. */
export function keyMayMention({ owner, models }: KeyRecord, deleted: Names): boolean {
  return isOwnerAmong(owner, deleted) || mayBeAmong(models, deleted)
}

function isOwnerAmong(owner: KeyRecord['owner'], deleted: Names): boolean {
  if ('team' in owner) return deleted.teams.has(owner.team)
  return 'user' in owner ? deleted.users.has(owner.user) : deleted.apps.has(owner.app)
}
