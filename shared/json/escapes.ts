// Escapes in JSON strings: the short ones, and `\uXXXX`, alone or as a surrogate pair.

/** 1 for bytes that form a short escape after a backslash. */
export const shortEscape = new Uint8Array(256)
for (const byte of Buffer.from('"/\\bfnrt')) shortEscape[byte] = 1

const backslash = 92
const letterU = 117

/** Returned by `escapeEnd` for half of a surrogate pair. */
export const loneSurrogate = Number.NEGATIVE_INFINITY

/** The end of the long escape at `at`. For bytes that are none: `loneSurrogate`, or the offset of the first wrong byte, negated. */
export function escapeEnd(bytes: Buffer, at: number): number {
  if (bytes[at + 1] !== letterU) return -(at + 1)
  const unit = unitAt(bytes, at + 2)
  if (unit < 0) return unit
  if (unit < 0xd800 || unit > 0xdfff) return at + 6
  if (unit > 0xdbff || bytes[at + 6] !== backslash || bytes[at + 7] !== letterU) return loneSurrogate
  const second = unitAt(bytes, at + 8)
  if (second < 0) return second
  return second >= 0xdc00 && second <= 0xdfff ? at + 12 : loneSurrogate
}

/** The code unit of four hexadecimal digits, or the offset of the first byte that is none, negated. */
function unitAt(bytes: Buffer, at: number): number {
  let unit = 0
  for (let i = at; i < at + 4; i++) {
    const digit = hexDigit(bytes[i])
    if (digit === -1) return -i
    unit = unit * 16 + digit
  }
  return unit
}

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1
  if (byte >= 48 && byte <= 57) return byte - 48
  const lower = byte | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}
