// What one JSON text may have, and what is told of one that is wrong. Each bound is on work: a text within all of them costs little more
// than its bytes.

/** The values of one text. A value costs about 30 ns to skip and 100 bytes to keep in its parsed form. */
export const valuesMax = 500_000
/** The white space, digits, escapes and decoded strings of one text: bytes that are read one by one, at about 4 ns each. */
export const slowBytesMax = 8 << 20
/** The bytes of one name, or of one value that is decoded: they are read several times. */
export const strictBytesMax = 64 << 10
/** Members of one object that is walked. */
export const membersMax = 1_024

export type SyntaxFault =
  | { readonly type: 'unexpected'; readonly offset: number }
  | { readonly type: 'truncated'; readonly offset: number }
  | { readonly type: 'too-deep'; readonly offset: number }
  | { readonly type: 'lone-surrogate'; readonly offset: number }
  | { readonly type: 'too-many-values'; readonly offset: number }
  | { readonly type: 'too-slow'; readonly offset: number }
  | { readonly type: 'too-long'; readonly offset: number }
