// Header lines whose names and values were checked. uWebSockets.js writes what it is given, line breaks included, so this file must
// keep a header from an upstream or the configuration from splitting an answer. Lines that are the same in many answers are checked
// once: a check for each header of each answer costs more than the answer's other work on them.

declare const checked: unique symbol

/** `\r\nname: value` for each header. It is made by `checkedLines`, or of its results and of numbers and words of our own. */
export type CheckedLines = string & { readonly [checked]: true }

export const noLines = '' as CheckedLines

const namePattern = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/
const valuePattern = /^[\t\x20-\x7e]*$/
/** Below it a loop is faster than the pattern. */
const shortLength = 40

// The server frames answers itself. A second length or encoding would let the client read a different answer than was sent.
// The last two are those of `fixedLines`.
const ownNames = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'strict-transport-security',
  'x-content-type-options',
])

/** What lines begin with, by names that passed the check before. Their number is bounded, since an upstream may invent names. */
const beginnings = new Map<string, string>()
const beginningsMax = 512

/** A header with an illegal name or value, or one that the server writes itself, is left out. */
export function checkedLines(headers: readonly string[]): CheckedLines {
  let lines = ''
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i]
    const value = headers[i + 1]
    if (name === undefined || value === undefined) continue
    const beginning = beginnings.get(name) ?? beginningOf(name)
    if (beginning !== undefined && isGoodValue(value)) lines += beginning + value
  }
  return lines as CheckedLines
}

/** The headers of checked lines: names, each with its value behind it. */
export function headersIn(lines: CheckedLines): readonly string[] {
  return lines
    .split('\r\n')
    .slice(1)
    .flatMap((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)])
}

function beginningOf(name: string): string | undefined {
  if (!namePattern.test(name) || ownNames.has(name)) return undefined
  const beginning = `\r\n${name}: `
  if (beginnings.size < beginningsMax) beginnings.set(name, beginning)
  return beginning
}

function isGoodValue(value: string): boolean {
  if (value.length > shortLength) return valuePattern.test(value)
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    if (code > 0x7e || (code < 0x20 && code !== 9)) return false
  }
  return true
}
