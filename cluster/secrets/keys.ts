// Derives every key that protects data at rest from the master key, each for one purpose, so that the leak of one key
// reveals nothing about another.
import { hkdfSync } from 'node:crypto'

export interface DerivedKeys {
  /** Names the master key in messages, in hex; it opens nothing. */
  id: string
  /** Authenticates events, snapshots and marks. */
  macKey: Uint8Array
  /** Wraps the data keys of owners. */
  wrapKey: Uint8Array
  /** Authenticates entries of the shared data keys. */
  keyMacKey: Uint8Array
  /** Signs console links and sessions. */
  sessionKey: Uint8Array
  /** Seals state that requests leave for later ones. */
  stateKey: Uint8Array
  /** Seals the ids that callers hold for objects at providers. */
  idKey: Uint8Array
  /** Names the buckets that limits count in. */
  limitKey: Uint8Array
  /** Seals what budgets have left. */
  budgetKey: Uint8Array
  /** Proves where the ledger of money begins and ends. */
  ledgerKey: Uint8Array
  /** Shown by processes of one cluster to each other; it opens nothing. */
  clusterMark: Uint8Array
}

/** HKDF-SHA-256 (RFC 5869) of a master key of 32 bytes; each result has 32 bytes. */
export function deriveKeys(masterKey: Uint8Array): DerivedKeys {
  return {
    id: Buffer.from(derive(masterKey, 'headgate master key id v1').subarray(0, 4)).toString('hex'),
    macKey: derive(masterKey, 'headgate config mac v1'),
    wrapKey: derive(masterKey, 'headgate data key wrap v1'),
    keyMacKey: derive(masterKey, 'headgate data key mac v1'),
    sessionKey: derive(masterKey, 'headgate session v1'),
    stateKey: derive(masterKey, 'headgate state v1'),
    idKey: derive(masterKey, 'headgate object id v1'),
    limitKey: derive(masterKey, 'headgate limit bucket v1'),
    budgetKey: derive(masterKey, 'headgate budget v1'),
    ledgerKey: derive(masterKey, 'headgate ledger v1'),
    clusterMark: derive(masterKey, 'headgate cluster mark v1'),
  }
}

function derive(masterKey: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', masterKey, new Uint8Array(0), purpose, 32))
}
