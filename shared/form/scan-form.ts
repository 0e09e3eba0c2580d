// Reads what the gateway must know from a `multipart/form-data` body (RFC 7578) without copying it: the same bytes are
// sent to the provider. The provider's parser must find the same form in them, so a body that two parsers could read
// differently is refused.
import { isUtf8 } from 'node:buffer'
import { atOnce, type Slices, searched } from '../work/slices.ts'

export interface FormPart {
  readonly name: string
  /** The file's name; undefined for a plain value. */
  readonly filename: string | undefined
  /** The start of the part, including the delimiter before it: without these bytes the rest is still a form. */
  readonly start: number
  /** The content is the bytes [contentStart, end). */
  readonly contentStart: number
  readonly end: number
  /** The header lines as they came, without the blank line. */
  readonly head: string
}

export interface FormScan {
  readonly bytes: Buffer
  readonly parts: readonly FormPart[]
}

export interface FormProblem {
  readonly message: string
  readonly param?: string
}

/** The limit on the parts of a form. */
export const formPartsMax = 256
const partHeadBytesMax = 4 << 10

const crlf = '\r\n'
const blankLine = Buffer.from('\r\n\r\n')
/** Characters of a boundary (RFC 2046, section 5.1.1), except the space. */
const boundaryPattern = /^[0-9A-Za-z'()+_,\-./:=?]{1,70}$/

/** The boundary in the value of a `content-type` header; undefined when there is no usable one. */
export function boundaryOf(contentType: string): string | undefined {
  const [found, ...others] = contentType.matchAll(/;\s*boundary=(?:"([^"\\]*)"|([^\s;"]+))/gi)
  if (found === undefined || others.length > 0) return undefined
  const boundary = found[1] ?? found[2] ?? ''
  return boundaryPattern.test(boundary) ? boundary : undefined
}

export function scanForm(bytes: Buffer, boundary: string): FormScan | FormProblem {
  return atOnce(scanFormInSlices(bytes, boundary))
}

export function* scanFormInSlices(bytes: Buffer, boundary: string): Slices<FormScan | FormProblem> {
  const delimiter = Buffer.from(`--${boundary}`, 'latin1')
  if (!startsWith(bytes, 0, delimiter)) return { message: 'The body does not begin with its boundary.' }
  const parts: FormPart[] = []
  let at = 0
  for (;;) {
    const after = at + delimiter.length
    if (startsWith(bytes, after, dashes)) return closed(bytes, after + 2) ? { bytes, parts } : trailing
    if (!startsWith(bytes, after, lineEnd)) return boundaryInside
    if (parts.length >= formPartsMax) return { message: `The form has more than ${formPartsMax} parts.` }
    const next = yield* searched(bytes, delimiter, after)
    if (next < 0) return { message: 'The form ends without its closing boundary.' }
    // Bytes that look like a delimiter but are none could be one to a less strict parser.
    if (!startsWith(bytes, next - 2, lineEnd) || next - 2 < after + 2) return boundaryInside
    const part = readPart(bytes, { start: at === 0 ? 0 : at - 2, headStart: after + 2, end: next - 2 })
    if ('message' in part) return part
    parts.push(part)
    at = next
  }
}

interface Place {
  readonly start: number
  readonly headStart: number
  readonly end: number
}

function readPart(bytes: Buffer, { start, headStart, end }: Place): FormPart | FormProblem {
  const blank = bytes
    .subarray(0, Math.min(end, headStart + partHeadBytesMax + blankLine.length))
    .indexOf(blankLine, headStart)
  if (blank < 0 || blank + 4 > end || blank - headStart > partHeadBytesMax)
    return { message: 'A part has no sound head.' }
  if (!isUtf8(bytes.subarray(headStart, blank))) return { message: 'The head of a part is not valid UTF-8.' }
  const head = bytes.toString('utf8', headStart, blank)
  const lines = head.split(crlf)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (lines.some((line) => !/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[^\x00-\x08\x0a-\x1f\x7f]*$/.test(line))) {
    return { message: 'A part has a head line that is none.' }
  }
  const [disposition, ...others] = lines.filter((line) => /^content-disposition:/i.test(line))
  if (disposition === undefined || others.length > 0) return { message: 'A part needs one content-disposition.' }
  const names = namesIn(disposition)
  if (names === undefined) return { message: 'A content-disposition must be form-data with one plain name.' }
  return { ...names, start, contentStart: blank + 4, end, head }
}

const parameter = /^\s*;\s*([A-Za-z*]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/

function namesIn(line: string): { name: string; filename: string | undefined } | undefined {
  const head = /^content-disposition:\s*form-data(?=\s*(?:;|$))/i.exec(line)
  if (head === null) return undefined
  const found = new Map<string, string>()
  let rest = line.slice(head[0].length)
  while (rest.trim() !== '') {
    const one = parameter.exec(rest)
    const key = one?.[1]?.toLowerCase()
    if (one === null || key === undefined || found.has(key)) return undefined
    found.set(key, one[2] ?? one[3] ?? '')
    rest = rest.slice(one[0].length)
  }
  const name = found.get('name')
  if (name === undefined || name === '' || found.has('name*') || /[\\%]/.test(name)) return undefined
  return { name, filename: found.get('filename') ?? found.get('filename*') }
}

const dashes = Buffer.from('--')
const lineEnd = Buffer.from(crlf)
const boundaryInside: FormProblem = { message: 'The boundary stands inside of a part.' }
const trailing: FormProblem = { message: 'Something follows the closing boundary.' }

/** Whether nothing but a line end follows the closing delimiter. */
function closed(bytes: Buffer, at: number): boolean {
  return at === bytes.length || (startsWith(bytes, at, lineEnd) && at + 2 === bytes.length)
}

function startsWith(bytes: Buffer, at: number, what: Buffer): boolean {
  return at >= 0 && at + what.length <= bytes.length && bytes.compare(what, 0, what.length, at, at + what.length) === 0
}
