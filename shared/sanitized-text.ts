// Text of others (a caller's name of a model, an upstream's message) as it may be kept and shown: short, on one line, and
// without anything that looks like a key.

const redacted = '[redacted]'
/** Prefixes of the keys of well-known providers, and what stands before a secret. */
const patterns: readonly (readonly [RegExp, string])[] = [
  [/\b(bearer|basic)\s+[^\s"',;]+/gi, `$1 ${redacted}`],
  [
    /((?:api[-_ ]?key|token|secret|password|authorization|signature)["']?\s*[:=]\s*["']?)[^\s"',;&]+/gi,
    `$1${redacted}`,
  ],
  [/(?<![A-Za-z0-9])(?:sk|pk|rk|hg|gsk|xai|ghp|gho|hf|pplx|nvapi|r8)[-_][^\s"',;:)]{4,}/g, redacted],
  [/\b(?:AKIA|ASIA|AIza|ya29\.|eyJ)[^\s"',;:)]{8,}/g, redacted],
]
const word = /[A-Za-z0-9+/=_-]{12,}/g
const letter = /[A-Za-z]/
const digit = /\d/
const wholeMax = 32
const pieceMax = 12

/** The text on one line without secrets, cut to `lengthMax` characters; '' when nothing is left. */
export function sanitizedText(text: string, lengthMax: number): string {
  // What is cut off is not read either: a text may be megabytes long.
  let line = text.slice(0, 8 * lengthMax).replace(/[\p{C}\s]+/gu, ' ')
  for (const [pattern, instead] of patterns) line = line.replace(pattern, instead)
  line = line.replace(word, (found) => (looksRandom(found) ? redacted : found)).trim()
  return line.length <= lengthMax ? line : `${line.slice(0, lengthMax - 1).toWellFormed()}…`
}

/** A name consists of words and numbers; a key has a long piece in which both are mixed, or is long without a word's end. */
function looksRandom(found: string): boolean {
  return found.split(/[-_/]/).some((piece) => {
    if (piece.length >= wholeMax) return true
    return piece.length >= pieceMax && letter.test(piece) && digit.test(piece)
  })
}
