// Whose fault an answer outside 2xx is. What its dialect understood of the error goes before its status.
import type { ChatError } from '../../../shared/chat/error.ts'
import type { ErrorAnswer } from './gateway-error.ts'
import type { UpstreamFailure } from './upstream-failure.ts'
import { saidOf } from './upstream-text.ts'

/** What an answer means whose body is not understood. */
export function failureOfAnswer(answer: ErrorAnswer): UpstreamFailure {
  return failures[faultOfStatus(answer.status)](answer, answer.retryAfterMs ?? answer.resetMs)
}

/** What an answer means whose error was read in the upstream's dialect. */
export function failureOfChatError(answer: ErrorAnswer, error: ChatError): UpstreamFailure {
  const told = told4xx(answer, error)
  const waitMs = answer.retryAfterMs ?? error.retryAfterMs ?? answer.resetMs
  return failures[faultOfError(answer.status, error)](told, waitMs)
}

/** The side at fault, which decides what follows:
 *  | fault      | the request goes on               | what its caller is told if no other target answers |
 *  | request    | never                             | the upstream's words and status |
 *  | conflict   | if the route retries on 409       | the upstream's words and status |
 *  | target     | at another target                 | the upstream's words and status |
 *  | credential | at another target or credential   | 502, and nothing of credentials |
 *  | limited    | on `429`                          | 429 with the wait, to be retried |
 *  | overloaded | on `5xx`                          | 503 with the wait, to be retried |
 *  | upstream   | on `5xx`                          | 502 |
 *  | slow       | on `5xx`                          | 504 |
 *  | timed-out  | on `408`                          | 504 |
 *  | redirect   | never                             | 502 | */
type Fault = keyof typeof failures

// ── by status ────────────────────────────────────────────────────────────────────────────────────────────────────────

const faults: Readonly<Record<number, Fault>> = {
  401: 'credential',
  402: 'credential',
  403: 'credential',
  404: 'target', // a model that is not there, or not for this account
  405: 'target',
  407: 'credential', // a proxy on the way wants one
  408: 'timed-out',
  409: 'conflict',
  410: 'target',
  421: 'target',
  424: 'target', // what the answer depends on failed
  425: 'upstream', // too early: the same request is taken later (RFC 8470)
  429: 'limited',
  498: 'overloaded', // Groq: the flex tier has no room (https://console.groq.com/docs/errors)
  499: 'timed-out', // something on the way left before the answer
  503: 'overloaded',
  504: 'slow',
  522: 'slow', // Cloudflare: the origin did not take the connection
  524: 'slow', // Cloudflare: the origin did not answer
  529: 'overloaded', // Anthropic (https://platform.claude.com/docs/en/api/errors)
}

function faultOfStatus(status: number): Fault {
  if (status < 400) return 'redirect'
  return faults[status] ?? (status >= 500 ? 'upstream' : 'request')
}

// ── by kind ──────────────────────────────────────────────────────────────────────────────────────────────────────────

function faultOfError(status: number, { kind }: ChatError): Fault {
  const byStatus = faultOfStatus(status)
  switch (kind) {
    case 'authentication':
    case 'permission':
    case 'quota':
      return 'credential'
    case 'rate-limit':
      return 'limited'
    case 'overloaded':
      return 'overloaded'
    case 'context-length':
    case 'content-policy':
    case 'too-large':
      return 'request'
    case 'not-found':
      return byStatus === 'request' ? 'target' : byStatus
    case 'server':
      return status >= 400 && status < 500 ? 'upstream' : byStatus
    case 'timeout':
      return status >= 400 && status < 500 ? 'timed-out' : byStatus
    case 'invalid-request':
      return byStatus
  }
}

/** The answer as the caller may see it: an error of the request has a status that says so. */
function told4xx(answer: ErrorAnswer, { kind }: ChatError): ErrorAnswer {
  if (kind !== 'context-length' && kind !== 'content-policy' && kind !== 'too-large') return answer
  if (faultOfStatus(answer.status) === 'request') return answer
  return { ...answer, status: kind === 'too-large' ? 413 : 400 }
}

// ── what follows ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** The wait of a limit that names none. */
const limitedWaitMs = 1_000

const failures = {
  request: (answer) => rejected(answer, undefined),
  conflict: (answer) => rejected(answer, '409'),
  target: (answer) => rejected(answer, 'target'),
  credential: (answer) => ({
    outcome: 'auth',
    condition: 'auth',
    error: { type: 'upstream-auth' },
    said: saidOf(answer),
  }),
  limited: (_, retryAfterMs) => ({
    outcome: 'http-error',
    condition: '429',
    error: { type: 'upstream-limited', retryAfterMs: retryAfterMs ?? limitedWaitMs },
    passing: 'limited',
    retryAfterMs,
  }),
  overloaded: (answer, retryAfterMs) => ({
    outcome: 'http-error',
    condition: '5xx',
    error: { type: 'upstream-overloaded', retryAfterMs },
    passing: 'overloaded',
    retryAfterMs,
    said: saidOf(answer),
  }),
  upstream: (answer, retryAfterMs) => ({
    outcome: 'http-error',
    condition: '5xx',
    error: { type: 'upstream-error', message: `The upstream answered ${answer.status}.` },
    retryAfterMs,
    said: saidOf(answer),
  }),
  slow: (answer, retryAfterMs) => ({
    outcome: 'http-error',
    condition: '5xx',
    error: { type: 'upstream-timeout', message: `The upstream did not answer in time (${answer.status}).` },
    retryAfterMs,
    said: saidOf(answer),
  }),
  'timed-out': () => ({
    outcome: 'http-error',
    condition: '408',
    error: { type: 'upstream-timeout', message: 'The upstream gave up waiting for the request.' },
  }),
  redirect: ({ status }) => ({
    outcome: 'http-error',
    condition: undefined,
    error: {
      type: 'upstream-error',
      message: `The upstream answered with a redirect (${status}), which is not followed.`,
    },
  }),
} satisfies Readonly<Record<string, (answer: ErrorAnswer, retryAfterMs: number | undefined) => UpstreamFailure>>

function rejected(answer: ErrorAnswer, condition: UpstreamFailure['condition']): UpstreamFailure {
  return { outcome: 'http-error', condition, error: { type: 'upstream-rejected', answer } }
}
