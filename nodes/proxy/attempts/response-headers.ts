// The headers that tell a caller what happened: which provider and model served, how many attempts it took, what it cost
// and how long we took ourselves.
import type { CacheStatus } from '../../../shared/telemetry/records.ts'
import { type CheckedLines, checkedLines, noLines } from '../http/checked-lines.ts'
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
  /** What holds, or the upstream, say of limits. */
  readonly limits?: CheckedLines | undefined
  /** The cost in nano-dollars; undefined for streams and for models without a price. */
  readonly costNanoUsd: number | undefined
  /** Whether nobody knows the cost. */
  readonly unpriced: boolean
}

/** The lines of the headers that tell what happened. */
export function answerLines(facts: AnswerFacts): CheckedLines {
  let lines =
    linesOfTarget(facts.target) +
    '\r\nx-headgate-attempts: ' +
    smallNumber(facts.attempts) +
    '\r\nx-headgate-fallback-index: ' +
    smallNumber(facts.fallbackIndex) +
    '\r\nx-headgate-cache-status: ' +
    facts.cacheStatus +
    '\r\nx-headgate-upstream-ms: ' +
    milliseconds(facts.upstreamMs) +
    '\r\nx-headgate-overhead-ms: ' +
    milliseconds(facts.overheadMs) +
    '\r\nx-headgate-config-revision: ' +
    facts.revisionText
  if (facts.dropped !== '') lines += checkedLines(['x-headgate-dropped-params', headerText(facts.dropped)])
  if (facts.requestIdToo) lines += checkedLines(['request-id', facts.requestId])
  if (facts.limits !== undefined) lines += facts.limits
  if (facts.costNanoUsd !== undefined) lines += `\r\nx-headgate-cost-usd: ${usd(facts.costNanoUsd)}`
  if (facts.unpriced) lines += '\r\nx-headgate-unpriced: true'
  return lines as CheckedLines
}

const knownTargets = new WeakMap<Target, CheckedLines>()

function linesOfTarget(target: Target | undefined): CheckedLines {
  if (target === undefined) return noLines
  const known = knownTargets.get(target)
  if (known !== undefined) return known
  const headers = ['x-headgate-provider', target.provider]
  // Files and batches have none.
  if (target.model !== '') headers.push('x-headgate-model', target.model)
  const lines = checkedLines(headers)
  knownTargets.set(target, lines)
  return lines
}

const nanoPerUsd = 1e9

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
export function usd(nanoUsd: number): string {
  const nano = Math.round(nanoUsd)
  const whole = Math.floor(nano / nanoPerUsd)
  let fraction = nano - whole * nanoPerUsd
  if (fraction === 0) return String(whole)
  let digits = 9
  for (; fraction % 10 === 0; digits--) fraction /= 10
  return `${whole}.${String(fraction).padStart(digits, '0')}`
}
