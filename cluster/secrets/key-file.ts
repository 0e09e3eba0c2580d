// The text of `data-keys.json`: entries by owner. The keys are a record of strings, and their other fields stand beside
// it, so that a release that knows only keys can read the file.
import type { KeyEntry } from './key-entry.ts'

interface KeyFile {
  version: 1
  /** A MAC that only the master key of the keys can make. Files of older releases have none. */
  check?: string
  /** Owner → wrapped key in base64. */
  keys: Record<string, string>
  /** Owner → generation and `madeFor`. Files of older releases have none: no event is on its way to their keys. */
  lives?: Record<string, [generation: number, madeFor: number]>
  /** Owner → generation; the owner that was forgotten first comes first. */
  forgotten?: Record<string, number>
}

/** The number of forgotten owners that are remembered. A node that was away while more were forgotten restores the keys
 *  it still holds. */
const forgottenMax = 10_000

export function printKeyFile(entries: Iterable<KeyEntry>, check: string): string {
  const all = [...entries]
  const [held, gone] = [all.filter(isHeld), all.filter((entry) => !isHeld(entry)).slice(-forgottenMax)]
  // `fromEntries` defines own fields, so that an owner may be called `__proto__`.
  const file: KeyFile = {
    version: 1,
    check,
    keys: Object.fromEntries(held.map(({ owner, wrapped }) => [owner, wrapped])),
    lives: Object.fromEntries(held.map(({ owner, generation, madeFor }) => [owner, [generation, madeFor]])),
    forgotten: Object.fromEntries(gone.map(({ owner, generation }) => [owner, generation])),
  }
  return `${JSON.stringify(file)}\n`
}

/** Parses the file; returns undefined for any other text. */
export function parseKeyFile(text: string): { entries: KeyEntry[]; check: string | undefined } | undefined {
  try {
    const file = JSON.parse(text) as KeyFile
    if (file.version !== 1) return undefined
    const lives = new Map(Object.entries(file.lives ?? {}))
    const held = Object.entries(file.keys).map(([owner, wrapped]): KeyEntry => {
      const [generation, madeFor] = lives.get(owner) ?? [1, 0]
      return { owner, generation, madeFor, wrapped }
    })
    const gone = Object.entries(file.forgotten ?? {}).map(
      ([owner, generation]): KeyEntry => ({ owner, generation, madeFor: 0, wrapped: undefined }),
    )
    const entries = [...gone, ...held]
    const check = typeof file.check === 'string' ? file.check : undefined
    return entries.every(isSound) ? { entries, check } : undefined
  } catch {
    return undefined
  }
}

function isHeld(entry: KeyEntry): entry is KeyEntry & { wrapped: string } {
  return entry.wrapped !== undefined
}

function isSound({ generation, madeFor, wrapped }: KeyEntry): boolean {
  const isText = wrapped === undefined || typeof wrapped === 'string'
  return isText && Number.isSafeInteger(generation) && Number.isSafeInteger(madeFor)
}
