// What tests that connect providers leave at its simplest.
import { ManualClock } from '../../../shared/clock.ts'
import { StandingBook } from './credential.ts'
import { IdentityKeeper, type IdentityKeeperOptions } from './credentials/identity-keeper.ts'
import type { ConnectOptions } from './endpoint.ts'

export function testIdentities(more: Partial<IdentityKeeperOptions> = {}): IdentityKeeper {
  return new IdentityKeeper({ clock: new ManualClock(), chance: () => 0.5, notify: () => {}, environment: {}, ...more })
}

export function testConnectOptions(more: Partial<ConnectOptions> = {}): ConnectOptions {
  const standings = new StandingBook()
  return { open: () => undefined, egressStrict: false, identities: testIdentities(), standings, ...more }
}
