// Scans a large body in slices of bounded work.
import { isUtf8 } from 'node:buffer'
import type { Slices } from '../work/slices.ts'
import { paused } from './cursor.ts'
import type { Span } from './members.ts'
import { type BodyScan, beginBody, beginLine, bodyOfLine, endBody, Scanner, type Slice } from './scan.ts'
import type { ScanProblem } from './scan-problem.ts'

/** About 2 ms of work. */
const usualSlice: Slice = { values: 20_000, slowBytes: 64 << 10 }
const utf8Bytes = 4 << 20

/** Does what `scanBody` does, except that text which is no object is not looked at any further. */
export function* scanBodyInSlices(bytes: Buffer, out: BodyScan, slice = usualSlice): Slices<ScanProblem | undefined> {
  out.bytes = bytes
  if (!(yield* isUtf8InSlices(bytes))) return { type: 'invalid_utf8' }
  return yield* walkBody(bytes, out, slice)
}

/** Does what `scanBatchLine` does. */
export function* scanLineInSlices(
  line: Buffer,
  out: BodyScan,
  slice = usualSlice,
): Slices<ScanProblem | { readonly bodyStart: number }> {
  if (!(yield* isUtf8InSlices(line))) return { type: 'invalid_utf8' }
  const scanner = new Scanner()
  const found: (Span | undefined)[] = []
  const end = yield* untilEnd(scanner, beginLine(scanner, line, found, slice), slice)
  const body = bodyOfLine(scanner, end, line, found)
  if ('type' in body) return body
  out.bytes = line.subarray(body.start, body.end)
  return (yield* walkBody(out.bytes, out, slice)) ?? { bodyStart: body.start }
}

function* walkBody(bytes: Buffer, out: BodyScan, slice: Slice): Slices<ScanProblem | undefined> {
  const scanner = new Scanner()
  return endBody(scanner, yield* untilEnd(scanner, beginBody(scanner, bytes, out, slice), slice), out)
}

function* untilEnd({ cursor, walk }: Scanner, begun: number | ScanProblem, slice: Slice): Slices<number | ScanProblem> {
  let end = begun
  while (end === paused) {
    yield
    cursor.allow(slice.values, slice.slowBytes)
    end = walk.resume()
  }
  return end
}

function* isUtf8InSlices(bytes: Buffer): Slices<boolean> {
  for (let start = 0; start < bytes.length; ) {
    const end = characterStart(bytes, Math.min(start + utf8Bytes, bytes.length))
    if (!isUtf8(bytes.subarray(start, end))) return false
    start = end
    yield
  }
  return true
}

/** The offset `at`, or the start of the character that it cuts. */
function characterStart(bytes: Buffer, at: number): number {
  if (at === bytes.length) return at
  let start = at
  while (at - start < 3 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start--
  return start
}
