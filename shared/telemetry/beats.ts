// What is said again and again may arrive twice, late, or long after: a line that heals empties its buffers. Each word of a
// node carries its boot and its place within that boot, and whoever listens passes over what it is already past.

export interface Beat {
  /** Of the process that speaks: another one after each start. */
  boot: string
  /** Counts up within a boot. */
  count: number
}

interface Speaker extends Beat {
  /** Boots before this one, latest last: they are over. */
  past: string[]
}

const pastMax = 8
const speakersMax = 10_000

export class Beats {
  /** Least recently heard first. */
  readonly #speakers = new Map<string, Speaker>()

  /** False for what was heard before, or is older than what was. A release that does not count is always taken at its word. */
  isNews(speaker: string, beat: Beat | undefined): boolean {
    if (beat === undefined) return true
    const known = this.#speakers.get(speaker)
    if (known !== undefined && isOld(beat, known)) return false
    this.#speakers.delete(speaker)
    this.#speakers.set(speaker, { ...beat, past: pastOf(beat, known) })
    for (const longest of this.#speakers.keys()) {
      if (this.#speakers.size <= speakersMax) break
      this.#speakers.delete(longest)
    }
    return true
  }
}

/** Undefined for what is no such thing. */
export function beatIn(value: unknown): Beat | undefined {
  const { boot, count } = (typeof value === 'object' && value !== null ? value : {}) as Partial<Beat>
  if (typeof boot !== 'string' || boot.length > 64) return undefined
  return typeof count === 'number' && Number.isSafeInteger(count) ? { boot, count } : undefined
}

function isOld({ boot, count }: Beat, known: Speaker): boolean {
  return boot === known.boot ? count <= known.count : known.past.includes(boot)
}

function pastOf({ boot }: Beat, known: Speaker | undefined): string[] {
  if (known === undefined || known.boot === boot) return known?.past ?? []
  return [...known.past, known.boot].slice(-pastMax)
}
