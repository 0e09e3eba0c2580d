// "Did you mean": the known word with the fewest typing mistakes (one letter more, less, other, or two swapped).

const candidatesMax = 1_000

/** `; did you mean "routing"?`, or nothing when no known word is near. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const near = nearest(word, known)
  return near === undefined ? '' : `; did you mean "${near}"?`
}

export function nearest(word: string, known: Iterable<string>): string | undefined {
  const mistakesMax = word.length <= 2 ? 0 : word.length <= 4 ? 1 : word.length <= 8 ? 2 : 3
  let best: string | undefined
  let bestMistakes = mistakesMax + 1
  let seen = 0
  const asked = word.slice(0, nameCharactersMax)
  for (const candidate of known) {
    if (++seen > candidatesMax) break
    if (Math.abs(candidate.length - word.length) > mistakesMax) continue
    const mistakes = distance(asked.toLowerCase(), candidate.slice(0, nameCharactersMax).toLowerCase())
    if (mistakes < bestMistakes) [best, bestMistakes] = [candidate, mistakes]
  }
  return best
}

/** Names that are measured whole; the rest is judged by its letters. */
const measuredMax = 64
/** Names that are looked at. A name costs about half a microsecond. */
const lookedAtMax = 10_000
const nameCharactersMax = 128

/** The `count` nearest of `known`, nearest first: less strict than `nearest`, for when several are shown. Callers choose the
 *  name, and the operator how many there are, so the work is bounded. */
export function nearestNames(name: string, known: Iterable<string>, count: number): string[] {
  const wanted = name.slice(0, nameCharactersMax).toLowerCase()
  const mistakesMax = Math.max(2, Math.floor(wanted.length / 2))
  return likeliest(wanted, known, mistakesMax)
    .map(({ candidate, has }) => ({ candidate, has, mistakes: distance(wanted, candidate.toLowerCase()) }))
    .filter(({ has, mistakes }) => has || mistakes <= mistakesMax)
    .sort((a, b) => a.mistakes - b.mistakes || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, count)
    .map(({ candidate }) => candidate)
}

interface Likely {
  readonly candidate: string
  /** Whether the candidate contains the wanted name. */
  readonly has: boolean
  /** Its mistakes are at least so many. */
  readonly atLeast: number
}

/** The candidates that can be near, by their letters: at most `measuredMax`, the likeliest first. */
function likeliest(wanted: string, known: Iterable<string>, mistakesMax: number): Likely[] {
  const letters = new Letters(wanted)
  const likely: Likely[] = []
  let seen = 0
  for (const candidate of known) {
    if (++seen > lookedAtMax) break
    if (candidate.length > 2 * nameCharactersMax) continue
    const has = candidate.includes(wanted)
    const atLeast = letters.mistakesIn(candidate)
    if (has || atLeast <= mistakesMax) likely.push({ candidate, has, atLeast })
  }
  if (likely.length <= measuredMax) return likely
  return likely.sort((a, b) => a.atLeast - b.atLeast || Number(b.has) - Number(a.has)).slice(0, measuredMax)
}

const lettersCount = 64

/** How often each letter occurs in a word. */
class Letters {
  readonly #counts = new Int16Array(lettersCount)
  readonly #left = new Int16Array(lettersCount)
  readonly #length: number

  constructor(word: string) {
    this.#length = word.length
    for (let i = 0; i < word.length; i++) this.#counts[letterAt(word, i)]!++
  }

  /** A lower bound of the distance between the two words: a mistake mends at most one letter on either side. */
  mistakesIn(other: string): number {
    this.#left.set(this.#counts)
    let surplus = 0
    for (let i = 0; i < other.length; i++) if (--this.#left[letterAt(other, i)]! < 0) surplus++
    return Math.max(surplus, surplus + this.#length - other.length)
  }
}

/** The class of a letter; upper and lower case, and letters beyond ASCII, share some. */
function letterAt(word: string, at: number): number {
  const code = word.charCodeAt(at)
  return (code >= 65 && code <= 90 ? code | 32 : code) & (lettersCount - 1)
}

const rows = [0, 1, 2].map(() => new Uint16Array(2 * nameCharactersMax + 1))

/** Optimal string alignment; https://en.wikipedia.org/wiki/Damerau-Levenshtein_distance. Words have at most 256 letters. */
function distance(a: string, b: string): number {
  let [beforeLast, last, row] = rows as [Uint16Array, Uint16Array, Uint16Array]
  for (let j = 0; j <= b.length; j++) last[j] = j
  for (let i = 1; i <= a.length; i++) {
    row[0] = i
    for (let j = 1; j <= b.length; j++) {
      const same = a.charCodeAt(i - 1) === b.charCodeAt(j - 1)
      const other = last[j - 1]! + (same ? 0 : 1)
      row[j] = Math.min(last[j]! + 1, row[j - 1]! + 1, other)
      if (i > 1 && j > 1 && a.charCodeAt(i - 1) === b.charCodeAt(j - 2) && a.charCodeAt(i - 2) === b.charCodeAt(j - 1))
        row[j] = Math.min(row[j]!, beforeLast[j - 2]! + 1)
    }
    ;[beforeLast, last, row] = [last, row, beforeLast]
  }
  return last[b.length]!
}
