// Seals state, so that the store sees the sizes of values, which of them have one owner, and nothing else. The key of each
// owner is derived from the master key: every proxy can read what any of them has written, and a value opens under no
// other owner and no other id. While the master key is replaced, entries lie at the places of several keys.
import { createHmac, hkdfSync } from 'node:crypto'
import { done, fail } from '../../shared/result.ts'
import { decrypt, encrypt } from '../secrets/aead.ts'
import { firstOf, type KeyList } from '../secrets/master-keys.ts'
import type { StateKey, StateStore } from './state-store.ts'

/** `stateKeys` are the ones of `deriveKeys`, of each master key. */
export function sealState(store: StateStore, ...stateKeys: KeyList): StateStore {
  const [sealing] = stateKeys
  return {
    async get(key) {
      for (const stateKey of stateKeys) {
        const found = await store.get(placeOf(key, stateKey))
        if (!found.ok) return found
        if (found.value !== undefined) return opened(key, found.value, stateKeys)
      }
      return done(undefined)
    },
    put: (key, value) => store.put(placeOf(key, sealing), encrypt(keyOf(key.owner, sealing), value, context(key))),
    async delete(key) {
      let wasThere = false
      for (const stateKey of stateKeys) {
        const deleted = await store.delete(placeOf(key, stateKey))
        if (!deleted.ok) return deleted
        wasThere ||= deleted.value
      }
      return done(wasThere)
    },
    async forget(owner) {
      let count = 0
      for (const stateKey of stateKeys) {
        const forgotten = await store.forget(hidden(owner, stateKey))
        if (!forgotten.ok) return forgotten
        count += forgotten.value
      }
      return done(count)
    },
    close: () => store.close(),
  }
}

function opened(key: StateKey, value: Uint8Array, stateKeys: KeyList) {
  const plain = firstOf(stateKeys, (stateKey) => decrypt(keyOf(key.owner, stateKey), value, context(key)))
  if (plain !== undefined) return done(plain)
  const message = 'an entry does not open: it is damaged, or of another master key'
  return fail({ type: 'unavailable', message, isForged: true } as const)
}

/** Calls `onForged` for each value that was read and was not sealed for its place. */
export function tellForged(store: StateStore, onForged: () => void): StateStore {
  return {
    async get(key) {
      const found = await store.get(key)
      if (!found.ok && found.error.isForged === true) onForged()
      return found
    },
    put: (key, value) => store.put(key, value),
    delete: (key) => store.delete(key),
    forget: (owner) => store.forget(owner),
    close: () => store.close(),
  }
}

function placeOf(key: StateKey, stateKey: Uint8Array): StateKey {
  return key.former === true ? key : { owner: hidden(key.owner, stateKey), id: key.id }
}

/** The store hashes owners without a key, and names can be guessed. */
function hidden(owner: string, stateKey: Uint8Array): string {
  return createHmac('sha256', stateKey).update(`owner v1 ${owner}`).digest('base64url')
}

function keyOf(owner: string, stateKey: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', stateKey, new Uint8Array(0), owner, 32))
}

function context({ owner, id }: StateKey): string {
  return `state v1 ${JSON.stringify([owner, id])}`
}
