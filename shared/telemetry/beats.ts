// Repeated messages may arrive twice, late, or long after: a connection that heals flushes its buffers. Each message
// carries its sender's boot and a count within that boot, and receivers ignore messages that are older than what they
// have seen.

export interface Beat {
  /** Identifies one start of the sender's process. */
  boot: string
  /** Increases within a boot. */
  count: number
}

interface Speaker extends Beat {
  /** Earlier boots of the sender, latest last: their messages are ignored. */
  past: string[]
}

const pastMax = 8
const speakersMax = 10_000

export class Beats {
  /** Senders, least recently heard first. */
  readonly #speakers = new Map<string, Speaker>()

  /** False for a repeated or older message. Messages of releases that do not count are always accepted. */
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

/** The beat that `value` is; undefined when it is none. */
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
