// Work on something large, cut into slices of bounded work: each `yield` is the end of one, after which something else may run.
// Nothing else may run where the work is done at once.

export type Slices<Value> = Generator<void, Value>

/** Does all of the work at once. */
export function atOnce<Value>(slices: Slices<Value>): Value {
  for (;;) {
    const step = slices.next()
    if (step.done === true) return step.value
  }
}

/** The bytes that are copied in one slice. */
const copiedBytes = 4 << 20

/** The bytes of all pieces in one buffer. */
export function* joined(pieces: readonly Uint8Array[]): Slices<Buffer> {
  const whole = Buffer.allocUnsafeSlow(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  let slice = 0
  for (const piece of pieces) {
    for (let from = 0; from < piece.length; from += copiedBytes) {
      const part = piece.subarray(from, from + copiedBytes)
      whole.set(part, at)
      at += part.length
      slice += part.length + pieceCost
      if (slice < copiedBytes) continue
      slice = 0
      yield
    }
  }
  return whole
}

/** What a short piece costs, in bytes that are copied at that time. */
const pieceCost = 512

/** The bytes that are searched in one slice. A search costs at most about 10 ns for a byte, whatever stands there. */
const searchedBytes = 1 << 20

/** The offset of the first occurrence of `text` in the bytes [from, to); −1 where there is none. */
export function* searched(bytes: Buffer, text: Uint8Array, from = 0, to = bytes.length): Slices<number> {
  for (let start = from; start < to; start += searchedBytes) {
    const end = Math.min(to, start + searchedBytes + text.length - 1)
    const found = bytes.subarray(start, end).indexOf(text)
    if (found >= 0) return start + found
    yield
  }
  return -1
}
