// The headers that tell a caller what happened: which provider and model served, how many attempts it took, what it cost
// and how long we took ourselves.
import type { CacheStatus } from '../../../shared/telemetry/records.ts'
import type { Target } from '../providers/endpoint.ts'

/** Media type and id of an answer: the two headers that every answer begins with. */
export function contentHeaders(contentType: string, requestId: string): string[] {
  return ['content-type', contentType, 'x-request-id', requestId]
}

/** Marks a number of tokens that is an estimate of ours. */
export const estimatedHeader: readonly string[] = ['x-headgate-estimated', 'true']

export interface AnswerFacts {
  readonly requestId: string
  readonly target: Target | undefined
  readonly attempts: number
  readonly fallbackIndex: number
  readonly cacheStatus: CacheStatus
  readonly revisionText: string
  readonly upstreamMs: number
  readonly overheadMs: number
  /** Parameters that the target could not take; '' when it took all. */
  readonly dropped: string
  /** Whether the header is added that Anthropic's SDK reads the id from. */
  readonly requestIdToo: boolean
  /** What the upstream says of the limits of its account: names, each with its value behind it. */
  readonly limits?: readonly string[] | undefined
  /** The cost in nano-dollars; undefined for streams and for models without a price. */
  readonly costNanoUsd: number | undefined
  /** Whether nobody knows the cost. */
  readonly unpriced: boolean
}

/** Adds the headers that tell what happened. */
export function pushAnswerHeaders(headers: string[], facts: AnswerFacts): void {
  if (facts.target !== undefined) {
    headers.push('x-headgate-provider', facts.target.provider)
    // Files and batches have none.
    if (facts.target.model !== '') headers.push('x-headgate-model', facts.target.model)
  }
  headers.push(
    'x-headgate-attempts',
    smallNumber(facts.attempts),
    'x-headgate-fallback-index',
    smallNumber(facts.fallbackIndex),
    'x-headgate-cache-status',
    facts.cacheStatus,
    'x-headgate-upstream-ms',
    milliseconds(facts.upstreamMs),
    'x-headgate-overhead-ms',
    milliseconds(facts.overheadMs),
    'x-headgate-config-revision',
    facts.revisionText,
  )
  if (facts.dropped !== '') headers.push('x-headgate-dropped-params', headerText(facts.dropped))
  if (facts.requestIdToo) headers.push('request-id', facts.requestId)
  if (facts.limits !== undefined) headers.push(...facts.limits)
  if (facts.costNanoUsd !== undefined) headers.push('x-headgate-cost-usd', usd(facts.costNanoUsd))
  if (facts.unpriced) headers.push('x-headgate-unpriced', 'true')
}

const smallNumbers = Array.from({ length: 16 }, (_, n) => String(n))

function smallNumber(n: number): string {
  return smallNumbers[n] ?? String(n)
}

/** The text as a header value: names that callers made up stand in it as well. */
function headerText(text: string): string {
  return text.slice(0, 1_024).replace(/[^\x20-\x7e]/g, '?')
}

/** The texts of hundredths, '' and '.01' to '.99', without a zero at the end. */
const hundredthTexts = Array.from({ length: 100 }, (_, n) => String(n / 100).slice(1))

/** Milliseconds with at most two decimals. `String` of a fraction and `toFixed` would each cost more than the rest of the headers. */
export function milliseconds(ms: number): string {
  const hundredths = Math.round(Math.max(0, ms) * 100)
  return String(Math.floor(hundredths / 100)) + hundredthTexts[hundredths % 100]
}

/** An amount of nano-dollars in dollars, as a plain decimal and never in scientific notation. */
export function usd(nano: number): string {
  if (nano === 0) return '0'
  return (nano / 1e9).toFixed(9).replace(/\.?0+$/, '')
}
