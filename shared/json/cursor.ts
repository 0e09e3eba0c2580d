// Walks JSON text as bytes without building values. Strings are skipped with `indexOf`, which runs at memory speed, so
// an image of 256 KB in base64 costs one call; only text with many escapes is read byte by byte. Grammar: RFC 8259. Two
// differences from JSON.parse are intended: an escaped lone surrogate is refused, because parsers disagree about it,
// and a raw control character inside a long string is not detected, because that would cost a look at every byte.

export type SyntaxFault =
  | { readonly type: 'unexpected'; readonly offset: number }
  | { readonly type: 'truncated'; readonly offset: number }
  | { readonly type: 'too-deep'; readonly offset: number }
  | { readonly type: 'lone-surrogate'; readonly offset: number }
  | { readonly type: 'too-many-values'; readonly offset: number }
  | { readonly type: 'too-slow'; readonly offset: number }

/** Returned by the functions of a cursor instead of an offset when they set `fault`. */
export const stopped = -1

const quote = 34
const backslash = 92
const openBrace = 123
const closeBrace = 125
const openBracket = 91
const closeBracket = 93
const comma = 44
const colon = 58
/** Bytes to look at one by one before a call of `indexOf` pays off. */
const nearBytes = 16
const depthRoom = 256
/** The values of one text. A value costs about 30 ns to skip and 100 bytes to keep in its parsed form. */
export const valuesMax = 500_000
/** The white space, digits and escapes of one text: bytes that are read one by one, at about 4 ns each. */
export const slowBytesMax = 8 << 20
/** A string longer than this may be an image. */
const longBytes = 1_024
const mediaRunBytes = 96
/** The bytes that an image counts, whatever its size: as much as 1,500 tokens of text. */
const mediaBytes = 6_000

export class JsonCursor {
  #bytes: Buffer = Buffer.alloc(0)
  #depthMax = depthRoom
  /** The first backslash at or after the last searched offset; searched again only when it is passed. */
  #escapeAt = -1
  /** 1 where the open container at that depth is an object. */
  readonly #inObject = new Uint8Array(depthRoom + 1)
  fault: SyntaxFault | undefined
  /** Whether strings are checked byte by byte to their end; set for strings that will be decoded. */
  strict = false
  /** Bytes of the strings within the containers that were skipped, without names of members. */
  textBytes = 0
  /** Values that were skipped, with those inside of others. */
  values = 0
  #slowBytes = 0

  /** `depthMax` ≤ 256 counts containers, including the outermost. */
  open(bytes: Buffer, depthMax: number): void {
    this.#bytes = bytes
    this.#depthMax = Math.min(depthMax, depthRoom)
    this.#escapeAt = -1
    this.fault = undefined
    this.strict = false
    this.textBytes = 0
    this.values = 0
    this.#slowBytes = 0
  }

  /** Stops early beyond `slowBytesMax`: then white space follows, which `skipValue` and `stopAt` report as too slow. */
  skipSpace(at: number): number {
    const bytes = this.#bytes
    const end = Math.min(bytes.length, at + slowBytesMax)
    let i = at
    while (i < end && isSpace(bytes[i]!)) i++
    this.#slowBytes += i - at
    return i
  }

  /** Skips from the first byte inside the quotes to the byte after the closing quote. */
  skipString(at: number): number {
    const bytes = this.#bytes
    let i = at
    let end = -1 // the next quote, searched far ahead; valid until passed
    for (;;) {
      const near = Math.min(i + (this.strict ? slowBytesMax : nearBytes), bytes.length)
      while (i < near && plain[bytes[i]!] === 1) i++
      if (this.strict && i === near && near < bytes.length) return this.#stop('too-slow', i)
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
      this.#slowBytes += 2
      if (this.#slowBytes >= slowBytesMax) return this.#stop('too-slow', i)
      if (shortEscape[bytes[i + 1] ?? 0] === 1) {
        i += 2
      } else {
        i = this.#skipLongEscape(i)
        if (i === stopped) return stopped
      }
    }
  }

  /** Skips from a byte before a value (spaces allowed) to the byte after it, inside `depth` open containers. */
  skipValue(at: number, depth: number): number {
    const bytes = this.#bytes
    const inObject = this.#inObject
    let open = depth
    let i = at
    for (;;) {
      i = this.skipSpace(i)
      if (++this.values > valuesMax) return this.#stop('too-many-values', i)
      if (this.#slowBytes >= slowBytesMax) return this.#stop('too-slow', i)
      const first = bytes[i]
      if (first === quote) {
        const start = i + 1
        i = this.skipString(start)
        if (open > depth) this.textBytes += i - start > longBytes ? this.#longText(start, i - 1) : i - 1 - start
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
      // After a value: closes containers until a comma announces another value.
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

  /** Skips from the byte after a key's closing quote to the byte after the colon. */
  skipColon(at: number): number {
    const i = this.skipSpace(at)
    return this.#bytes[i] === colon ? i + 1 : this.stopAt(i)
  }

  /** Sets the fault for an unexpected byte or for the end of the text. */
  stopAt(at: number): number {
    if (this.#slowBytes >= slowBytesMax) return this.#stop('too-slow', at)
    return this.#stop(at >= this.#bytes.length ? 'truncated' : 'unexpected', at)
  }

  /** Base64 and long addresses are no text: they begin with a long run of plain characters without a space. */
  #longText(start: number, end: number): number {
    for (let i = start; i < start + mediaRunBytes; i++) {
      const byte = this.#bytes[i] ?? 0
      if (byte <= 32 || byte === backslash || byte >= 127) return end - start
    }
    return mediaBytes
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

  /** `at` is a backslash without a valid short escape: either `\uXXXX` follows, or the text is invalid. */
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
    const end = Math.min(bytes.length, at + slowBytesMax)
    let i = at
    while (i < end && bytes[i]! >= 48 && bytes[i]! <= 57) i++
    this.#slowBytes += i - at
    return i === at ? this.stopAt(i) : i
  }

  #stop(type: SyntaxFault['type'], offset: number): number {
    this.fault = { type, offset }
    return stopped
  }
}

/** 1 for bytes that stand for themselves inside a string. */
const plain = new Uint8Array(256).fill(1, 32)
plain[quote] = 0
plain[backslash] = 0

/** 1 for bytes that form a short escape after a backslash. */
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
