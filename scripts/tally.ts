// What a run of tests came to, and its last lines.

export interface Tally {
  passed: number
  failed: number
  /** File and name of each test that was tried again, whatever became of it. */
  secondTries: readonly string[]
}

export function sumOf(tallies: readonly Tally[]): Tally {
  const total = (count: (tally: Tally) => number) => tallies.reduce((sum, tally) => sum + count(tally), 0)
  return {
    passed: total(({ passed }) => passed),
    failed: total(({ failed }) => failed),
    secondTries: tallies.flatMap(({ secondTries }) => secondTries),
  }
}

/** Ends with the verdict, `N passed, N failed`. */
export function lastLines({ passed, failed, secondTries }: Tally): string {
  const verdict = `${passed} passed, ${failed} failed\n`
  if (secondTries.length === 0) return verdict
  const list = secondTries.map((title) => `  ${title}\n`).join('')
  return `${secondTries.length} needed a second try:\n${list}${verdict}`
}
