// How much text a long string counts as, for estimates of tokens.

/** A string longer than this may be an image. */
export const longBytes = 1_024
const mediaRunBytes = 96
/** The bytes that an image counts, whatever its size: as much as 1,500 tokens of text. */
const mediaBytes = 6_000
const backslash = 92

/** The bytes of text in the long string [start, end). Base64 and long addresses are no text: they begin with a long run of plain
 *  characters without a space. */
export function textWeight(bytes: Buffer, start: number, end: number): number {
  for (let i = start; i < start + mediaRunBytes; i++) {
    const byte = bytes[i] ?? 0
    if (byte <= 32 || byte === backslash || byte >= 127) return end - start
  }
  return mediaBytes
}
