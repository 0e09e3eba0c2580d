// Seals state, so that the store sees the sizes of values, which of them have one owner, and nothing else. The key of each
// owner is derived from the master key: every proxy can read what any of them has written, and a value opens under no
// other owner and no other id.
import { createHmac, hkdfSync } from 'node:crypto'
import { done, fail } from '../../shared/result.ts'
import { decrypt, encrypt } from '../secrets/aead.ts'
import type { StateKey, StateStore } from './state-store.ts'

/** `stateKey` is the one of `deriveKeys`. */
export function sealState(store: StateStore, stateKey: Uint8Array): StateStore {
  const keyOf = (owner: string) => new Uint8Array(hkdfSync('sha256', stateKey, new Uint8Array(0), owner, 32))
  // The store hashes owners without a key, and names can be guessed.
  const hidden = (owner: string) => createHmac('sha256', stateKey).update(`owner v1 ${owner}`).digest('base64url')
  const placeOf = (key: StateKey) => (key.former === true ? key : { owner: hidden(key.owner), id: key.id })
  return {
    async get(key) {
      const found = await store.get(placeOf(key))
      if (!found.ok || found.value === undefined) return found
      const opened = decrypt(keyOf(key.owner), found.value, context(key))
      if (opened !== undefined) return done(opened)
      return fail({ type: 'unavailable', message: 'an entry does not open: it is damaged, or of another master key' })
    },
    put: (key, value) => store.put(placeOf(key), encrypt(keyOf(key.owner), value, context(key))),
    delete: (key) => store.delete(placeOf(key)),
    forget: (owner) => store.forget(hidden(owner)),
    close: () => store.close(),
  }
}

function context({ owner, id }: StateKey): string {
  return `state v1 ${JSON.stringify([owner, id])}`
}
