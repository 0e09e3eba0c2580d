// Keys of 32 bytes, as the environment and files hold them.

/** Keys of one purpose: the first one seals or signs, and readers try them all. */
export type KeyList = readonly [current: Uint8Array, ...accepted: Uint8Array[]]

export type MasterKeys = KeyList

/** Returns undefined for anything but 32 bytes in base64 that are not all zero. */
export function parseKey32(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.length === 32 && bytes.some((byte) => byte !== 0) ? new Uint8Array(bytes) : undefined
}

/** Parses keys that are separated by commas or by line ends, as in a file with a key per line. */
export function parseKeys32(text: string): Uint8Array[] | undefined {
  const parts = text.split(/[,\s]+/).filter((part) => part !== '')
  const keys = parts.map(parseKey32).filter((key) => key !== undefined)
  return keys.length === parts.length ? keys : undefined
}
