// Reads a request's head in one pass over its headers, because the request of uWebSockets.js is valid only until the route
// returns. Headers are counted for the framing rules: the parser uses the first of two lengths and does not report the second.
import type { HttpRequest } from 'uWebSockets.js'
import { keptHeaders, type RequestHead } from './http.ts'

/** What the framing rules check: how often a header came, and its first value. */
export interface FramingFacts {
  readonly method: string
  readonly path: string
  readonly hostCount: number
  readonly host: string
  readonly contentLengthCount: number
  readonly contentLength: string
  readonly transferEncodingCount: number
  readonly transferEncoding: string
  readonly authorizationCount: number
  readonly apiKeyCount: number
  readonly contentTypeCount: number
  readonly contentType: string | undefined
  readonly contentEncoding: string
  readonly expect: string
  /** A header value holds a DEL. The parser rejects the other control characters itself. */
  readonly controlCharacter: boolean
}

const requestIdPattern = /^[\w.:+/=@~-]{1,128}$/

// The field that a header fills. Other headers are ignored, so a client cannot set forwarding headers.
const kept = 0
const fields = new Map<string, number>([
  ...keptHeaders.map((name): [string, number] => [name, kept]),
  ['host', 1],
  ['content-length', 2],
  ['transfer-encoding', 3],
  ['authorization', 4],
  ['x-api-key', 5],
  ['content-type', 6],
  ['content-encoding', 7],
  ['expect', 8],
  ['x-request-id', 9],
  ['api-key', 10],
  ['x-goog-api-key', 10],
])

export class ReadHead implements RequestHead, FramingFacts {
  readonly method: string
  readonly path: string
  readonly query: string
  authorization: string | undefined = undefined
  apiKey: string | undefined = undefined
  contentType: string | undefined = undefined
  requestId: string | undefined = undefined
  host = ''
  hostCount = 0
  contentLength = ''
  contentLengthCount = 0
  transferEncoding = ''
  transferEncodingCount = 0
  authorizationCount = 0
  apiKeyCount = 0
  apiKeysDiffer = false
  contentTypeCount = 0
  contentEncoding = ''
  expect = ''
  controlCharacter = false
  #kept: string[] | undefined

  constructor(request: HttpRequest) {
    // `getMethod` would turn the request's own bytes to lower case.
    this.method = request.getCaseSensitiveMethod()
    this.path = request.getUrl()
    this.query = request.getQuery() ?? ''
    filling = this
    request.forEach(fill)
  }

  header(name: string): string | undefined {
    const kept = this.#kept
    if (kept === undefined) return undefined
    for (let i = 0; i < kept.length; i += 2) if (kept[i] === name) return kept[i + 1]
    return undefined
  }

  noteKey(value: string): void {
    if (this.apiKey === undefined) this.apiKey = value
    else if (this.apiKey !== value) this.apiKeysDiffer = true
  }

  keep(name: string, value: string): void {
    if (this.#kept === undefined) this.#kept = [name, value]
    else this.#kept.push(name, value)
  }
}

// All requests share one callback: `forEach` calls it before it returns, so no request needs a closure of its own.
let filling: ReadHead

function fill(name: string, value: string): void {
  const head = filling
  if (value.includes('\x7f')) head.controlCharacter = true
  switch (fields.get(name)) {
    case undefined:
      if (name.startsWith('x-headgate-')) head.keep(name, value)
      break
    case kept:
      head.keep(name, value)
      break
    case 1:
      if (head.hostCount++ === 0) head.host = value
      break
    case 2:
      if (head.contentLengthCount++ === 0) head.contentLength = value
      break
    case 3:
      if (head.transferEncodingCount++ === 0) head.transferEncoding = value
      break
    case 4:
      if (head.authorizationCount++ === 0) head.authorization = value
      break
    case 5:
      head.apiKeyCount++
      head.noteKey(value)
      break
    case 6:
      if (head.contentTypeCount++ === 0) head.contentType = value
      break
    case 7:
      head.contentEncoding = head.contentEncoding === '' ? value : `${head.contentEncoding}, ${value}`
      break
    case 8:
      head.expect = value
      break
    case 9:
      if (requestIdPattern.test(value)) head.requestId ??= value
      break
    case 10:
      head.keep(name, value)
      head.noteKey(value)
  }
}
