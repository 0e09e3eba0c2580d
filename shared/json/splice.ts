// Changes a body without copying it: the original bytes go out untouched, in pieces around the few ranges that change. So
// numbers, member order and spacing reach the provider exactly as the caller wrote them.
import assert from 'node:assert/strict'
import type { BodyScan, WantedField } from './scan.ts'

/** Bytes [start, end) become `replacement`; start = end inserts. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly replacement: string
}

export interface SplicedBody {
  /** To be sent one after the other; views into the original body and short buffers of our own. */
  readonly pieces: readonly Uint8Array[]
  readonly length: number
}

/** The object of a scanned body with the edits made. Edits may come in any order and must not overlap. */
export function spliceBody(scan: BodyScan, edits: readonly Edit[]): SplicedBody {
  const { bytes, open, close } = scan
  if (edits.length === 0) {
    const whole = open === 0 && close === bytes.length ? bytes : bytes.subarray(open, close)
    return { pieces: [whole], length: close - open }
  }
  const pieces: Uint8Array[] = []
  let at = open
  let length = 0
  for (const edit of inOrder(edits)) {
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

/** Puts another model into the body; a body without `model` gets one. */
export function editModel(scan: BodyScan, model: string): Edit {
  const span = scan.field('model')
  if (span !== undefined) return { start: span.start, end: span.end, replacement: JSON.stringify(model) }
  return insertFirst(scan, `"model":${JSON.stringify(model)}`)
}

/** Makes `stream_options.include_usage` true and keeps the other options; undefined when it is true already. */
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

/** `member` in front of all others, so that no comma has to be looked for. */
function insertFirst(scan: BodyScan, member: string): Edit {
  const separator = scan.isEmpty() ? '' : ','
  return { start: scan.open + 1, end: scan.open + 1, replacement: member + separator }
}

/** By place; an insertion comes before a change that starts at the same byte, and insertions keep their order. */
function inOrder(edits: readonly Edit[]): readonly Edit[] {
  return edits.length === 1 ? edits : [...edits].sort((a, b) => a.start - b.start || a.end - b.end)
}

/** Takes a member out, with one of the commas around it; undefined when the body has no such member. */
export function editOut(scan: BodyScan, name: WantedField): Edit | undefined {
  const span = scan.field(name)
  if (span === undefined) return undefined
  const { bytes } = scan
  const colon = bytes.lastIndexOf(58, span.start)
  const nameEnd = bytes.lastIndexOf(34, colon)
  // No wanted name has a quote in it, escaped or not.
  const start = bytes.lastIndexOf(34, nameEnd - 1)
  const after = skipSpaces(bytes, span.end, 1)
  if (bytes[after] === 44) return { start, end: after + 1, replacement: '' }
  const before = skipSpaces(bytes, start - 1, -1)
  return { start: bytes[before] === 44 ? before : start, end: span.end, replacement: '' }
}

function skipSpaces(bytes: Buffer, from: number, step: 1 | -1): number {
  let at = from
  while (bytes[at] === 32 || bytes[at] === 10 || bytes[at] === 13 || bytes[at] === 9) at += step
  return at
}
