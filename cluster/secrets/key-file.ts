// The text of `data-keys.json`: entries by their owners. A record of strings for the keys, and what else there is to know of
// them beside it, so that a release that knows keys alone can read it.
import type { KeyEntry } from './key-entry.ts'

interface KeyFile {
  version: 1
  /** Owner → wrapped key in base64. */
  keys: Record<string, string>
  /** Owner → generation and `madeFor`. Absent in files of older releases: nothing is on its way to those keys. */
  lives?: Record<string, [generation: number, madeFor: number]>
  /** Owner → generation, the longest forgotten first. */
  forgotten?: Record<string, number>
}

/** Of owners whose keys are gone; a node that was away for longer than these takes back what it still holds. */
const forgottenMax = 10_000

export function printKeyFile(entries: Iterable<KeyEntry>): string {
  const all = [...entries]
  const [held, gone] = [all.filter(isHeld), all.filter((entry) => !isHeld(entry)).slice(-forgottenMax)]
  // `fromEntries` defines fields: `__proto__` is a name too.
  const file: KeyFile = {
    version: 1,
    keys: Object.fromEntries(held.map(({ owner, wrapped }) => [owner, wrapped])),
    lives: Object.fromEntries(held.map(({ owner, generation, madeFor }) => [owner, [generation, madeFor]])),
    forgotten: Object.fromEntries(gone.map(({ owner, generation }) => [owner, generation])),
  }
  return `${JSON.stringify(file)}\n`
}

/** Undefined for what is not such a file. */
export function parseKeyFile(text: string): KeyEntry[] | undefined {
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
    return entries.every(isSound) ? entries : undefined
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
