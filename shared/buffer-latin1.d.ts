// Node's Buffer has had this method since its first versions and uses it itself; the type package leaves it out. It is
// twice as fast as `toString('latin1')` on the short slices of a stream.
declare global {
  interface Buffer {
    latin1Slice(start?: number, end?: number): string
  }
}

export {}
