// The master keys of a process. The first one signs and seals. The others are accepted beside it while the master key is
// being replaced: what was sealed or signed under one of them still opens and verifies.
import type { KeyList, MasterKeys } from '../../shared/key32.ts'
import { type DerivedKeys, deriveKeys } from './keys.ts'

export type { KeyList, MasterKeys }

type Purpose = Exclude<keyof DerivedKeys, 'id'>

export function keysFor(purpose: Purpose, [current, ...accepted]: MasterKeys): KeyList {
  return [deriveKeys(current)[purpose], ...accepted.map((key) => deriveKeys(key)[purpose])]
}

/** Ids of the master keys, which messages may show. */
export function idsOf(masterKeys: MasterKeys): string[] {
  return masterKeys.map((key) => deriveKeys(key).id)
}

/** The first result that is not undefined. */
export function firstOf<Found>(
  keys: Iterable<Uint8Array>,
  open: (key: Uint8Array) => Found | undefined,
): Found | undefined {
  for (const key of keys) {
    const found = open(key)
    if (found !== undefined) return found
  }
  return undefined
}
