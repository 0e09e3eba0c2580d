// Reads what the gateway must know from a `multipart/form-data` body (RFC 7578) in its own bytes, and copies nothing: the
// same bytes go on to the provider. Whoever reads them there must not be able to find another form in them than was found
// here, so what two parsers could read differently is refused.
import { isUtf8 } from 'node:buffer'

export interface FormPart {
  readonly name: string
  /** Undefined for a plain value. */
  readonly filename: string | undefined
  /** The whole part with the delimiter before it: taken out, the rest is a form still. */
  readonly start: number
  /** Its content: bytes [contentStart, end). */
  readonly contentStart: number
  readonly end: number
  /** Header lines as they came, without the blank line. */
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

/** Parts of one form at most. */
export const formPartsMax = 256
const partHeadBytesMax = 4 << 10

const crlf = '\r\n'
const blankLine = Buffer.from('\r\n\r\n')
/** Characters of a boundary (RFC 2046, section 5.1.1), less the space. */
const boundaryPattern = /^[0-9A-Za-z'()+_,\-./:=?]{1,70}$/

/** Of a `content-type` header value; undefined when there is none that can be used. */
export function boundaryOf(contentType: string): string | undefined {
  const [found, ...others] = contentType.matchAll(/;\s*boundary=(?:"([^"\\]*)"|([^\s;"]+))/gi)
  if (found === undefined || others.length > 0) return undefined
  const boundary = found[1] ?? found[2] ?? ''
  return boundaryPattern.test(boundary) ? boundary : undefined
}

export function scanForm(bytes: Buffer, boundary: string): FormScan | FormProblem {
  const delimiter = Buffer.from(`--${boundary}`, 'latin1')
  if (!startsWith(bytes, 0, delimiter)) return { message: 'The body does not begin with its boundary.' }
  const parts: FormPart[] = []
  let at = 0
  for (;;) {
    const after = at + delimiter.length
    if (startsWith(bytes, after, dashes)) return closed(bytes, after + 2) ? { bytes, parts } : trailing
    if (!startsWith(bytes, after, lineEnd)) return boundaryInside
    if (parts.length >= formPartsMax) return { message: `The form has more than ${formPartsMax} parts.` }
    const next = bytes.indexOf(delimiter, after)
    if (next < 0) return { message: 'The form ends without its closing boundary.' }
    // Whatever stands for a boundary in here and is none could be one to somebody who reads it loosely.
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
  const blank = bytes.indexOf(blankLine, headStart)
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

/** Nothing but a line end may follow. */
function closed(bytes: Buffer, at: number): boolean {
  return at === bytes.length || (startsWith(bytes, at, lineEnd) && at + 2 === bytes.length)
}

function startsWith(bytes: Buffer, at: number, what: Buffer): boolean {
  return at >= 0 && at + what.length <= bytes.length && bytes.compare(what, 0, what.length, at, at + what.length) === 0
}
