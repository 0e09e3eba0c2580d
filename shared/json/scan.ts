// Reads what the gateway must know from a request body in one pass over its bytes, without building an object: the same
// bytes are sent to the provider. JSON.parse of a body with an image costs ten times the rest of the request.
import { isUtf8 } from 'node:buffer'
import { bounds } from '../bounds.ts'
import { fieldOf, forbiddenFields, type WantedField, wantedFields } from './body-fields.ts'
import { JsonCursor, stopped } from './cursor.ts'
import { decodedText, MemberWalk, NameTable, type Span } from './members.ts'
import { hasByteOrderMark, problemOfStop, type ScanProblem } from './scan-problem.ts'

/** Members that are text for the model where they are strings. */
const texts = ['input', 'prompt', 'query', 'system', 'instructions'] as const satisfies WantedField[]

/** The wanted or forbidden name that a reader who does not look at the case would take this one for; undefined for none. */
export function lookalikeOf(name: string): string | undefined {
  return bodyNames.lookalike(name)
}

/** Digits whose value is read without making a string of them. */
const smallDigitsMax = 9

const textIndexes = texts.map((name) => fieldOf[name])
const noBytes = Buffer.alloc(0)
const bodyNames = new NameTable(
  [...wantedFields, ...forbiddenFields],
  ['messages', 'input', 'prompt', 'query', 'system', 'instructions', 'generationConfig', 'generation_config'],
)
const lineNames = new NameTable(['body'])
const optionNames = new NameTable(['include_usage'])
/** The bytes of `stream_options`, which are read a second time. */
const optionsBytesMax = 64 << 10

/** What one scan needs at a time. A scan in slices has its own, because others run between its slices. */
export class Scanner {
  readonly cursor = new JsonCursor()
  readonly walk = new MemberWalk(this.cursor)
}

/** The work of one slice. */
export interface Slice {
  readonly values: number
  readonly slowBytes: number
}

const scanner = new Scanner()
const { cursor } = scanner

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
    return this.#spans[fieldOf[name]]
  }

  /** The same, by the number that `fieldOf` has for a name. */
  fieldAt(field: number): Span | undefined {
    return this.#spans[field]
  }

  /** The decoded text of a string member; undefined for any other value. */
  text(name: WantedField): string | undefined {
    return this.textAt(fieldOf[name])
  }

  textAt(field: number): string | undefined {
    const span = this.#spans[field]
    return span?.kind === 'string' ? decodedText(this.bytes, span.start + 1, span.end - 1) : undefined
  }

  /** The value of a number member; Infinity for huge numbers, as in JSON.parse. */
  number(name: WantedField): number | undefined {
    return this.numberAt(fieldOf[name])
  }

  numberAt(field: number): number | undefined {
    const span = this.#spans[field]
    if (span?.kind !== 'number') return undefined
    return smallCount(this.bytes, span.start, span.end) ?? Number(this.bytes.toString('latin1', span.start, span.end))
  }

  /** The number of a member as a lenient server takes it, also of a text with a number. Undefined where there is none (null is
   *  none); NaN for a value of which nobody knows what a server makes. */
  amount(name: WantedField): number | undefined {
    return this.amountAt(fieldOf[name])
  }

  amountAt(field: number): number | undefined {
    const span = this.#spans[field]
    if (span === undefined || span.kind === 'null') return undefined
    if (span.kind === 'number') return this.numberAt(field)
    const text = this.textAt(field)?.trim() ?? ''
    return text === '' ? Number.NaN : Number(text)
  }

  /** Bytes of the text that a model is given: of all strings but the settings beside the messages. */
  get textBytes(): number {
    let bytes = this.nestedTextBytes
    for (const index of textIndexes) {
      const span = this.#spans[index]
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

/** The value of a few digits, without a string of them; undefined for everything else that is a number. */
function smallCount(bytes: Uint8Array, start: number, end: number): number | undefined {
  if (end - start > smallDigitsMax) return undefined
  let value = 0
  for (let i = start; i < end; i++) {
    const digit = (bytes[i] ?? 0) - 48
    if (digit < 0 || digit > 9) return undefined
    value = value * 10 + digit
  }
  return value
}

/** Fills `out`, which must be new, or returns the first problem. */
export function scanBody(bytes: Buffer, out: BodyScan): ScanProblem | undefined {
  out.bytes = bytes
  if (!isUtf8(bytes)) return { type: 'invalid_utf8' }
  return endBody(scanner, beginBody(scanner, bytes, out), out)
}

/** Scans a line of a batch file. `out` becomes the scan of its `body`, which begins at `bodyStart`. */
export function scanBatchLine(line: Buffer, out: BodyScan): ScanProblem | { readonly bodyStart: number } {
  if (!isUtf8(line)) return { type: 'invalid_utf8' }
  const found: (Span | undefined)[] = []
  const body = bodyOfLine(scanner, beginLine(scanner, line, found), line, found)
  if ('type' in body) return body
  return scanBody(line.subarray(body.start, body.end), out) ?? { bodyStart: body.start }
}

// ── a scan in steps ──────────────────────────────────────────────────────────────────────────────────────────────────

/** Walks the body until its end. Returns what `MemberWalk.walk` returns; a problem where the text is no object. */
export function beginBody(scanner: Scanner, bytes: Buffer, out: BodyScan, slice?: Slice): number | ScanProblem {
  const { cursor, walk } = scanner
  cursor.open(bytes, bounds.jsonDepthMax)
  const first = cursor.skipSpace(hasByteOrderMark(bytes) ? 3 : 0)
  if (first === bytes.length) return { type: 'empty_body' }
  // The byte behind more white space than is skipped is white space too.
  const isOther = slice === undefined || (bytes[first] ?? 0) <= 32
  if (bytes[first] !== 123) return isOther ? problemOfOther(scanner, bytes, first) : { type: 'not_an_object' }
  if (slice !== undefined) cursor.allow(slice.values, slice.slowBytes)
  out.open = first
  return walk.walk(bytes, first, 1, bodyNames, out.spans())
}

/** Fills `out` once the walk has ended at `end`. */
export function endBody(scanner: Scanner, end: number | ScanProblem, out: BodyScan): ScanProblem | undefined {
  if (typeof end !== 'number') return end
  const { cursor } = scanner
  const { bytes } = out
  if (end === stopped) return problemOfStop(scanner, bytes)
  const rest = cursor.skipSpace(end)
  if (rest !== bytes.length) {
    cursor.stopAt(rest)
    return problemOfStop(scanner, bytes)
  }
  out.close = end
  out.nestedTextBytes = cursor.textBytes
  out.values = cursor.values
  const spans = out.spans()
  for (let i = wantedFields.length; i < spans.length; i++) {
    const param = spans[i] === undefined ? undefined : forbiddenFields[i - wantedFields.length]
    if (param !== undefined) return { type: 'forbidden_param', param }
  }
  const options = spans[fieldOf.stream_options]
  return options?.kind === 'object' ? scanStreamOptions(scanner, options, out) : undefined
}

function scanStreamOptions(scanner: Scanner, options: Span, out: BodyScan): ScanProblem | undefined {
  if (options.end - options.start > optionsBytesMax) {
    return { type: 'too_complex', what: `${optionsBytesMax >> 10} KiB in \`stream_options\`` }
  }
  const found: (Span | undefined)[] = []
  scanner.cursor.open(out.bytes, bounds.jsonDepthMax)
  if (scanner.walk.walk(out.bytes, options.start, 2, optionNames, found) === stopped)
    return problemOfStop(scanner, out.bytes, 'stream_options')
  out.includeUsage = found[0]
  return undefined
}

/** Walks a line of a batch file. */
export function beginLine(
  { cursor, walk }: Scanner,
  line: Buffer,
  found: (Span | undefined)[],
  slice?: Slice,
): number | ScanProblem {
  cursor.open(line, bounds.jsonDepthMax + 1)
  const first = cursor.skipSpace(0)
  if (line[first] !== 123) return { type: 'not_an_object' }
  if (slice !== undefined) cursor.allow(slice.values, slice.slowBytes)
  return walk.walk(line, first, 1, lineNames, found)
}

/** The place of the `body` of a line whose walk has ended at `end`. */
export function bodyOfLine(
  scanner: Scanner,
  end: number | ScanProblem,
  line: Buffer,
  [body]: readonly (Span | undefined)[],
): ScanProblem | Span {
  if (typeof end !== 'number') return end
  if (end === stopped) return problemOfStop(scanner, line)
  const rest = scanner.cursor.skipSpace(end)
  if (rest !== line.length) {
    scanner.cursor.stopAt(rest)
    return problemOfStop(scanner, line)
  }
  return body?.kind === 'object' ? body : { type: 'not_an_object' }
}

function problemOfOther(scanner: Scanner, bytes: Buffer, first: number): ScanProblem {
  const { cursor } = scanner
  const end = cursor.skipValue(first, 0)
  if (end === stopped) return problemOfStop(scanner, bytes)
  const rest = cursor.skipSpace(end)
  if (rest === bytes.length) return { type: 'not_an_object' }
  cursor.stopAt(rest)
  return problemOfStop(scanner, bytes)
}
