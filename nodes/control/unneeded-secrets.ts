// The data key of a resource goes with the resource, and the one that seals a token with the key: from then on what was sealed
// for them is noise in the log, in every revision of the past and in backups without the keys. Only owners of a kind that is
// known here are ever forgotten, and none whose event may still be on its way.
import type { Follower } from '../../cluster/config-log/follower/follower.ts'
import type { SecretBox } from '../../cluster/secrets/secret-box.ts'
import type { Clock, Timer } from '../../shared/clock.ts'
import type { ConfigChange } from '../../shared/config/events.ts'
import { isResourceChange, isResourceSet, kindOfChange } from '../../shared/config/kinds/kind.ts'
import { holdsSecrets, resourceOfSecretOwner } from '../../shared/config/secret-fields.ts'
import type { ConfigState } from '../../shared/config/state.ts'
import type { Notify } from '../../shared/notice.ts'

export interface UnneededSecretsOptions {
  follower: Pick<Follower, 'state' | 'refusal'>
  secrets: SecretBox
  clock: Clock
  notify: Notify
}

export class UnneededSecrets {
  readonly #options: UnneededSecretsOptions
  #again: Timer | undefined
  #stopped = false

  constructor(options: UnneededSecretsOptions) {
    this.#options = options
  }

  /** Forgets the data keys of owners that are gone. A failure is told and tried again: a cluster's keys may be away. */
  async forget(): Promise<void> {
    const { follower, secrets, clock, notify } = this.#options
    const { state, refusal } = follower
    // No key is deleted while the log is damaged or incomplete.
    if (this.#stopped || state === undefined || refusal !== undefined) return
    const isNeeded = (owner: string) => holdsOwner(state, owner) || !isRemovable(owner)
    const forgotten = await secrets.forgetAllBut(isNeeded, state.revision)
    this.#again?.cancel()
    if (forgotten.ok || this.#stopped) return
    notify({ type: 'warning', message: `data keys of what was deleted are still there: ${forgotten.error.message}` })
    this.#again = clock.after(againMs, () => void this.forget())
  }

  stop(): void {
    this.#stopped = true
    this.#again?.cancel()
  }
}

const againMs = 30_000

export function removesOwners(change: ConfigChange): boolean {
  if (change.type === 'change-set') return change.changes.some(removesOwners)
  if (!isResourceChange(change)) return change.type === 'key-revoked'
  return !isResourceSet(change) && holdsSecrets(kindOfChange(change))
}

/** The owner of the data key that seals the token of a key that can be shown again. */
export function tokenOwner(keyId: string): string {
  return `${tokenPrefix}${keyId}`
}

/** Whether somebody in `state` has secrets under this owner's data key, or may have. */
export function holdsOwner(state: ConfigState, owner: string): boolean {
  const resource = resourceOfSecretOwner(owner)
  if (resource !== undefined) return state.resources[resource.kind].has(resource.name)
  if (!owner.startsWith(tokenPrefix)) return false
  return state.keys.get(owner.slice(tokenPrefix.length))?.spec.sealedToken !== undefined
}

const tokenPrefix = 'key:'

function isRemovable(owner: string): boolean {
  return owner.startsWith(tokenPrefix) || resourceOfSecretOwner(owner) !== undefined
}
