// Prints a request to an upstream as bytes. Text of callers must not be able to end a line, so such text is rejected here,
// whatever was checked before.
import type { UpstreamRequest } from './upstream.ts'

export interface OutgoingRequest {
  /** The whole request as latin1, or its head where the body is sent in pieces. */
  readonly text: string
  readonly pieces: readonly Uint8Array[] | undefined
}

/** Size up to which a request is sent as one string: libuv writes that much from its stack, without an allocation. */
const textBytesMax = 16_000

export function prepareRequest(request: UpstreamRequest): OutgoingRequest {
  const { body } = request
  let length = 0
  for (const piece of body) length += piece.length
  const head = requestHead(request, length)
  if (length > 0 && head.length + length > textBytesMax) return { text: head, pieces: body }
  return { text: head + bodyText(body), pieces: undefined }
}

function requestHead({ method, path, origin, headerLines }: UpstreamRequest, length: number): string {
  const framing = length > 0 || method === 'POST' ? `content-length: ${length}\r\n\r\n` : '\r\n'
  return `${method} ${path} HTTP/1.1\r\nhost: ${origin.host}\r\n${headerLines}${framing}`
}

function bodyText(body: readonly Uint8Array[]): string {
  let text = ''
  for (const piece of body) text += latin1Of(piece)
  return text
}

/** A Buffer is read as it is; any other array is wrapped first. */
function latin1Of(piece: Uint8Array): string {
  const bytes = piece instanceof Buffer ? piece : Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
  return bytes.latin1Slice()
}

/** Header lines are made once per target and sent with every request, so each text is checked once. */
export class RequestChecker {
  readonly #checkedLines = new Set<string>()

  /** Returns what is wrong with the request's text, or undefined. */
  problem(request: UpstreamRequest): string | undefined {
    if (!/^[\x21-\x7e]+$/.test(request.path)) return 'a character in the path that may not stand there'
    const lines = request.headerLines
    if (this.#checkedLines.has(lines)) return undefined
    if (!/^(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e]*\r\n)*$/.test(lines)) return 'malformed header lines'
    if (/^(?:host|content-length|connection|transfer-encoding):/im.test(lines))
      return 'a header line that the client writes itself'
    if (this.#checkedLines.size >= checkedLinesMax) this.#checkedLines.clear()
    this.#checkedLines.add(lines)
    return undefined
  }
}

const checkedLinesMax = 1_024
