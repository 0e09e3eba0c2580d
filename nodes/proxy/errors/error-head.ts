// What the head of an upstream's error answer says: the status, the waits that it asks for, and the name of an exception.
import { durationMs } from '../dialects/common/errors/stated-wait.ts'
import type { UpstreamHead } from '../upstream/upstream.ts'
import type { ErrorAnswer } from './gateway-error.ts'

/** The facts of the head of an error answer. `wallMs` is the wall clock. */
export function errorHeadOf(head: UpstreamHead, wallMs: number): Omit<ErrorAnswer, 'body'> {
  return {
    status: head.status,
    contentType: (head.header('content-type') ?? '').toLowerCase(),
    retryAfterMs: retryAfterMsOf(head, wallMs),
    resetMs: head.status === 429 ? resetMsOf(head, wallMs) : undefined,
    errorType: head.header('x-amzn-errortype'),
  }
}

/** The wait that an upstream asks for, in milliseconds: `retry-after-ms`, then `retry-after` in seconds, as a duration or as a date
 *  (RFC 9110, section 10.2.3). Undefined when the head has no readable one. */
export function retryAfterMsOf(head: UpstreamHead, wallMs: number): number | undefined {
  const exact = numberOf(head.header('retry-after-ms'))
  return exact ?? waitOf(head.header('retry-after'), wallMs)
}

function numberOf(text: string | undefined): number | undefined {
  const number = text === undefined || text.trim() === '' ? Number.NaN : Number(text)
  return number >= 0 ? number : undefined
}

/** A wait as headers have it: seconds, a duration as Go writes it, the seconds or milliseconds of a point in time, or a date. */
function waitOf(text: string | undefined, wallMs: number): number | undefined {
  if (text === undefined || text.trim() === '') return undefined
  const number = Number(text)
  if (!Number.isNaN(number)) return number < 0 ? undefined : waitOfNumber(number, wallMs)
  const duration = /^\s*(\d+(\.\d+)?(d|h|m|s|ms|us|µs|ns))+\s*$/.test(text) ? durationMs(text) : undefined
  if (duration !== undefined) return duration
  const dateMs = Date.parse(text)
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - wallMs)
}

/** A number above these is a point in time: no limit lasts for 30 years. */
const epochSecondsMin = 1e9
const epochMsMin = 1e12

function waitOfNumber(number: number, wallMs: number): number {
  if (number >= epochMsMin) return Math.max(0, number - wallMs)
  return number >= epochSecondsMin ? Math.max(0, number * 1_000 - wallMs) : number * 1_000
}

// ── the limits of an account ─────────────────────────────────────────────────────────────────────────────────────────

/** Prefixes of the headers that tell when a limit is renewed. Behind them are the names of what is limited: OpenAI and Groq have `requests`
 *  and `tokens` in Go durations, Cerebras `tokens-minute` in seconds, OpenRouter none and a point in time. */
const resetPrefixes = ['x-ratelimit-reset', 'ratelimit-reset']
const anthropicLimits = 'anthropic-ratelimit-'

interface Limit {
  readonly isUsedUp: boolean
  readonly waitMs: number
}

/** The wait until the limits are renewed that are used up. Where it is not said which ones are, the first renewal counts. */
function resetMsOf(head: UpstreamHead, wallMs: number): number | undefined {
  const limits = [...namedLimits(head, wallMs), ...anthropicLimitsOf(head, wallMs)]
  const usedUp = limits.filter(({ isUsedUp }) => isUsedUp)
  if (usedUp.length > 0) return Math.max(...usedUp.map(({ waitMs }) => waitMs))
  return limits.length === 0 ? undefined : Math.min(...limits.map(({ waitMs }) => waitMs))
}

function namedLimits(head: UpstreamHead, wallMs: number): Limit[] {
  return resetPrefixes.flatMap((prefix) =>
    pairs(head, prefix).flatMap(([name, value]) =>
      limitOf(value, head.header(name.replace('-reset', '-remaining')), wallMs),
    ),
  )
}

/** `anthropic-ratelimit-requests-reset` is a date (RFC 3339); `anthropic-ratelimit-unified-reset` is the seconds of one. */
function anthropicLimitsOf(head: UpstreamHead, wallMs: number): Limit[] {
  return pairs(head, anthropicLimits)
    .filter(([name]) => name.endsWith('-reset'))
    .flatMap(([name, value]) => limitOf(value, head.header(name.replace(/-reset$/, '-remaining')), wallMs))
}

function limitOf(reset: string, remaining: string | undefined, wallMs: number): Limit[] {
  const waitMs = waitOf(reset, wallMs)
  return waitMs === undefined ? [] : [{ isUsedUp: numberOf(remaining) === 0, waitMs }]
}

function pairs(head: UpstreamHead, prefix: string): (readonly [string, string])[] {
  const flat = head.headersLike?.(prefix) ?? []
  return flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1] ?? ''] as const] : []))
}
