// Token counts of one answer, each token counted once, and what else its provider tells of the charge. Providers differ in which
// counts include which, and in where they put them; their parsers normalize this.
import type { ChargedCalls } from '../usage/charged-calls.ts'
import type { TokenCounts } from '../usage/token-counts.ts'

export interface Usage extends TokenCounts {
  /** All input tokens, including cache reads and cache writes. */
  input: number
  /** All output tokens, including reasoning. */
  output: number
  /** The part of `input` that was read from the provider's cache. */
  cached: number
  /** The parts of `input` that were written to the provider's cache, by how long they are kept. */
  cacheWrite5m: number
  cacheWrite1h: number
  /** The part of `output` that is reasoning. */
  reasoning: number
  /** The parts that are no text; absent where there are none, or where the provider does not tell them apart. */
  media?: MediaTokens | undefined
  /** The tokens that are charged, if the provider counts them separately. */
  billed?: { readonly input: number; readonly output: number } | undefined
  /** The service tier that answered, as `tierOf` names it; absent where the provider does not tell. */
  tier?: string | undefined
  /** What is charged by the call. */
  calls?: ChargedCalls | undefined
  /** The whole cost in nano-dollars, where the provider states it. */
  statedNanoUsd?: number | undefined
}

/** The usage of a stream after another report. Reports are cumulative, so that the later one counts; but some hosts end with one that
 *  is empty, or leave out a count that they have told: zero does not undo a count. */
export function laterUsage(before: Usage | undefined, now: Usage): Usage {
  if (before === undefined || (now.input > 0 && now.output > 0)) return now
  const { input, cached, cacheWrite5m, cacheWrite1h } = now.input > 0 ? now : before
  const { output, reasoning } = now.output > 0 ? now : before
  const { media = before.media, billed = before.billed, statedNanoUsd = before.statedNanoUsd } = now
  return { ...now, input, cached, cacheWrite5m, cacheWrite1h, output, reasoning, media, billed, statedNanoUsd }
}

/** Tokens of sound and pictures. Cached ones are parts of the input of their kind; undefined where they are not told apart. */
export interface MediaTokens {
  readonly audioInput: number
  readonly imageInput: number
  readonly audioOutput: number
  readonly imageOutput: number
  readonly cachedAudio?: number | undefined
  readonly cachedImage?: number | undefined
}

export function usageOf(counts: Partial<Usage>): Usage {
  return { input: 0, output: 0, cached: 0, cacheWrite5m: 0, cacheWrite1h: 0, reasoning: 0, ...counts }
}

/** The counts of media; undefined where all are 0, since most answers are text alone. */
export function mediaTokens(counts: MediaTokens): MediaTokens | undefined {
  const { audioInput, imageInput, audioOutput, imageOutput } = counts
  return audioInput + imageInput + audioOutput + imageOutput > 0 ? counts : undefined
}

/** Far more than any context window: a larger number comes from a broken counter. */
const tokensMax = 1e9

/** A provider's token count; undefined when `value` is not one. */
export function tokenCount(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= tokensMax ? Math.trunc(value) : undefined
}

/** One name for a service tier, whatever its provider calls it; undefined where `value` names none, or leaves the choice open. */
export function tierOf(value: unknown): string | undefined {
  if (value === 'standard' || value === 'default') return 'standard'
  if (typeof value !== 'string' || value === '') return undefined
  // Vertex AI says ON_DEMAND, ON_DEMAND_FLEX and so on.
  const word = value.toLowerCase().replace(/^on_demand_?/, '')
  if (word === 'auto' || word.endsWith('unspecified')) return undefined
  return word === '' || word === 'standard_only' ? 'standard' : word
}
