// Edits a body without copying it: the original bytes are sent in pieces around the few changed ranges. Numbers, member
// order and spacing reach the provider exactly as the caller wrote them.
import assert from 'node:assert/strict'
import type { WantedField } from './body-fields.ts'
import type { BodyScan } from './scan.ts'

/** Replaces the bytes [start, end) by `replacement`; start = end inserts. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly replacement: string
  /** Set when a whole member is inserted or removed. The commas around it depend on the other edits, so `spliceBody`
   *  finds them. */
  readonly member?: 'in' | 'out'
}

export interface SplicedBody {
  /** Pieces to send one after the other: views into the original body, and short buffers of our own. */
  readonly pieces: readonly Uint8Array[]
  readonly length: number
}

/** Applies the edits to the object of a scanned body. Edits may come in any order and must not overlap. */
export function spliceBody(scan: BodyScan, edits: readonly Edit[]): SplicedBody {
  const { bytes, open, close } = scan
  if (edits.length === 0) {
    const whole = open === 0 && close === bytes.length ? bytes : bytes.subarray(open, close)
    return { pieces: [whole], length: close - open }
  }
  const [first] = edits
  const ordered = edits.length === 1 && first?.member === undefined ? edits : inOrder(withCommas(scan, edits))
  const pieces: Uint8Array[] = []
  let at = open
  let length = 0
  for (const edit of ordered) {
    assert(edit.start >= at && edit.end >= edit.start && edit.end <= close, 'edits overlap or leave the body')
    const replacement = Buffer.from(edit.replacement)
    if (edit.start > at) pieces.push(bytes.subarray(at, edit.start))
    if (replacement.length > 0) pieces.push(replacement)
    length += edit.start - at + replacement.length
    at = edit.end
  }
  if (at < close) pieces.push(bytes.subarray(at, close))
  return { pieces, length: length + close - at }
}

export function editModel(scan: BodyScan, model: string): Edit {
  return editText(scan, 'model', model)
}

/** Replaces the value of a member by a string, or inserts the member. */
export function editText(scan: BodyScan, name: WantedField, text: string): Edit {
  const span = scan.field(name)
  if (span !== undefined) return { start: span.start, end: span.end, replacement: JSON.stringify(text) }
  return insertFirst(scan, `"${name}":${JSON.stringify(text)}`)
}

/** Sets `stream_options.include_usage` and keeps the other options. Undefined when it is true already. */
export function editIncludeUsage(scan: BodyScan): Edit | undefined {
  const options = scan.field('stream_options')
  if (options === undefined) return insertFirst(scan, '"stream_options":{"include_usage":true}')
  if (options.kind !== 'object') {
    return { start: options.start, end: options.end, replacement: '{"include_usage":true}' }
  }
  const usage = scan.includeUsage
  if (usage?.kind === 'true') return undefined
  if (usage !== undefined) return { start: usage.start, end: usage.end, replacement: 'true' }
  const separator = scan.hasContent('stream_options') ? ',' : ''
  return { start: options.start + 1, end: options.start + 1, replacement: `"include_usage":true${separator}` }
}

/** Removes a member; undefined when the body has no such member. */
export function editOut(scan: BodyScan, name: WantedField): Edit | undefined {
  const span = scan.field(name)
  if (span === undefined) return undefined
  const { bytes } = scan
  const colon = bytes.lastIndexOf(58, span.start)
  const nameEnd = bytes.lastIndexOf(34, colon)
  // No wanted name contains a quote, escaped or not.
  const start = bytes.lastIndexOf(34, nameEnd - 1)
  return { start, end: span.end, replacement: '', member: 'out' }
}

/** Adds a member that the body does not have. */
export function editIn(scan: BodyScan, name: string, json: string): Edit {
  return insertFirst(scan, `${JSON.stringify(name)}:${json}`)
}

/** Inserts a member before all others, so that no comma must be searched. */
function insertFirst(scan: BodyScan, member: string): Edit {
  return { start: scan.open + 1, end: scan.open + 1, replacement: member, member: 'in' }
}

function withCommas(scan: BodyScan, edits: readonly Edit[]): readonly Edit[] {
  if (edits.every(({ member }) => member === undefined)) return edits
  const runs = removedRuns(scan.bytes, edits)
  const last = runs.at(-1)
  const leavesNone = last === undefined ? scan.isEmpty() : isWhole(scan.bytes, last)
  const removals = runs.map((run) => withOneComma(scan.bytes, run))
  const members = edits.filter(({ member }) => member === 'in').map(({ replacement }) => replacement)
  const changes = edits.filter(({ member }) => member === undefined)
  if (members.length === 0) return [...changes, ...removals]
  const insertion = insertFirst(scan, members.join(',') + (leavesNone ? '' : ','))
  return [insertion, ...changes, ...removals]
}

/** Adjacent removed members are merged into one edit: both would take the comma between them. */
function removedRuns(bytes: Buffer, edits: readonly Edit[]): readonly Edit[] {
  const runs: Edit[] = []
  for (const edit of inOrder(edits.filter(({ member }) => member === 'out'))) {
    const run = runs.at(-1)
    const comma = run === undefined ? -1 : skipSpaces(bytes, run.end, 1)
    const joined = run !== undefined && bytes[comma] === 44 && skipSpaces(bytes, comma + 1, 1) === edit.start
    if (joined) runs[runs.length - 1] = { ...run, end: edit.end }
    else runs.push(edit)
  }
  return runs
}

function isWhole(bytes: Buffer, { start, end }: Edit): boolean {
  return bytes[skipSpaces(bytes, start - 1, -1)] === 123 && bytes[skipSpaces(bytes, end, 1)] === 125
}

function withOneComma(bytes: Buffer, run: Edit): Edit {
  const after = skipSpaces(bytes, run.end, 1)
  if (bytes[after] === 44) return { ...run, end: after + 1 }
  const before = skipSpaces(bytes, run.start - 1, -1)
  return bytes[before] === 44 ? { ...run, start: before } : run
}

/** Sorts by offset: an insertion comes before a change at the same byte, and insertions keep their order. */
function inOrder(edits: readonly Edit[]): readonly Edit[] {
  return edits.length === 1 ? edits : [...edits].sort((a, b) => a.start - b.start || a.end - b.end)
}

function skipSpaces(bytes: Buffer, from: number, step: 1 | -1): number {
  let at = from
  while (bytes[at] === 32 || bytes[at] === 10 || bytes[at] === 13 || bytes[at] === 9) at += step
  return at
}
