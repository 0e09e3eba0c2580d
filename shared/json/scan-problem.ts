// What is wrong with a body, in the words of the scan.
import { bounds } from '../bounds.ts'
import type { JsonCursor } from './cursor.ts'
import { membersMax, type SyntaxFault, slowBytesMax, strictBytesMax, valuesMax } from './limits.ts'
import type { MemberWalk } from './members.ts'

/** `line` and `column` count from 1; the column counts bytes. */
export type ScanProblem =
  | { readonly type: 'empty_body' }
  | { readonly type: 'invalid_utf8' }
  | { readonly type: 'invalid_json'; readonly line: number; readonly column: number; readonly truncated: boolean }
  | { readonly type: 'lone_surrogate'; readonly line: number; readonly column: number }
  | { readonly type: 'too_deep'; readonly depthMax: number; readonly line: number; readonly column: number }
  | { readonly type: 'duplicate_key'; readonly key: string; readonly parent?: 'stream_options' }
  | {
      readonly type: 'ambiguous_key'
      readonly key: string
      readonly wanted: string
      readonly parent?: 'stream_options'
    }
  | { readonly type: 'too_complex'; readonly what: string }
  | { readonly type: 'not_an_object' }
  | { readonly type: 'forbidden_param'; readonly param: string }

interface Stopped {
  readonly cursor: JsonCursor
  readonly walk: MemberWalk
}

/** The problem for which a scan stopped. */
export function problemOfStop({ cursor, walk }: Stopped, bytes: Buffer, parent?: 'stream_options'): ScanProblem {
  return cursor.fault === undefined ? problemOfNames(walk, parent) : problemOfFault(cursor.fault, bytes)
}

function problemOfFault({ type, offset }: SyntaxFault, bytes: Buffer): ScanProblem {
  switch (type) {
    case 'too-deep':
      return { type: 'too_deep', depthMax: bounds.jsonDepthMax, ...placeOf(bytes, offset) }
    case 'lone-surrogate':
      return { type: 'lone_surrogate', ...placeOf(bytes, offset) }
    case 'too-many-values':
      return { type: 'too_complex', what: `${valuesMax.toLocaleString('en')} values` }
    case 'too-slow':
      return { type: 'too_complex', what: `${slowBytesMax >> 20} MiB of white space, escapes and digits` }
    case 'too-long':
      return { type: 'too_complex', what: `${strictBytesMax >> 10} KiB in one name or setting` }
    default:
      return { type: 'invalid_json', truncated: type === 'truncated', ...placeOf(bytes, offset) }
  }
}

/** The problem for which the walk stopped at a name, or at their number. */
function problemOfNames({ lookalike, hasTooMany, duplicate = '' }: MemberWalk, parent?: 'stream_options'): ScanProblem {
  const within = parent === undefined ? {} : { parent }
  if (lookalike !== undefined)
    return { type: 'ambiguous_key', key: lookalike.name, wanted: lookalike.wanted, ...within }
  if (hasTooMany) return { type: 'too_complex', what: `${membersMax.toLocaleString('en')} members` }
  return { type: 'duplicate_key', key: duplicate, ...within }
}

/** Lines are counted up to here; farther on, the place is told as if the rest were one line. */
const linesCountedBytes = 1 << 20
const lineFeed = 10

function placeOf(bytes: Buffer, offset: number): { line: number; column: number } {
  let line = 1
  let lineStart = hasByteOrderMark(bytes) ? 3 : 0
  const last = Math.min(offset, linesCountedBytes)
  for (let i = lineStart; i < last; i++) {
    if (bytes[i] !== lineFeed) continue
    line++
    lineStart = i + 1
  }
  return { line, column: offset - lineStart + 1 }
}

/** Whether the text begins with a byte order mark. */
export function hasByteOrderMark(bytes: Buffer): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
}
