// The state store in memory, for tests, with the same bounds as the other stores.

import { bounds } from '../../shared/bounds.ts'
import type { Clock } from '../../shared/clock.ts'
import { done, fail } from '../../shared/result.ts'
import { nameOf, ownerNameOf, type StateStore, stateAgeMsMax, tooLarge } from './state-store.ts'

export interface MemoryStateOptions {
  readonly clock: Clock
  readonly ageMsMax?: number
  readonly bytesMax?: number
}

export function openMemoryState({
  clock,
  ageMsMax = stateAgeMsMax,
  bytesMax = 1 << 30,
}: MemoryStateOptions): StateStore {
  const entries = new Map<string, { value: Uint8Array; storedAtMs: number }>()
  const sweep = () => {
    for (const [name, { storedAtMs }] of entries) if (clock.wallMs() - storedAtMs >= ageMsMax) entries.delete(name)
  }
  return {
    async get(key) {
      sweep()
      return done(entries.get(nameOf(key))?.value)
    },
    async put(key, value) {
      sweep()
      if (value.length > bounds.stateEntryBytesMax) return fail(tooLarge(value))
      if (entries.has(nameOf(key))) return fail({ type: 'taken' })
      const used = [...entries.values()].reduce((sum, one) => sum + one.value.length, 0)
      if (used + value.length > bytesMax) return fail({ type: 'full' })
      entries.set(nameOf(key), { value: new Uint8Array(value), storedAtMs: clock.wallMs() })
      return done(undefined)
    },
    async delete(key) {
      sweep()
      return done(entries.delete(nameOf(key)))
    },
    async forget(owner) {
      const names = [...entries.keys()].filter((name) => name.startsWith(`${ownerNameOf(owner)}.`))
      for (const name of names) entries.delete(name)
      return done(names.length)
    },
    async close() {},
  }
}
