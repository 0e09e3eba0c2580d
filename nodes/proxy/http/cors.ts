// Cross-origin requests of browsers (https://fetch.spec.whatwg.org/#http-cors-protocol). A key stands in a header and never in a
// cookie, so no answer allows credentials.
import type { HeaderLines, RequestHead } from './http.ts'

/** What scripts of other origins may read, beside the headers that browsers always show. */
const exposed = [
  ...['x-request-id', 'request-id', 'retry-after', 'retry-after-ms', 'x-should-retry'],
  ...['provider', 'model', 'attempts', 'fallback-index', 'cache-status', 'cost-usd', 'upstream-ms', 'overhead-ms'].map(
    (name) => `x-headgate-${name}`,
  ),
  ...['config-revision', 'dropped-params', 'estimated', 'unpriced', 'idempotent-replay'].map(
    (name) => `x-headgate-${name}`,
  ),
  ...limitHeaders(
    ['requests', 'tokens', 'input-tokens', 'output-tokens'],
    (unit, fact) => `anthropic-ratelimit-${unit}-${fact}`,
  ),
  ...limitHeaders(['requests', 'tokens'], (unit, fact) => `x-ratelimit-${fact}-${unit}`),
].join(', ')

function limitHeaders(units: readonly string[], name: (unit: string, fact: string) => string): string[] {
  return units.flatMap((unit) => ['limit', 'remaining', 'reset'].map((fact) => name(unit, fact)))
}

const methods = 'GET, HEAD, POST, DELETE'
/** Browsers ask again after two hours at the latest. */
const maxAgeSeconds = 7_200

/** Headers for every answer to an origin; undefined where it may not read answers. */
export function corsHeaders(head: Pick<RequestHead, 'header'>, origins: readonly string[]): HeaderLines | undefined {
  const origin = head.header('origin')
  if (origin === undefined) return undefined
  if (origins.includes('*')) return ['access-control-allow-origin', '*', 'access-control-expose-headers', exposed]
  if (!origins.includes(origin)) return undefined
  return ['access-control-allow-origin', origin, 'vary', 'origin', 'access-control-expose-headers', exposed]
}

export function isPreflight(head: Pick<RequestHead, 'method' | 'header'>): boolean {
  return head.method === 'OPTIONS' && head.header('access-control-request-method') !== undefined
}

/** The headers that a preflight's answer has beside those of `corsHeaders`. SDKs send headers of their own, so every header that is
 *  asked for is allowed. */
export function preflightHeaders(head: Pick<RequestHead, 'header'>): HeaderLines {
  const headers = ['access-control-allow-methods', methods, 'access-control-max-age', `${maxAgeSeconds}`]
  const asked = head.header('access-control-request-headers')
  if (asked !== undefined) headers.push('access-control-allow-headers', asked)
  return headers
}
