// What a key refers to: its owner and the models that it may call. Paths are relative to the key.
import { resourceKinds } from '../kinds/kind.ts'
import type { OwnerKind } from '../kinds/owners/owner-id.ts'
import { anyModels, mayBeAmong, type Names, type Reference } from '../kinds/reference.ts'
import type { KeyRecord } from './key-record.ts'

/** The one that a key belongs to. */
export function ownerOfKey({ owner }: Pick<KeyRecord, 'owner'>): { kind: OwnerKind; name: string } {
  if ('team' in owner) return { kind: 'teams', name: owner.team }
  return 'user' in owner ? { kind: 'users', name: owner.user } : { kind: 'apps', name: owner.app }
}

export function referencesOfKey(key: KeyRecord): Reference[] {
  const { kind, name } = ownerOfKey(key)
  return [{ path: ['owner', resourceKinds[kind]], to: kind, name }, ...anyModels(key.models)]
}

/** False when no reference of the key can lead to what was deleted. */
export function keyMayMention(key: KeyRecord, deleted: Names): boolean {
  const { kind, name } = ownerOfKey(key)
  return deleted[kind].has(name) || mayBeAmong(key.models, deleted)
}
