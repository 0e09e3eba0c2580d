// With a provider its data key goes, and with a key the one that seals its token: from then on what was sealed for them is
// noise in the log, in every revision of the past and in backups without the keys. Only owners of a kind that is known
// here are ever forgotten.
import type { ConfigWriter } from '../../cluster/config-log/config-writer.ts'
import type { SecretBox } from '../../cluster/secrets/secret-box.ts'
import type { ConfigChange } from '../../shared/config/events.ts'
import { secretOwner } from '../../shared/config/secret-fields.ts'
import type { ConfigState } from '../../shared/config/state.ts'
import type { Notify } from '../../shared/notice.ts'

export interface UnneededSecretsOptions {
  writer: Pick<ConfigWriter, 'whenSettled'>
  secrets: SecretBox
  notify: Notify
}

/** Forgets whoever is gone from the newest state. A failure is told; the next call tries again. */
export function forgetUnneeded({ writer, secrets, notify }: UnneededSecretsOptions): Promise<void> {
  return writer.whenSettled((state) => {
    const needed = ownersOf(state)
    const forgotten = secrets.forgetAllBut((owner) => needed.has(owner) || !isRemovable(owner))
    if (forgotten.ok) return
    notify({ type: 'warning', message: `data keys of what was deleted are still there: ${forgotten.error.message}` })
  })
}

export function removesOwners(change: ConfigChange): boolean {
  if (change.type === 'change-set') return change.changes.some(removesOwners)
  return change.type === 'provider-deleted' || change.type === 'key-revoked'
}

/** Whose data key seals the token of a key that can be shown again. */
export function tokenOwner(keyId: string): string {
  return `key:${keyId}`
}

function ownersOf(state: ConfigState): Set<string> {
  const owners = new Set<string>()
  for (const name of state.resources.providers.keys()) owners.add(secretOwner('providers', name))
  for (const [id, { spec }] of state.keys) if (spec.sealedToken !== undefined) owners.add(tokenOwner(id))
  return owners
}

function isRemovable(owner: string): boolean {
  return owner.startsWith(secretOwner('providers', '')) || owner.startsWith(tokenOwner(''))
}
