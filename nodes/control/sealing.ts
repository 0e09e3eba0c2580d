// What decisions need from this node: the sealing of secrets, and the egress rule. Deciding is pure and takes no time, and
// a data key is made for the whole cluster before anything is sealed with it. So a decision seals with the keys that are
// there, and notes whose are missing; they are made, and it is decided again.

import type { KeyUse } from '../../cluster/secrets/key-store.ts'
import type { SecretBox } from '../../cluster/secrets/secret-box.ts'
import { hintOf, type SecretRefusal } from '../../cluster/secrets/secret-box.ts'
import type { DecideTools } from '../../shared/config/decide.ts'
import type { ConfigState } from '../../shared/config/state.ts'
import { randomOwnerId } from './random-owner-id.ts'
import { holdsOwner } from './unneeded-secrets.ts'

export interface Sealing {
  readonly tools: DecideTools
  /** Owners that need a data key first; what was sealed for them must not be stored. */
  readonly lacking: ReadonlyMap<string, KeyUse>
  /** Why nothing can be sealed at all. */
  refusal(): SecretRefusal | undefined
}

/** The tools that encrypt the secrets of one decision on `state`. */
export function sealingFor(state: ConfigState, secrets: SecretBox, options: { egressStrict: boolean }): Sealing {
  const lacking = new Map<string, KeyUse>()
  let refusal: SecretRefusal | undefined
  const tools: DecideTools = {
    egressStrict: options.egressStrict,
    newOwnerId: randomOwnerId,
    seal(owner, plain) {
      const use = { revision: state.revision, isOwned: holdsOwner(state, owner) }
      const sealed = secrets.seal(owner, plain, use)
      if (sealed.ok) return sealed.value
      if (sealed.error.type === 'key-missing') lacking.set(owner, use)
      else refusal = sealed.error
      return { $sealed: '', hint: hintOf(plain) }
    },
    // One that does not open any more is another one: the new text is what counts.
    sameSecret(plain, before) {
      const opened = secrets.open(before)
      return opened.ok && opened.value === plain
    },
  }
  return { tools, lacking, refusal: () => refusal }
}
