// Reads what the gateway must know from a request body in one pass over its bytes, without building an object: the same
// bytes are sent to the provider. JSON.parse of a body with an image costs ten times the rest of the request.
import { isUtf8 } from 'node:buffer'
import { bounds } from '../bounds.ts'
import { JsonCursor, slowBytesMax, stopped, valuesMax } from './cursor.ts'
import { decodedText, MemberWalk, membersMax, NameTable, type Span } from './members.ts'

const wanted = [
  'model',
  'models',
  'messages',
  'stream',
  'stream_options',
  'user',
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'input',
  'prompt',
  'query',
  'n',
  'store',
  'previous_response_id',
  'conversation',
  'background',
  'system',
  'instructions',
  'service_tier',
  'serviceTier',
  'speed',
  'anthropic_version',
] as const
export type WantedField = (typeof wanted)[number]

/** Members that are text for the model where they are strings. */
const texts = ['input', 'prompt', 'query', 'system', 'instructions'] as const satisfies WantedField[]

// A caller who could set these members would choose where our credential is sent (CVE-2024-6587).
const forbidden = ['api_base', 'base_url', 'api_key', 'extra_headers', 'custom_llm_provider'] as const

/** Whether callers must not set a member of this name, in any format of the body. */
export function isForbidden(name: string): boolean {
  return (forbidden as readonly string[]).includes(name)
}

/** The wanted or forbidden name that a reader who does not look at the case would take this one for; undefined for none. */
export function lookalikeOf(name: string): string | undefined {
  return bodyNames.lookalike(name)
}

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
  | { readonly type: 'forbidden_param'; readonly param: (typeof forbidden)[number] }

const fieldIndex = Object.fromEntries(wanted.map((name, index) => [name, index])) as Record<WantedField, number>
const noBytes = Buffer.alloc(0)
const bodyNames = new NameTable([...wanted, ...forbidden], ['messages', 'input', 'prompt', 'system', 'instructions'])
const optionNames = new NameTable(['include_usage'])
const cursor = new JsonCursor()
const walk = new MemberWalk(cursor)

/** The result of a scan. It is valid as long as its bytes are, and each request has its own, since a stream may outlive
 *  the next scan. */
export class BodyScan {
  bytes: Buffer = noBytes
  /** The offset of the opening brace; > 0 after a byte order mark or spaces. */
  open = 0
  /** The offset after the closing brace. */
  close = 0
  readonly #spans: (Span | undefined)[] = []
  /** Bytes of the strings within the lists and objects of the body. */
  nestedTextBytes = 0
  /** Values of the body, with those inside of others. */
  values = 0
  /** The value of `stream_options.include_usage`. */
  includeUsage: Span | undefined

  /** The span of a member; undefined when the body has none of that name. */
  field(name: WantedField): Span | undefined {
    return this.#spans[fieldIndex[name]]
  }

  /** The decoded text of a string member; undefined for any other value. */
  text(name: WantedField): string | undefined {
    const span = this.field(name)
    return span?.kind === 'string' ? decodedText(this.bytes, span.start + 1, span.end - 1) : undefined
  }

  /** The value of a number member; Infinity for huge numbers, as in JSON.parse. */
  number(name: WantedField): number | undefined {
    const span = this.field(name)
    return span?.kind === 'number' ? Number(this.bytes.toString('latin1', span.start, span.end)) : undefined
  }

  /** Bytes of the text that a model is given: of all strings but the settings beside the messages. */
  get textBytes(): number {
    let bytes = this.nestedTextBytes
    for (const name of texts) {
      const span = this.field(name)
      if (span?.kind === 'string') bytes += span.end - span.start - 2
    }
    return bytes
  }

  /** Whether a member is a non-empty array or object. */
  hasContent(name: WantedField): boolean {
    const span = this.field(name)
    if (span === undefined || (span.kind !== 'array' && span.kind !== 'object')) return false
    cursor.open(this.bytes, bounds.jsonDepthMax)
    return cursor.skipSpace(span.start + 1) !== span.end - 1
  }

  /** Whether the body is `{}`. */
  isEmpty(): boolean {
    cursor.open(this.bytes, bounds.jsonDepthMax)
    return cursor.skipSpace(this.open + 1) === this.close - 1
  }

  /** The spans by field index, for `scanBody` to fill. */
  spans(): (Span | undefined)[] {
    return this.#spans
  }
}

/** Fills `out`, which must be new, or returns the first problem. */
export function scanBody(bytes: Buffer, out: BodyScan): ScanProblem | undefined {
  out.bytes = bytes
  if (!isUtf8(bytes)) return { type: 'invalid_utf8' }
  cursor.open(bytes, bounds.jsonDepthMax)
  const first = cursor.skipSpace(hasByteOrderMark(bytes) ? 3 : 0)
  if (first === bytes.length) return { type: 'empty_body' }
  if (bytes[first] !== 123) return problemOfOther(bytes, first)
  const spans = out.spans()
  const end = walk.walk(bytes, first, 1, bodyNames, spans)
  if (end === stopped) return problemOfStop(bytes)
  if (cursor.skipSpace(end) !== bytes.length) {
    cursor.stopAt(cursor.skipSpace(end))
    return problemOfStop(bytes)
  }
  out.open = first
  out.close = end
  out.nestedTextBytes = cursor.textBytes
  out.values = cursor.values
  for (let i = wanted.length; i < spans.length; i++) {
    const param = spans[i] === undefined ? undefined : forbidden[i - wanted.length]
    if (param !== undefined) return { type: 'forbidden_param', param }
  }
  const options = spans[fieldIndex.stream_options]
  return options?.kind === 'object' ? scanStreamOptions(bytes, options, out) : undefined
}

const lineNames = new NameTable(['body'])

/** Scans a line of a batch file. `out` becomes the scan of its `body`, which begins at `bodyStart`. */
export function scanBatchLine(line: Buffer, out: BodyScan): ScanProblem | { readonly bodyStart: number } {
  if (!isUtf8(line)) return { type: 'invalid_utf8' }
  cursor.open(line, bounds.jsonDepthMax + 1)
  const first = cursor.skipSpace(0)
  if (line[first] !== 123) return { type: 'not_an_object' }
  const found: (Span | undefined)[] = []
  const end = walk.walk(line, first, 1, lineNames, found)
  if (end === stopped) return problemOfStop(line)
  if (cursor.skipSpace(end) !== line.length) {
    cursor.stopAt(cursor.skipSpace(end))
    return problemOfStop(line)
  }
  const [body] = found
  if (body?.kind !== 'object') return { type: 'not_an_object' }
  return scanBody(line.subarray(body.start, body.end), out) ?? { bodyStart: body.start }
}

function scanStreamOptions(bytes: Buffer, options: Span, out: BodyScan): ScanProblem | undefined {
  const found: (Span | undefined)[] = []
  if (walk.walk(bytes, options.start, 2, optionNames, found) === stopped) return problemOfNames('stream_options')
  out.includeUsage = found[0]
  return undefined
}

function problemOfOther(bytes: Buffer, first: number): ScanProblem {
  const end = cursor.skipValue(first, 0)
  if (end === stopped) return problemOfStop(bytes)
  const rest = cursor.skipSpace(end)
  if (rest === bytes.length) return { type: 'not_an_object' }
  cursor.stopAt(rest)
  return problemOfStop(bytes)
}

function problemOfStop(bytes: Buffer): ScanProblem {
  const fault = cursor.fault
  if (fault === undefined) return problemOfNames()
  const place = placeOf(bytes, fault.offset)
  switch (fault.type) {
    case 'too-deep':
      return { type: 'too_deep', depthMax: bounds.jsonDepthMax, ...place }
    case 'lone-surrogate':
      return { type: 'lone_surrogate', ...place }
    case 'too-many-values':
      return { type: 'too_complex', what: `${valuesMax.toLocaleString('en')} values` }
    case 'too-slow':
      return { type: 'too_complex', what: `${slowBytesMax >> 20} MiB of white space, escapes and digits` }
    default:
      return { type: 'invalid_json', truncated: fault.type === 'truncated', ...place }
  }
}

/** The problem for which the walk stopped at a name, or at their number. */
function problemOfNames(parent?: 'stream_options'): ScanProblem {
  const { lookalike, hasTooMany, duplicate = '' } = walk
  const within = parent === undefined ? {} : { parent }
  if (lookalike !== undefined)
    return { type: 'ambiguous_key', key: lookalike.name, wanted: lookalike.wanted, ...within }
  if (hasTooMany) return { type: 'too_complex', what: `${membersMax.toLocaleString('en')} members` }
  return { type: 'duplicate_key', key: duplicate, ...within }
}

/** Lines are counted up to here; farther on, the place is told as if the rest were one line. */
const linesCountedBytes = 1 << 20

function placeOf(bytes: Buffer, offset: number): { line: number; column: number } {
  let line = 1
  let lineStart = hasByteOrderMark(bytes) ? 3 : 0
  const last = Math.min(offset, linesCountedBytes)
  for (;;) {
    const end = bytes.indexOf(10, lineStart)
    if (end === -1 || end >= last) return { line, column: offset - lineStart + 1 }
    line++
    lineStart = end + 1
  }
}

function hasByteOrderMark(bytes: Buffer): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
}
