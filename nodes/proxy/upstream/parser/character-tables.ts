// Classes of characters in HTTP/1.1 (RFC 9110, 5.5 and 5.6), as tables by byte.

export const CR = 13
export const LF = 10

/** 1 for the characters of a token: names of headers, methods. */
export const isToken = new Uint8Array(256)
for (const character of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") {
  isToken[character.charCodeAt(0)] = 1
}

/** 1 for the characters of a header's value: everything but control characters. */
export const isText = new Uint8Array(256).fill(1, 32)
isText[9] = 1
isText[127] = 0

/** Value of a hexadecimal digit, 16 for any other character. */
export const hexDigit = new Uint8Array(256).fill(16)
for (let digit = 0; digit < 16; digit++) {
  const character = digit.toString(16)
  hexDigit[character.charCodeAt(0)] = digit
  hexDigit[character.toUpperCase().charCodeAt(0)] = digit
}

export function isBlank(byte: number): boolean {
  return byte === 32 || byte === 9
}
