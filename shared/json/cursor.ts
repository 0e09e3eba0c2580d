// Walks JSON text as bytes without building values. Strings are skipped with `indexOf`, which runs at memory speed, so
// an image of 256 KB in base64 costs one call; only text with many escapes is read byte by byte. Grammar: RFC 8259. Two
// differences from JSON.parse are intended: an escaped lone surrogate is refused, because parsers disagree about it,
// and a raw control character inside a long string is not detected: that would cost a look at every byte. A text can be read in slices.
import { escapeEnd, loneSurrogate, shortEscape } from './escapes.ts'
import { type SyntaxFault, slowBytesMax, strictBytesMax, valuesMax } from './limits.ts'
import { longBytes, textWeight } from './text-weight.ts'

/** Returned by the functions of a cursor instead of an offset when they set `fault`. */
export const stopped = -1
/** Returned by `skipValue` and `resumeValue` at the end of a slice: `resumeValue` goes on. */
export const paused = -2

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
  /** Where the slice ends; the limits of the text where it is read in one piece. */
  #valuesStop = valuesMax
  #slowStop = slowBytesMax
  // Where a pause was: before a value or a name, inside how many containers, and where within its string, −1 for in none.
  #pausedAt = 0
  #pausedOpen = 0
  #pausedInName = false
  #stringAt = -1
  #stringEnd = -1

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
    this.#valuesStop = valuesMax
    this.#slowStop = slowBytesMax
    this.#stringAt = -1
  }

  /** Sets the end of the next slice: after it `skipValue` and `resumeValue` return `paused`. */
  allow(values: number, slowBytes: number): void {
    this.#valuesStop = Math.min(valuesMax, this.values + values)
    this.#slowStop = Math.min(slowBytesMax, this.#slowBytes + slowBytes)
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
    if (this.#stringAt !== -1) {
      i = this.#stringAt
      end = this.#stringEnd
      this.#stringAt = -1
    }
    for (;;) {
      const near = Math.min(this.strict ? at + strictBytesMax : i + nearBytes, bytes.length)
      while (i < near && plain[bytes[i]!] === 1) i++
      if (this.strict && i >= near && near < bytes.length) return this.#stop('too-long', i)
      if (i < near) {
        if (bytes[i] === quote) {
          if (this.strict) this.#slowBytes += i - at
          return i + 1
        }
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
      if (this.#slowBytes >= this.#slowStop && !this.strict) return this.#stopInString(i, end)
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
    return this.#skipWithin(depth, depth, at)
  }

  /** Goes on behind a pause; `depth` is that of `skipValue`. */
  resumeValue(depth: number): number {
    const i = this.#pausedInName ? this.#skipKey(this.#pausedAt) : this.#pausedAt
    return i < 0 ? i : this.#skipWithin(depth, this.#pausedOpen, i)
  }

  #skipWithin(depth: number, openBefore: number, at: number): number {
    const bytes = this.#bytes
    const inObject = this.#inObject
    let open = openBefore
    let i = at
    for (;;) {
      i = this.skipSpace(i)
      if (++this.values > this.#valuesStop || this.#slowBytes >= this.#slowStop) return this.#leaveBefore(i, open)
      const first = bytes[i]
      if (first === quote) {
        const start = i + 1
        i = this.skipString(start)
        if (i < 0) return this.#leaveValue(i, start - 1, open)
        if (open > depth) this.textBytes += i - start > longBytes ? textWeight(bytes, start, i - 1) : i - 1 - start
      } else if (first === openBrace || first === openBracket) {
        if (++open > this.#depthMax) return this.#stop('too-deep', i)
        inObject[open] = first === openBrace ? 1 : 0
        i = this.skipSpace(i + 1)
        if (bytes[i] === (first === openBrace ? closeBrace : closeBracket)) {
          open--
          i++
        } else {
          if (first === openBrace) i = this.#skipKey(i)
          if (i < 0) return this.#leaveName(i, open)
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
      if (i < 0) return this.#leaveName(i, open)
    }
  }

  /** Notes where a pause is: `why` is `paused`, or `stopped`. */
  #leaveValue(why: number, at: number, open: number): number {
    this.values--
    this.#pausedAt = at
    this.#pausedOpen = open
    this.#pausedInName = false
    return why
  }

  /** The same within a name, whose place `#skipKey` has noted. */
  #leaveName(why: number, open: number): number {
    this.#pausedOpen = open
    this.#pausedInName = true
    return why
  }

  /** Ends a slice before the value at `at`, or the scan where the text has too much. */
  #leaveBefore(at: number, open: number): number {
    if (this.values > valuesMax) return this.#stop('too-many-values', at)
    return this.#slowBytes >= slowBytesMax ? this.#stop('too-slow', at) : this.#leaveValue(paused, at, open)
  }

  /** Ends a slice at an escape within a string. */
  #stopInString(at: number, end: number): number {
    if (this.#slowBytes >= slowBytesMax) return this.#stop('too-slow', at)
    this.#slowBytes -= 2
    this.#stringAt = at
    this.#stringEnd = end
    return paused
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

  #skipKey(at: number): number {
    const i = this.skipSpace(at)
    if (this.#bytes[i] !== quote) return this.stopAt(i)
    this.#pausedAt = i
    const end = this.skipString(i + 1)
    return end < 0 ? end : this.skipColon(end)
  }

  #nextEscape(at: number): number {
    if (this.#escapeAt >= at) return this.#escapeAt
    const found = this.#bytes.indexOf(backslash, at)
    this.#escapeAt = found === -1 ? this.#bytes.length : found
    return this.#escapeAt
  }

  /** `at` is a backslash without a valid short escape: either `\uXXXX` follows, or the text is invalid. */
  #skipLongEscape(at: number): number {
    const end = escapeEnd(this.#bytes, at)
    return end >= 0 ? end : end === loneSurrogate ? this.#stop('lone-surrogate', at) : this.stopAt(-end)
  }

  #skipScalar(at: number): number {
    const first = this.#bytes[at]
    if (first === 116) return this.#skipWord(at, 'true')
    if (first === 102) return this.#skipWord(at, 'false')
    return first === 110 ? this.#skipWord(at, 'null') : this.#skipNumber(at)
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

function isSpace(byte: number): boolean {
  return byte === 32 || byte === 10 || byte === 13 || byte === 9
}
