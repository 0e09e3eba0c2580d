// Checks how a request is framed, before the handler sees it. The parser accepts two lengths, any transfer encoding and two
// hosts; with a proxy in front that reads them differently, a second request could hide in the first (request smuggling).
// The cases are those of RFC 9112 section 6 and of Http11Probe.
import { hostIsKnown, hostIsValid } from '../../../shared/network/host-names.ts'
import type { FramingFacts } from './head.ts'
import type { HttpError } from './http.ts'

export interface FramingRules {
  readonly hosts: readonly string[]
  /** Whether a proxy is in front. Then a chunked body is rejected, since the parser misreads chunk extensions. */
  readonly behindProxy: boolean
  readonly bodyBytesMax: number
  readonly mediaTypes: readonly string[]
  /** Media types of paths that accept other ones than `mediaTypes`. */
  readonly mediaTypesAt?: ((path: string) => readonly string[] | undefined) | undefined
}

/** Checks framing and host, before the handler sees the request. */
export function checkFraming(facts: FramingFacts, rules: FramingRules): HttpError | undefined {
  const flaw = framingFault(facts)
  if (flaw !== undefined) return { type: 'bad-framing', message: flaw }
  const framed = facts.contentLengthCount + facts.transferEncodingCount > 0
  if (!framed && takesBody(facts.method)) return { type: 'length-required' }
  if (facts.transferEncodingCount > 0 && rules.behindProxy) return { type: 'length-required' }
  if (facts.expect !== '' && facts.expect.toLowerCase() !== '100-continue') return { type: 'expectation-failed' }
  if (rules.hosts.length > 0 && !hostIsKnown(facts.host, rules.hosts)) return { type: 'unknown-host' }
  return undefined
}

/** Checks media type, encoding and declared size, once the handler wants the body and before it is read. */
export function checkBody(facts: FramingFacts, rules: FramingRules): HttpError | undefined {
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

/** Value of content-length, 0 when there is none. The facts must have passed `checkFraming`. */
export function declaredLength(facts: FramingFacts): number {
  return facts.contentLengthCount === 0 ? 0 : Number(facts.contentLength)
}

function framingFault(facts: FramingFacts): string | undefined {
  if (facts.hostCount !== 1) return 'Send exactly one Host header.'
  if (!hostIsValid(facts.host)) return 'The Host header must hold one name or address, with an optional port.'
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

/** Accepts digits without a leading zero: another reader could take `005` for an octal number. */
function isLength(text: string): boolean {
  if (text.length === 0 || text.length > 15 || (text.length > 1 && text.charCodeAt(0) === 48)) return false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 48 || code > 57) return false
  }
  return true
}

/** Methods that need a length. Without this rule a length could be hidden: a header with an empty name ends the list of
 *  headers that the parser shows. */
function takesBody(method: string): boolean {
  return method === 'POST' || method === 'PUT' || method === 'PATCH'
}
