// Composes an answer's status line and headers as one string, so that they cross into native code once instead of once per
// header (0.8 µs against 1.3 µs for twelve).
import { strictTransportSecurity } from '../../../shared/network/tls-rules.ts'
import { checkedLines } from './checked-lines.ts'
import type { HeaderLines } from './http.ts'

/** The header lines of every answer of a port. What an upstream says must be read as the type that it has: a browser that
 *  guesses could find a page in it. */
export function fixedLines(tls?: { readonly hstsMs: number }): string {
  const security = tls === undefined ? undefined : strictTransportSecurity(tls.hstsMs)
  return `\r\nx-content-type-options: nosniff${security === undefined ? '' : `\r\nstrict-transport-security: ${security}`}`
}

/** Returns `200 OK\r\nname: value\r\nname: value`. A header with an illegal name or value, or one that the server writes
 *  itself, is left out. `fixed` are the lines of every answer and others that were checked. */
export function headerBlock(status: number, headers: HeaderLines, fixed = ''): string {
  return statusLine(status) + fixed + checkedLines(headers)
}

function statusLine(status: number): string {
  return statusLines.get(status) ?? `${status} Status`
}

const statusLines = new Map(
  Object.entries({
    101: 'Switching Protocols',
    200: 'OK',
    201: 'Created',
    202: 'Accepted',
    204: 'No Content',
    206: 'Partial Content',
    301: 'Moved Permanently',
    302: 'Found',
    304: 'Not Modified',
    307: 'Temporary Redirect',
    308: 'Permanent Redirect',
    400: 'Bad Request',
    401: 'Unauthorized',
    402: 'Payment Required',
    403: 'Forbidden',
    404: 'Not Found',
    405: 'Method Not Allowed',
    406: 'Not Acceptable',
    408: 'Request Timeout',
    409: 'Conflict',
    410: 'Gone',
    411: 'Length Required',
    412: 'Precondition Failed',
    413: 'Content Too Large',
    414: 'URI Too Long',
    415: 'Unsupported Media Type',
    416: 'Range Not Satisfiable',
    417: 'Expectation Failed',
    421: 'Misdirected Request',
    422: 'Unprocessable Content',
    424: 'Failed Dependency',
    425: 'Too Early',
    426: 'Upgrade Required',
    429: 'Too Many Requests',
    431: 'Request Header Fields Too Large',
    499: 'Client Closed Request',
    500: 'Internal Server Error',
    501: 'Not Implemented',
    502: 'Bad Gateway',
    503: 'Service Unavailable',
    504: 'Gateway Timeout',
    529: 'Overloaded',
  }).map(([status, text]): [number, string] => [Number(status), `${status} ${text}`]),
)
