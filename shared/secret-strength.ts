// Whether a secret that a person chose can be guessed. What a guesser tries first counts as one character, however long it is: a
// word that stands in for secrets in examples, with the sign behind it, a year, a run of equal or neighbouring characters, and
// what stood before.

const charactersMin = 16
const surprisesMin = 8

/** What a secret must be; undefined when it is. The sentence never has a part of the secret. */
export function secretWeakness(text: string): string | undefined {
  if (text.trim().length < charactersMin)
    return `expected at least ${charactersMin} characters that are not a common word`
  if (surprises(text.toLowerCase()) >= surprisesMin) return undefined
  return `expected at least ${charactersMin} characters that cannot be guessed, without repetitions, sequences and common words: \`openssl rand -hex 24\` makes them`
}

const commonWords = [
  'administrator',
  'production',
  'prometheus',
  'monitoring',
  'changeme',
  'password',
  'passwort',
  'headgate',
  'metrics',
  'gateway',
  'example',
  'default',
  'letmein',
  'welcome',
  'secret',
  'master',
  'bearer',
  'admin',
  'token',
]

/** Rows of a keyboard, where neighbours are typed without thought. Digits and letters follow their codes. */
const rows = ['qwertyuiop', 'qwertzuiop', 'azertyuiop', 'asdfghjkl', 'zxcvbnm']

const partMin = 3

function surprises(text: string): number {
  let count = 0
  for (let i = 0; i < text.length; count++) i += expectedAt(text, i)
  return count
}

/** The length of what a guesser expects at `start`, at least one character. */
function expectedAt(text: string, start: number): number {
  const longest = Math.max(
    wordAt(text, start),
    yearAt(text, start),
    sequenceAt(text, start),
    rowAt(text, start),
    repeatedAt(text, start),
  )
  return longest >= partMin ? longest : 1
}

function wordAt(text: string, start: number): number {
  const word = commonWords.find((one) => text.startsWith(one, start))
  if (word === undefined) return 0
  return /[-_. ]/.test(text.charAt(start + word.length)) ? word.length + 1 : word.length
}

function yearAt(text: string, start: number): number {
  return /^(?:19|20)\d\d(?!\d)/.test(text.slice(start, start + 5)) ? 4 : 0
}

/** `aaaa`, `1234` or `fedc`. */
function sequenceAt(text: string, start: number): number {
  const step = text.charCodeAt(start + 1) - text.charCodeAt(start)
  if (Number.isNaN(step) || Math.abs(step) > 1) return 1
  let end = start + 1
  while (text.charCodeAt(end) - text.charCodeAt(end - 1) === step) end++
  return end - start
}

function rowAt(text: string, start: number): number {
  const lengths = rows.map((row) => {
    const at = row.indexOf(text.charAt(start))
    let length = 0
    while (at >= 0 && at + length < row.length && text[start + length] === row[at + length]) length++
    return length
  })
  return Math.max(...lengths)
}

/** How much from `start` on stood before in the same order. */
function repeatedAt(text: string, start: number): number {
  let longest = 0
  for (let from = 0; from < start; from++) {
    let length = 0
    while (start + length < text.length && text[from + length] === text[start + length]) length++
    longest = Math.max(longest, length)
  }
  return longest
}
