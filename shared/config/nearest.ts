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
  for (const candidate of known) {
    if (++seen > candidatesMax) break
    if (Math.abs(candidate.length - word.length) > mistakesMax) continue
    const mistakes = distance(word.toLowerCase(), candidate.toLowerCase())
    if (mistakes < bestMistakes) [best, bestMistakes] = [candidate, mistakes]
  }
  return best
}

/** The `count` nearest of `known`, nearest first: less strict than `nearest`, for when several are shown. */
export function nearestNames(name: string, known: Iterable<string>, count: number): string[] {
  const wanted = name.slice(0, 128).toLowerCase()
  const mistakesMax = Math.max(2, Math.floor(wanted.length / 2))
  const near: { candidate: string; mistakes: number }[] = []
  for (const candidate of known) {
    if (Math.abs(candidate.length - wanted.length) > mistakesMax && !candidate.includes(wanted)) continue
    const mistakes = distance(wanted, candidate.toLowerCase())
    if (mistakes <= mistakesMax || candidate.includes(wanted)) near.push({ candidate, mistakes })
  }
  return near
    .sort((a, b) => a.mistakes - b.mistakes || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, count)
    .map(({ candidate }) => candidate)
}

/** Optimal string alignment; https://en.wikipedia.org/wiki/Damerau-Levenshtein_distance. */
function distance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, beforeLast[j - 2]! + 1)
      row.push(cost)
    }
    beforeLast = last
    last = row
  }
  return last[b.length]!
}
