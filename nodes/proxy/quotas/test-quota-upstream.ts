// A provider that enforces its limits with a bucket of its own, and tells them in headers as real ones do.
import type { UpstreamHead } from '../upstream/upstream.ts'

export type QuotaDialect = 'openai' | 'azure' | 'anthropic' | 'groq' | 'cerebras' | 'mistral' | 'silent'

export interface AskedOfUpstream {
  readonly input: number
  /** What the answer will have. */
  readonly output: number
  /** The cap that the caller set. */
  readonly maxTokens: number
}

const minuteMs = 60_000

export class QuotaUpstream {
  /** What was taken of the quota, as the provider counts it. */
  taken = 0
  requests = 0
  rejections = 0
  readonly #dialect: QuotaDialect
  readonly #tpm: number
  readonly #rpm: number
  #tokens: number
  #calls: number
  #filledMs = 0
  #windowMs = 0

  constructor(dialect: QuotaDialect, { tpm, rpm = 1e9 }: { tpm: number; rpm?: number }) {
    this.#dialect = dialect
    this.#tpm = tpm
    this.#rpm = rpm
    this.#tokens = tpm
    this.#calls = rpm
  }

  /** Takes a request, or rejects it: `isTaken`. */
  ask(asked: AskedOfUpstream, nowMs: number): { isTaken: boolean; head: UpstreamHead } {
    this.#refill(nowMs)
    this.requests++
    const amount = this.#countedFirst(asked)
    const isTaken = this.#tokens >= amount && this.#calls >= 1
    if (isTaken) {
      this.#tokens -= amount
      this.#calls--
      this.taken += amount
    } else this.rejections++
    return { isTaken, head: headOf(isTaken ? 200 : 429, this.#headers(nowMs, isTaken, amount)) }
  }

  /** The answer has ended: providers that count what was really used do so now. */
  end(asked: AskedOfUpstream, nowMs: number): void {
    this.#refill(nowMs)
    if (this.#dialect === 'openai' || this.#dialect === 'azure') return
    const more = asked.input + asked.output - this.#countedFirst(asked)
    this.taken += more
    this.#tokens -= more
    this.#tokens = Math.min(this.#tokens, this.#tpm)
  }

  #countedFirst({ input, maxTokens }: AskedOfUpstream): number {
    if (this.#dialect === 'anthropic' || this.#dialect === 'groq' || this.#dialect === 'mistral') return input
    return input + maxTokens
  }

  #refill(nowMs: number): void {
    if (this.#dialect === 'azure') {
      if (nowMs - this.#windowMs < minuteMs) return
      this.#windowMs += Math.floor((nowMs - this.#windowMs) / minuteMs) * minuteMs
      this.#tokens = this.#tpm
      this.#calls = this.#rpm
      return
    }
    const passedMs = nowMs - this.#filledMs
    this.#filledMs = nowMs
    this.#tokens = Math.min(this.#tpm, this.#tokens + (passedMs * this.#tpm) / minuteMs)
    this.#calls = Math.min(this.#rpm, this.#calls + (passedMs * this.#rpm) / minuteMs)
  }

  #headers(nowMs: number, isTaken: boolean, amount: number): Record<string, string> {
    const tokens = Math.max(0, Math.floor(this.#tokens))
    const calls = Math.max(0, Math.floor(this.#calls))
    const fullMs = (left: number, limit: number) => Math.round(((limit - left) / limit) * minuteMs)
    const waitMs = Math.ceil((Math.max(0, amount - this.#tokens) / this.#tpm) * minuteMs)
    const retry: Record<string, string> = isTaken ? {} : { 'retry-after': String(Math.ceil(waitMs / 1_000)) }
    switch (this.#dialect) {
      case 'silent':
        return {}
      case 'openai':
      case 'groq':
        return {
          ...(this.#dialect === 'openai' && !isTaken ? { 'retry-after-ms': String(waitMs) } : {}),
          ...retry,
          'x-ratelimit-limit-requests': String(this.#rpm),
          'x-ratelimit-limit-tokens': String(this.#tpm),
          'x-ratelimit-remaining-requests': String(calls),
          'x-ratelimit-remaining-tokens': String(tokens),
          'x-ratelimit-reset-requests': `${fullMs(calls, this.#rpm)}ms`,
          'x-ratelimit-reset-tokens': `${fullMs(tokens, this.#tpm) / 1_000}s`,
        }
      case 'azure':
        return {
          ...retry,
          'x-ratelimit-limit-tokens': String(this.#tpm),
          'x-ratelimit-remaining-tokens': String(tokens),
          'x-ratelimit-renewalperiod-tokens': '60',
          'x-ratelimit-reset-tokens': String(Math.ceil((minuteMs - (nowMs - this.#windowMs)) / 1_000)),
          'x-ratelimit-limit-requests': '-1',
          'x-ratelimit-remaining-requests': '-1',
        }
      case 'cerebras':
        return {
          ...retry,
          'x-ratelimit-limit-requests-day': '1440000',
          'x-ratelimit-remaining-requests-day': '1400000',
          'x-ratelimit-limit-tokens-minute': String(this.#tpm),
          'x-ratelimit-remaining-tokens-minute': String(tokens),
          'x-ratelimit-reset-tokens-minute': String(fullMs(tokens, this.#tpm) / 1_000),
        }
      case 'mistral':
        return {
          ...retry,
          'x-ratelimit-limit-tokens-minute': String(this.#tpm),
          'x-ratelimit-remaining-tokens-minute': String(tokens),
          'x-ratelimit-limit-req-minute': String(this.#rpm),
          'x-ratelimit-remaining-req-minute': String(calls),
        }
      case 'anthropic':
        return {
          ...retry,
          'anthropic-ratelimit-tokens-limit': String(this.#tpm),
          'anthropic-ratelimit-tokens-remaining': String(Math.round(tokens / 1_000) * 1_000),
          'anthropic-ratelimit-tokens-reset': new Date(nowMs + fullMs(tokens, this.#tpm)).toISOString(),
        }
    }
  }
}

/** The head of an answer with these headers. */
export function headOf(status: number, headers: Readonly<Record<string, string>>): UpstreamHead {
  return {
    status,
    header: (name) => headers[name],
    headersLike: (prefix) =>
      Object.entries(headers)
        .filter(([name]) => name.startsWith(prefix))
        .flat(),
  }
}
