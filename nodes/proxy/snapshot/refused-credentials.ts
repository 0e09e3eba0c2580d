// Credentials that their providers rejected when they were last used, as troubles of the node: each begins with a rejection and ends
// when the provider takes the credential again, or the configuration no longer has it.
import type { Trouble } from '../../../shared/readiness.ts'
import type { CredentialHealth } from '../providers/credential.ts'

/** What is read of a provider's connection. */
export interface WithCredentials {
  readonly provider: string
  readonly credentials: readonly { readonly name: string; readonly health: CredentialHealth }[]
}

export function refusedCredentials(providers: Iterable<WithCredentials>): Trouble[] {
  const troubles: Trouble[] = []
  for (const { provider, credentials } of providers) {
    for (const { name, health } of credentials) {
      if (health.refusals > 0) troubles.push({ level: 'degraded', reason: sentence(provider, name) })
    }
  }
  return troubles
}

/** The sentence does not count: a reason that stays the same has one beginning. */
function sentence(provider: string, credential: string): string {
  const which = credential === '' ? 'requests without a credential' : `the credential ${credential}`
  return `the provider ${provider} rejects ${which}`
}
