// Counts the bytes of text in the events of a stream, for an estimate of tokens where the upstream reports none. Nothing is
// parsed: an upstream prints the events of a kind alike, so the member stands where it stood in the event before, and the
// cost is that of reading its value. Only where it does not stand there the event is searched.

export class DeliveredText {
  bytes = 0
  readonly #members: readonly (readonly string[])[]
  readonly #pattern: RegExp
  #last = '"'
  #lastAt = 0
  /** Events in a row that were searched in vain. */
  #inVain = 0
  #skipped = 0

  /** The first name that has text counts in each list of names: some hosts say the same twice. */
  constructor(members: readonly (readonly string[])[]) {
    this.#members = members
    this.#pattern = new RegExp(`"(${members.flat().join('|')})"(?= ?:)`, 'g')
  }

  /** `event` is its text, bytes as latin1. */
  add(event: string): void {
    if (standsAt(event, this.#last, this.#lastAt)) {
      const bytes = valueBytes(event, this.#lastAt + this.#last.length)
      this.bytes += bytes
      if (bytes > 0) return
    }
    if (this.#inVain < inVainMax || ++this.#skipped % searchedOfMany === 0) this.#search(event)
  }

  #search(event: string): void {
    const found = new Map<string, number>()
    for (const { 0: quoted, 1: name = '', index } of event.matchAll(this.#pattern)) {
      const bytes = valueBytes(event, index + quoted.length)
      if (bytes === 0) continue
      found.set(name, (found.get(name) ?? 0) + bytes)
      this.#last = quoted
      this.#lastAt = index
    }
    this.#inVain = found.size === 0 ? this.#inVain + 1 : 0
    for (const names of this.#members) this.bytes += found.get(names.find((name) => found.has(name)) ?? '') ?? 0
  }
}

/** A stream that never has text must not cost a search for each event: after so many, one in sixteen is searched. */
const inVainMax = 64
const searchedOfMany = 16

const quote = 34
const backslash = 92
const colon = 58
const space = 32
const letterU = 117

function standsAt(event: string, name: string, at: number): boolean {
  if (at + name.length > event.length) return false
  for (let i = 0; i < name.length; i++) if (event.charCodeAt(at + i) !== name.charCodeAt(i)) return false
  return true
}

/** Bytes of the string behind a name; 0 when something else stands there. */
function valueBytes(event: string, from: number): number {
  let at = from
  while (event.charCodeAt(at) === space) at++
  if (event.charCodeAt(at) !== colon) return 0
  do at++
  while (event.charCodeAt(at) === space)
  return event.charCodeAt(at) === quote ? textBytes(event, at + 1) : 0
}

/** Characters to look at one by one before a search pays off: most deltas are a word. */
const nearCharacters = 24

function textBytes(event: string, start: number): number {
  let escaped = 0
  let at = start
  for (const near = Math.min(start + nearCharacters, event.length); at < near; at++) {
    const character = event.charCodeAt(at)
    if (character === quote) return at - start - escaped
    if (character !== backslash) continue
    // `\n` is one byte of text, and the six characters of `\u4f60` are mostly three.
    const skipped = event.charCodeAt(at + 1) === letterU ? 5 : 1
    escaped += skipped === 5 ? 3 : 1
    at += skipped
  }
  return longTextBytes(event, at) + at - start - escaped
}

/** A long text is rare and many tokens at once, so its few escapes may count as they are written. */
function longTextBytes(event: string, start: number): number {
  for (let end = event.indexOf('"', start); end >= 0; end = event.indexOf('"', end + 1)) {
    if (event.charCodeAt(end - 1) !== backslash || !isEscaped(event, end)) return end - start
  }
  return event.length - start
}

function isEscaped(event: string, at: number): boolean {
  let slashes = 0
  while (event.charCodeAt(at - 1 - slashes) === backslash) slashes++
  return slashes % 2 === 1
}
