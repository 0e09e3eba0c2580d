// The row of a request that a limit has no room for.
import { durationText } from '../../../shared/units.ts'
import { type Row, row, shown } from './error-row.ts'
import type { ExhaustedError, RateLimitedError } from './gateway-error.ts'

const nanoPerUsd = 1e9

export function rateLimitedRow(error: RateLimitedError): Row {
  const { unit, retryAfterMs, headers } = error
  const type = unit === 'tokens' || unit === 'inputTokens' || unit === 'outputTokens' ? 'tokens' : 'requests'
  const found = { ...row(429, type, 'rate_limit_exceeded', messageOf(error)), headers }
  return retryAfterMs === undefined ? found : { ...found, retry: true, retryAfterMs }
}

/** The row of an answer that a limit ends, for streams whose format has no end for an answer that is too long. */
export function limitExhaustedRow({ name }: Extract<ExhaustedError, { type: 'limit-exhausted' }>): Row {
  return row(429, 'tokens', 'limit_exhausted', `The limit ${shown(name)} has no room for more of this answer.`)
}

function messageOf({ limit, per, subject, unit, amount, window, retryAfterMs }: RateLimitedError): string {
  const whose = subject === '' ? `per ${per}` : `for ${per} ${shown(subject)}`
  const what = `The limit ${shown(limit)} of ${amountText(unit, amount)}${window === '' ? '' : ` in ${window}`} ${whose}`
  if (unit === 'wallTime') return `${what} is reached. Begin another one.`
  if (retryAfterMs === undefined) return `${what} is too small for this request. Send a smaller one.`
  return `${what} is reached. Try again in ${durationText(retryAfterMs)}.`
}

function amountText(unit: RateLimitedError['unit'], amount: number): string {
  switch (unit) {
    case 'requests':
      return requestsText(amount)
    case 'repeats':
      return `${requestsText(amount)} with the same body`
    case 'concurrency':
      return `${requestsText(amount)} at the same time`
    case 'wallTime':
      return `${durationText(amount)} since the first request`
    case 'usd':
      return `${amount / nanoPerUsd} USD`
    case 'tokens':
      return `${amount} tokens`
    case 'inputTokens':
      return `${amount} input tokens`
    case 'outputTokens':
      return `${amount} output tokens`
  }
}

function requestsText(count: number): string {
  return count === 1 ? '1 request' : `${count} requests`
}
