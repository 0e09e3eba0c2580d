// What decisions need from this node: sealing of secrets, and the egress rule. A decision has no word for "the data keys
// cannot be read", so that failure travels through it as a throw and becomes a problem again at the desk.
import type { SecretBox } from '../../cluster/secrets/secret-box.ts'
import type { DecideTools } from '../../shared/config/decide.ts'
import type { SealedSecret } from '../../shared/config/kinds.ts'

export class KeysUnavailable extends Error {}

export function decideTools(secrets: SecretBox, options: { egressStrict: boolean }): DecideTools {
  return {
    egressStrict: options.egressStrict,
    seal: (owner, plain) => sealed(secrets, owner, plain),
    // One that does not open any more is another one: the new text is what counts.
    sameSecret: (plain, before) => {
      const opened = secrets.open(before)
      return opened.ok && opened.value === plain
    },
  }
}

export function sealed(secrets: SecretBox, owner: string, plain: string): SealedSecret {
  const result = secrets.seal(owner, plain)
  if (!result.ok) throw new KeysUnavailable(`Secrets cannot be sealed: ${result.error.message}.`)
  return result.value
}
