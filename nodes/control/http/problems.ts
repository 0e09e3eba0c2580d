// The refusals that any route can give, in one table of small constructors.
import type { Problem, ProblemItem } from './answer.ts'

export const problems = {
  badRequest: (detail: string, items?: ProblemItem[]): Problem => ({
    status: 400,
    code: 'bad-request',
    title: 'Bad request',
    detail,
    ...(items === undefined ? {} : { problems: items }),
  }),
  invalidJson: (detail: string, at: { line: number; column: number }): Problem => ({
    status: 400,
    code: 'invalid-json',
    title: 'The body is not valid JSON',
    detail: `line ${at.line}, column ${at.column}: ${detail}`,
    problems: [{ path: '', message: detail, ...at }],
  }),
  unauthorized: (detail: string): Problem => ({
    status: 401,
    code: 'unauthorized',
    title: 'Sign in first',
    detail,
    headers: { 'www-authenticate': 'Bearer realm="headgate"' },
  }),
  foreignOrigin: (): Problem => ({
    status: 403,
    code: 'foreign-origin',
    title: 'Refused: the request comes from another site',
    detail: 'Browsers may call this port only from pages that it served itself.',
  }),
  notFound: (detail: string): Problem => ({ status: 404, code: 'not-found', title: 'Not found', detail }),
  methodNotAllowed: (method: string, allow: string[]): Problem => ({
    status: 405,
    code: 'method-not-allowed',
    title: 'Method not allowed',
    detail: `${method} is not defined here; allowed: ${allow.join(', ')}.`,
    headers: { allow: allow.join(', ') },
  }),
  tooLarge: (bytesMax: number): Problem => ({
    status: 413,
    code: 'too-large',
    title: 'The body is too large',
    detail: `At most ${bytesMax} bytes are accepted.`,
    // Whatever else the client is still sending is not going to be read.
    headers: { connection: 'close' },
  }),
  unsupportedMediaType: (accepted: readonly string[]): Problem => ({
    status: 415,
    code: 'unsupported-media-type',
    title: 'Unsupported content type',
    detail: `Send the body as ${accepted.join(' or ')}, uncompressed.`,
    headers: { accept: accepted.join(', ') },
  }),
  unknownHost: (): Problem => ({
    status: 421,
    code: 'unknown-host',
    title: 'Unknown host name',
    detail: 'The Host header names none of the hosts that this port serves. Add the name to HEADGATE_HOSTS.',
  }),
  invalid: (items: ProblemItem[]): Problem => ({
    status: 422,
    code: 'invalid',
    title: 'The request does not hold together',
    detail: items.length === 1 ? described(items[0]!) : `${items.length} problems; nothing was stored.`,
    problems: items,
  }),
  recordsMissing: (month: string, missing: readonly string[]): Problem => ({
    status: 409,
    code: 'records-missing',
    title: 'Records of the month may be missing',
    detail: `${month} was not closed: ${missing.join('; ')}. Wait, or close it with acceptMissing, which is noted.`,
    problems: missing.map((message) => ({ path: 'month', message })),
  }),
  locked: (retryAfterMs: number): Problem => ({
    status: 429,
    code: 'locked',
    title: 'Too many failed attempts',
    detail: `Wait ${Math.ceil(retryAfterMs / 1_000)} s before the next attempt.`,
    headers: { 'retry-after': String(Math.ceil(retryAfterMs / 1_000)) },
  }),
  internal: (): Problem => ({
    status: 500,
    code: 'internal',
    title: 'A bug in Headgate',
    detail:
      'The request was not carried out as far as we know. The log of the process tells more under this x-request-id.',
  }),
  notEnforced: (items: ProblemItem[]): Problem => ({
    status: 501,
    code: 'not-enforced',
    title: 'Known, but not enforced by this version',
    detail: items.map(described).join('; '),
    problems: items,
  }),
  unavailable: (detail: string, code = 'unavailable'): Problem => ({
    status: 503,
    code,
    title: 'Not available now',
    detail,
    headers: { 'retry-after': '1' },
  }),
} as const

function described(item: ProblemItem): string {
  return item.path === '' ? item.message : `${item.path}: ${item.message}`
}
