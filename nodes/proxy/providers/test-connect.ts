// Default options for tests that connect providers.
import { ManualClock } from '../../../shared/clock.ts'
import { CredentialHealthTable } from './credential.ts'
import { Identities, type IdentitiesOptions } from './credentials/identities.ts'
import type { ConnectOptions } from './endpoint.ts'

export function testIdentities(more: Partial<IdentitiesOptions> = {}): Identities {
  return new Identities({ clock: new ManualClock(), chance: () => 0.5, notify: () => {}, environment: {}, ...more })
}

export function testConnectOptions(more: Partial<ConnectOptions> = {}): ConnectOptions {
  const credentialHealth = new CredentialHealthTable()
  return { open: () => undefined, egressStrict: false, identities: testIdentities(), credentialHealth, ...more }
}
