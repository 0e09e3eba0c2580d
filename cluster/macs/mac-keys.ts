// The keys of messages between nodes. Each channel has a key of its own, derived from the master key, so that a message of
// one channel means nothing on another.
import { hkdfSync } from 'node:crypto'

/** `bus`: what is published. `request` and `answer`: questions over the bus. `usage`: batches of records. `leases`: the
 *  table of leases. */
export type MacChannel = 'bus' | 'request' | 'answer' | 'usage' | 'leases'

export interface MacKey {
  /** Names the master key in messages, as everywhere (`cluster/secrets/keys.ts`), and reveals nothing about it: 8
   *  characters. */
  readonly id: string
  readonly bytes: Uint8Array
}

/** The keys of a channel, one for each master key. The first one makes MACs, and MACs under all of them are accepted. */
export function macKeysOf(masterKeys: readonly Uint8Array[], channel: MacChannel): MacKey[] {
  return masterKeys.map((masterKey) => ({
    id: derive(masterKey, 'headgate master key id v1').subarray(0, 4).toString('hex'),
    bytes: derive(masterKey, `headgate message mac v1 ${channel}`),
  }))
}

function derive(masterKey: Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', masterKey, new Uint8Array(0), purpose, 32))
}
