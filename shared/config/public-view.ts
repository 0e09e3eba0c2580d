// What may be shown of a state and of its history: secrets are masks, token hashes stay inside.
import type { Change, ConfigChange } from './events.ts'
import type { KeyRecord } from './keys/key-record.ts'
import { type EnforcedKind, enforcedKinds, isResourceChange, isResourceSet, kindOfChange } from './kinds/kind.ts'
import { isOwnerKind, ownerIdOf } from './kinds/owners/owner-id.ts'
import { type PublicOf, publicSpec } from './secret-fields.ts'
import type { ConfigState } from './state.ts'

export type PublicKey = Omit<KeyRecord, 'tokenHash' | 'previous' | 'sealedToken'> & { previous?: { until: string } }

export function publicKey({ tokenHash: _, sealedToken: __, previous, ...key }: KeyRecord): PublicKey {
  return previous === undefined ? key : { ...key, previous: { until: previous.until } }
}

/** Specs by kind and name, names sorted. Owners have their ids in them, so that a document restores them as they were. */
export function publicResources(state: ConfigState): { [Kind in EnforcedKind]: Record<string, PublicOf[Kind]> } {
  const shown = (kind: EnforcedKind) => {
    const names = [...state.resources[kind].keys()].sort()
    // `fromEntries` defines fields, so that no name can reach a prototype.
    return Object.fromEntries(
      names.map((name) => {
        const resource = state.resources[kind].get(name)!
        return [name, { ...publicId(kind, name, resource), ...publicSpec(kind, resource.spec) }]
      }),
    )
  }
  return Object.fromEntries(enforcedKinds.map((kind) => [kind, shown(kind)])) as ReturnType<typeof publicResources>
}

/** The id of an owner; nothing for another resource. */
export function publicId(kind: EnforcedKind, name: string, resource: { id?: string }): { id?: string } {
  return isOwnerKind(kind) ? { id: ownerIdOf(kind, name, resource) } : {}
}

export type PublicChange = Record<string, unknown> & { type: string }

export function publicChange(change: ConfigChange): PublicChange {
  if (change.type !== 'change-set') return publicPart(change)
  return { type: change.type, changes: change.changes.map(publicPart) }
}

function publicPart(change: Change): PublicChange {
  if (change.type === 'key-issued') return { type: change.type, key: publicKey(change.key) }
  if (change.type === 'key-rotated') {
    const { tokenHash: _, ...shown } = change
    return shown
  }
  if (isResourceChange(change) && isResourceSet(change)) {
    return { ...change, spec: publicSpec(kindOfChange(change), change.spec) }
  }
  return { ...change }
}
