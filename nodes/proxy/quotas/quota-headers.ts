// What the head of an answer says of the limits of an account. Providers name a limit, what remains of it and when it is full again;
// the time in which it refills stands in the name, in a header of its own, or follows from the other three.
import { durationMs } from '../dialects/common/errors/stated-wait.ts'
import type { UpstreamHead } from '../upstream/upstream.ts'
import type { QuotaUnit } from './quota-unit.ts'

/** One limit, as one answer tells it. */
export interface QuotaReading {
  /** The name of the limit within its account: what its headers call it. */
  readonly name: string
  readonly unit: QuotaUnit
  readonly limit: number
  readonly remaining: number
  /** The time in which the whole limit refills; undefined where the answer does not tell it. */
  readonly windowMs: number | undefined
  /** The limit comes back as a whole when its window begins anew. */
  readonly isFixed?: boolean
}

const minuteMs = 60_000
const windows = new Map(
  Object.entries({
    second: 1_000,
    minute: minuteMs,
    hour: 3_600_000,
    day: 86_400_000,
    month: 30 * 86_400_000,
  }),
)

/** What is limited, by its name without a window. Others are left out: limits of a project or of one kind of billing are told beside those of
 *  the account, and cached input is told beside all input. */
const units = new Map<string, QuotaUnit>(
  Object.entries({
    requests: 'requests',
    req: 'requests',
    tokens: 'tokens',
    'input-tokens': 'inputTokens',
    'output-tokens': 'outputTokens',
    'tokens-prompt': 'inputTokens',
    'tokens-generated': 'outputTokens',
  } as const),
)

const plainPrefix = 'x-ratelimit-limit-'
const anthropicPrefix = 'anthropic-ratelimit-'
const bySizePrefix = 'x-ratelimitbysize-limit-'
const cohereLimit = 'x-trial-endpoint-call-limit'

/** The limits that an answer tells; none where it tells none. */
export function quotaReadings(head: UpstreamHead): QuotaReading[] {
  return [...plainReadings(head), ...anthropicReadings(head), ...bySizeReadings(head), ...cohereReadings(head)]
}

/** Whether a rejection asks for a wait in so many words. */
export function asksToWait(head: UpstreamHead): boolean {
  return head.header('retry-after') !== undefined || head.header('retry-after-ms') !== undefined
}

/** `x-ratelimit-limit-<what>`, `-remaining-`, `-reset-` (OpenAI, Groq, xAI, Cerebras, Fireworks, Mistral) and `-renewalperiod-` (Azure). */
function plainReadings(head: UpstreamHead): QuotaReading[] {
  return pairs(head, plainPrefix).flatMap(([header, value]) => {
    const name = header.slice(plainPrefix.length)
    const named = namedLimit(name)
    if (named === undefined) return []
    const of = (fact: string) => head.header(`x-ratelimit-${fact}-${name}`)
    const counts = countsOf(value, of('remaining'))
    if (counts === undefined) return []
    const renewedMs = secondsOf(of('renewalperiod'))
    const windowMs = named.windowMs ?? renewedMs ?? inferredWindowMs(counts, of('reset'))
    return [{ name, unit: named.unit, ...counts, windowMs, isFixed: renewedMs !== undefined }]
  })
}

/** Anthropic's limits refill within a minute. Counts of tokens are rounded to thousands. */
function anthropicReadings(head: UpstreamHead): QuotaReading[] {
  return pairs(head, anthropicPrefix).flatMap(([header, value]) => {
    const unit = header.endsWith('-limit')
      ? units.get(header.slice(anthropicPrefix.length, -'-limit'.length))
      : undefined
    if (unit === undefined) return []
    const counts = countsOf(value, head.header(header.replace(/-limit$/, '-remaining')))
    return counts === undefined ? [] : [{ name: unit, unit, ...counts, windowMs: minuteMs }]
  })
}

/** Mistral's `x-ratelimitbysize-limit-minute`: tokens. */
function bySizeReadings(head: UpstreamHead): QuotaReading[] {
  return pairs(head, bySizePrefix).flatMap(([header, value]) => {
    const window = header.slice(bySizePrefix.length)
    const windowMs = windows.get(window)
    const counts = countsOf(value, head.header(`x-ratelimitbysize-remaining-${window}`))
    return windowMs === undefined || counts === undefined
      ? []
      : [{ name: `bysize-${window}`, unit: 'tokens' as const, ...counts, windowMs }]
  })
}

/** Cohere tells the limit of trial keys alone: calls in a minute. */
function cohereReadings(head: UpstreamHead): QuotaReading[] {
  const limit = head.header(cohereLimit)
  const counts = limit === undefined ? undefined : countsOf(limit, head.header('x-trial-endpoint-call-remaining'))
  return counts === undefined ? [] : [{ name: 'trial-calls', unit: 'requests', ...counts, windowMs: minuteMs }]
}

interface Counts {
  readonly limit: number
  readonly remaining: number
}

/** Above what a provider can mean. */
const limitMax = 1e12

/** Azure sends -1 where it does not know, and some hosts 0 for what they do not limit. */
function countsOf(limit: string, remaining: string | undefined): Counts | undefined {
  const most = countOf(limit)
  const left = remaining === undefined ? undefined : countOf(remaining)
  if (most === undefined || left === undefined || most < 1 || most > limitMax) return undefined
  return { limit: most, remaining: Math.min(left, most) }
}

function countOf(text: string): number | undefined {
  const count = text.trim() === '' ? Number.NaN : Number(text)
  return count >= 0 && Number.isFinite(count) ? Math.floor(count) : undefined
}

function namedLimit(name: string): { unit: QuotaUnit; windowMs: number | undefined } | undefined {
  const plain = units.get(name)
  if (plain !== undefined) return { unit: plain, windowMs: undefined }
  const found = /^(.+?)(?:-per)?-(second|minute|hour|day|month)$/.exec(name)
  const unit = units.get(found?.[1] ?? '')
  return unit === undefined ? undefined : { unit, windowMs: windows.get(found?.[2] ?? '') }
}

/** The windows that a limit without one in its name may have, and how far off the computed one may be. */
const inferred = [1_000, minuteMs, 3_600_000, 86_400_000]
const inferredErrorMax = 0.07

/** A bucket that refills all the time is full again after `(limit - remaining) / limit` of its window. Groq's requests refill within a day, its
 *  tokens within a minute, and the headers have the same names. */
function inferredWindowMs({ limit, remaining }: Counts, reset: string | undefined): number | undefined {
  const resetMs = reset === undefined ? undefined : resetMsOf(reset)
  if (resetMs === undefined || resetMs <= 0 || remaining >= limit) return undefined
  const computed = (resetMs * limit) / (limit - remaining)
  return inferred.find((windowMs) => Math.abs(computed / windowMs - 1) <= inferredErrorMax)
}

/** A duration as Go writes it. A bare number may be seconds or a point in time: nothing follows from it. */
function resetMsOf(text: string): number | undefined {
  return /^(\d+(\.\d+)?(d|h|m|s|ms|us|µs))+$/.test(text) ? durationMs(text) : undefined
}

function secondsOf(text: string | undefined): number | undefined {
  const seconds = text === undefined ? undefined : countOf(text)
  return seconds === undefined || seconds === 0 ? undefined : seconds * 1_000
}

function pairs(head: UpstreamHead, prefix: string): (readonly [string, string])[] {
  const flat = head.headersLike?.(prefix) ?? []
  return flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1] ?? ''] as const] : []))
}
