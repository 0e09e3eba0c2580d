// Walks JSON text as bytes and builds nothing. Strings are jumped over with `indexOf`, which runs at memory speed, so an
// image of 256 KB in base64 costs one call; only text with many escapes is read byte by byte. Grammar: RFC 8259.
// Two differences from JSON.parse, both on purpose: an escaped lone surrogate is refused (parsers disagree about it), and a
// raw control character inside a long string is not looked for (that would cost a look at every byte).

export type SyntaxFault =
  | { readonly type: 'unexpected'; readonly offset: number }
  | { readonly type: 'truncated'; readonly offset: number }
  | { readonly type: 'too-deep'; readonly offset: number }
  | { readonly type: 'lone-surrogate'; readonly offset: number }

/** What the functions of a cursor return instead of an offset when they set `fault`. */
export const stopped = -1

const quote = 34
const backslash = 92
const openBrace = 123
const closeBrace = 125
const openBracket = 91
const closeBracket = 93
const comma = 44
const colon = 58
/** Bytes looked at one by one before `indexOf` is worth its call. */
const nearBytes = 16
const depthRoom = 256

export class JsonCursor {
  #bytes: Buffer = Buffer.alloc(0)
  #depthMax = depthRoom
  /** First backslash at or after the last place asked about; found once, then kept until passed. */
  #escapeAt = -1
  /** 1 where the open container of that depth is an object. */
  readonly #inObject = new Uint8Array(depthRoom + 1)
  fault: SyntaxFault | undefined
  /** Strings are looked at byte by byte to their end: for those that somebody is going to decode. */
  strict = false

  /** `depthMax` ≤ 256 counts containers, the outermost included. */
  open(bytes: Buffer, depthMax: number): void {
    this.#bytes = bytes
    this.#depthMax = Math.min(depthMax, depthRoom)
    this.#escapeAt = -1
    this.fault = undefined
    this.strict = false
  }

  skipSpace(at: number): number {
    const bytes = this.#bytes
    let i = at
    while (i < bytes.length && isSpace(bytes[i]!)) i++
    return i
  }

  /** From the first byte inside the quotes to the byte after the closing one. */
  skipString(at: number): number {
    const bytes = this.#bytes
    let i = at
    let end = -1 // the next quote that was looked up far ahead, good until passed
    for (;;) {
      const near = this.strict ? bytes.length : Math.min(i + nearBytes, bytes.length)
      while (i < near && plain[bytes[i]!] === 1) i++
      if (i < near) {
        if (bytes[i] === quote) return i + 1
        if (bytes[i] !== backslash) return this.#stop('unexpected', i)
      }
      if (i === near) {
        if (end < i) end = bytes.indexOf(quote, i)
        if (end === -1) return this.#stop('truncated', bytes.length)
        const escapeAt = this.#nextEscape(i)
        if (escapeAt > end) return end + 1
        i = escapeAt
      }
      if (shortEscape[bytes[i + 1] ?? 0] === 1) {
        i += 2
      } else {
        i = this.#skipLongEscape(i)
        if (i === stopped) return stopped
      }
    }
  }

  /** From a byte before a value (spaces allowed) to the byte after it. `depth` containers are open around it. */
  skipValue(at: number, depth: number): number {
    const bytes = this.#bytes
    const inObject = this.#inObject
    let open = depth
    let i = at
    for (;;) {
      i = this.skipSpace(i)
      const first = bytes[i]
      if (first === quote) {
        i = this.skipString(i + 1)
      } else if (first === openBrace || first === openBracket) {
        if (++open > this.#depthMax) return this.#stop('too-deep', i)
        inObject[open] = first === openBrace ? 1 : 0
        i = this.skipSpace(i + 1)
        if (bytes[i] === (first === openBrace ? closeBrace : closeBracket)) {
          open--
          i++
        } else {
          if (first === openBrace) i = this.#skipKey(i)
          if (i === stopped) return stopped
          continue
        }
      } else {
        i = this.#skipScalar(i)
      }
      if (i === stopped) return stopped
      // A value has ended: close what ends with it, until a comma asks for another one.
      for (;;) {
        if (open === depth) return i
        i = this.skipSpace(i)
        const next = bytes[i]
        if (next === comma) {
          i++
          break
        }
        if (next !== (inObject[open] === 1 ? closeBrace : closeBracket)) return this.stopAt(i)
        open--
        i++
      }
      if (inObject[open] === 1) i = this.#skipKey(i)
      if (i === stopped) return stopped
    }
  }

  /** After a key's closing quote: past the colon. */
  skipColon(at: number): number {
    const i = this.skipSpace(at)
    return this.#bytes[i] === colon ? i + 1 : this.stopAt(i)
  }

  /** Sets the fault for an unexpected byte, or for the end of the text. */
  stopAt(at: number): number {
    return this.#stop(at >= this.#bytes.length ? 'truncated' : 'unexpected', at)
  }

  #skipKey(at: number): number {
    const i = this.skipSpace(at)
    if (this.#bytes[i] !== quote) return this.stopAt(i)
    const end = this.skipString(i + 1)
    return end === stopped ? stopped : this.skipColon(end)
  }

  #nextEscape(at: number): number {
    if (this.#escapeAt >= at) return this.#escapeAt
    const found = this.#bytes.indexOf(backslash, at)
    this.#escapeAt = found === -1 ? this.#bytes.length : found
    return this.#escapeAt
  }

  /** `at` is a backslash before four hexadecimal digits, or before nothing that is allowed there. */
  #skipLongEscape(at: number): number {
    if (this.#bytes[at + 1] !== 117) return this.stopAt(at + 1)
    const unit = this.#hexAt(at + 2)
    if (unit === stopped) return stopped
    if (unit < 0xd800 || unit > 0xdfff) return at + 6
    if (unit > 0xdbff || this.#bytes[at + 6] !== backslash || this.#bytes[at + 7] !== 117) {
      return this.#stop('lone-surrogate', at)
    }
    const second = this.#hexAt(at + 8)
    if (second === stopped) return stopped
    return second >= 0xdc00 && second <= 0xdfff ? at + 12 : this.#stop('lone-surrogate', at)
  }

  #hexAt(at: number): number {
    let unit = 0
    for (let i = at; i < at + 4; i++) {
      const digit = hexDigit(this.#bytes[i])
      if (digit === -1) return this.stopAt(i)
      unit = unit * 16 + digit
    }
    return unit
  }

  #skipScalar(at: number): number {
    switch (this.#bytes[at]) {
      case 116:
        return this.#skipWord(at, 'true')
      case 102:
        return this.#skipWord(at, 'false')
      case 110:
        return this.#skipWord(at, 'null')
      default:
        return this.#skipNumber(at)
    }
  }

  #skipWord(at: number, word: string): number {
    for (let i = 0; i < word.length; i++) {
      if (this.#bytes[at + i] !== word.charCodeAt(i)) return this.stopAt(at + i)
    }
    return at + word.length
  }

  #skipNumber(at: number): number {
    const bytes = this.#bytes
    let i = bytes[at] === 45 ? at + 1 : at
    if (bytes[i] === 48) i++
    else {
      i = this.#skipDigits(i)
      if (i === stopped) return stopped
    }
    if (bytes[i] === 46) {
      i = this.#skipDigits(i + 1)
      if (i === stopped) return stopped
    }
    if (bytes[i] === 101 || bytes[i] === 69) {
      i++
      if (bytes[i] === 43 || bytes[i] === 45) i++
      return this.#skipDigits(i)
    }
    return i
  }

  #skipDigits(at: number): number {
    const bytes = this.#bytes
    let i = at
    while (i < bytes.length && bytes[i]! >= 48 && bytes[i]! <= 57) i++
    return i === at ? this.stopAt(i) : i
  }

  #stop(type: SyntaxFault['type'], offset: number): number {
    this.fault = { type, offset }
    return stopped
  }
}

/** 1 for the bytes that stand for themselves inside a string. */
const plain = new Uint8Array(256).fill(1, 32)
plain[quote] = 0
plain[backslash] = 0

/** 1 for what may follow a backslash alone. */
const shortEscape = new Uint8Array(256)
for (const byte of Buffer.from('"/\\bfnrt')) shortEscape[byte] = 1

function isSpace(byte: number): boolean {
  return byte === 32 || byte === 10 || byte === 13 || byte === 9
}

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1
  if (byte >= 48 && byte <= 57) return byte - 48
  const lower = byte | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}
