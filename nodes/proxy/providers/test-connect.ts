// Default options for tests that connect providers.
import { ManualClock } from '../../../shared/clock.ts'
import type { ProviderSpec } from '../../../shared/config/kinds/providers/spec.ts'
import { CredentialHealthTable } from './credential.ts'
import { Identities, type IdentitiesOptions } from './credentials/identities.ts'
import { type ConnectOptions, connectProvider, type Target } from './endpoint.ts'

export function testIdentities(more: Partial<IdentitiesOptions> = {}): Identities {
  return new Identities({ clock: new ManualClock(), chance: () => 0.5, notify: () => {}, environment: {}, ...more })
}

export function testConnectOptions(more: Partial<ConnectOptions> = {}): ConnectOptions {
  const credentialHealth = new CredentialHealthTable()
  return {
    open: () => undefined,
    egressStrict: false,
    unpriced: 'allow-and-flag',
    identities: testIdentities(),
    credentialHealth,
    ...more,
  }
}

/** A target as a configuration makes it: `gpt-4o` at OpenAI, unless `spec` says otherwise. */
export function testTarget(spec: ProviderSpec = { kind: 'openai' }, more: Partial<Target> = {}): Target {
  const connection = connectProvider('up', spec, testConnectOptions({ open: ({ $sealed }) => $sealed }))
  if (connection === undefined) throw new Error(`there is no kind ${spec.kind}`)
  return {
    ...connection,
    model: 'gpt-4o',
    price: undefined,
    facts: {},
    releasedAt: 0,
    health: { inFlight: 0, failuresInRow: 0 },
    ...more,
  }
}
