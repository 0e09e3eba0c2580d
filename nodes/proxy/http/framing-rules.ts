// Judges how a request is framed before anything else looks at it. The parser underneath accepts two lengths, any
// transfer encoding and two hosts; with a proxy in front that reads them otherwise, a second request hides in the first.
// Refusals are answered from `setImmediate` and close the connection: an answer given at once would let the parser run the
// hidden request. Cases: RFC 9112 section 6, and Http11Probe's list.
import { hostIsKnown } from '../../../shared/host-names.ts'
import type { FramingFacts } from './head.ts'
import type { HttpError } from './http.ts'

export interface FramingRules {
  readonly hosts: readonly string[]
  /** Whether a proxy stands in front: then a chunked body is refused, since the parser misreads chunk extensions. */
  readonly behindProxy: boolean
  readonly bodyBytesMax: number
  readonly mediaTypes: readonly string[]
  /** Where a path takes others. */
  readonly mediaTypesAt?: ((path: string) => readonly string[] | undefined) | undefined
}

/** Framing and host: judged before the handler sees the request. */
export function judgeFraming(facts: FramingFacts, rules: FramingRules): HttpError | undefined {
  const flaw = flawOf(facts)
  if (flaw !== undefined) return { type: 'bad-framing', message: flaw }
  const framed = facts.contentLengthCount + facts.transferEncodingCount > 0
  if (!framed && takesBody(facts.method)) return { type: 'length-required' }
  if (facts.transferEncodingCount > 0 && rules.behindProxy) return { type: 'length-required' }
  if (facts.expect !== '' && facts.expect.toLowerCase() !== '100-continue') return { type: 'expectation-failed' }
  if (rules.hosts.length > 0 && !hostIsKnown(facts.host, rules.hosts)) return { type: 'unknown-host' }
  return undefined
}

/** Media type, encoding and declared size: judged once the handler wants the body, before it is read. */
export function judgeBody(facts: FramingFacts, rules: FramingRules): HttpError | undefined {
  if (declaredLength(facts) > rules.bodyBytesMax) return { type: 'body-too-large', maxBytes: rules.bodyBytesMax }
  if (declaredLength(facts) === 0 && !takesBody(facts.method)) return undefined
  if (facts.contentTypeCount > 1) {
    return { type: 'bad-content-type', message: 'The header content-type was sent twice; send it once.' }
  }
  if (facts.contentEncoding !== '' && facts.contentEncoding.toLowerCase() !== 'identity') {
    return { type: 'unsupported-encoding', encoding: facts.contentEncoding.slice(0, 64) }
  }
  if (facts.contentType === 'application/json') return undefined
  const mediaType = (facts.contentType ?? '').replace(/;.*/, '').trim().toLowerCase()
  const mediaTypes = rules.mediaTypesAt?.(facts.path) ?? rules.mediaTypes
  if (mediaTypes.includes(mediaType)) return undefined
  return { type: 'unsupported-media-type', message: `Send the header content-type: ${mediaTypes.join(' or ')}.` }
}

/** Bytes announced by content-length, 0 when there is none. For facts that passed `judgeFraming`. */
export function declaredLength(facts: FramingFacts): number {
  return facts.contentLengthCount === 0 ? 0 : Number(facts.contentLength)
}

function flawOf(facts: FramingFacts): string | undefined {
  if (facts.hostCount !== 1) return 'Send exactly one Host header.'
  if (facts.host === '' || facts.host.includes(',')) return 'The Host header must hold one name.'
  if (facts.contentLengthCount > 1) return 'The header content-length was sent twice; send it once.'
  if (facts.contentLengthCount === 1 && !isLength(facts.contentLength)) {
    return 'The header content-length must be a plain decimal number.'
  }
  if (facts.transferEncodingCount > 0) {
    if (facts.contentLengthCount > 0) return 'Send content-length or transfer-encoding, not both.'
    if (facts.transferEncodingCount > 1 || facts.transferEncoding !== 'chunked') {
      return 'The header transfer-encoding may only be sent once, as `chunked`.'
    }
  }
  if (facts.authorizationCount > 1) return 'The header authorization was sent twice; send it once.'
  if (facts.apiKeyCount > 1) return 'The header x-api-key was sent twice; send it once.'
  if (facts.controlCharacter) return 'A header value holds a control character.'
  return undefined
}

/** Digits without a leading zero: `005` would be read as five here and as octal elsewhere. */
function isLength(text: string): boolean {
  if (text.length === 0 || text.length > 15 || (text.length > 1 && text.charCodeAt(0) === 48)) return false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 48 || code > 57) return false
  }
  return true
}

/** A body-bearing method without a length is refused: a header with an empty name ends the list of headers that the
 *  parser shows, and a length behind it would be missed. */
function takesBody(method: string): boolean {
  return method === 'POST' || method === 'PUT' || method === 'PATCH'
}
