// Every key that protects something at rest comes from the master key, each for one purpose, so that a leak of one tells
// nothing of another.
import { hkdfSync } from 'node:crypto'

export interface DerivedKeys {
  /** Proves who wrote an event, a snapshot or a mark. */
  macKey: Uint8Array
  /** Wraps the data keys of owners. */
  wrapKey: Uint8Array
  /** Proves who wrote an entry of the shared data keys. */
  keyMacKey: Uint8Array
  /** For console links and sessions. */
  sessionKey: Uint8Array
  /** Seals what requests leave behind for later ones. */
  stateKey: Uint8Array
  /** Seals ids that callers hold for what lies at providers. */
  idKey: Uint8Array
}

/** HKDF-SHA-256 (RFC 5869) of a master key of 32 bytes; each result has 32 bytes. */
export function deriveKeys(masterKey: Uint8Array): DerivedKeys {
  return {
    macKey: derive(masterKey, 'headgate config mac v1'),
    wrapKey: derive(masterKey, 'headgate data key wrap v1'),
    keyMacKey: derive(masterKey, 'headgate data key mac v1'),
    sessionKey: derive(masterKey, 'headgate session v1'),
    stateKey: derive(masterKey, 'headgate state v1'),
    idKey: derive(masterKey, 'headgate object id v1'),
  }
}

function derive(masterKey: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', masterKey, new Uint8Array(0), purpose, 32))
}
