// What a caller is told of its limits, in the words of its dialect: how much a window holds, what is left, and when it is full
// again.
import type { LimitUnit } from '../../../shared/config/kinds/limits/spec.ts'
import { durationText } from '../../../shared/units.ts'
import type { ErrorShape } from '../dialects/error-shapes.ts'
import type { HeaderLines } from '../http/http.ts'

export interface LimitState {
  readonly limit: number
  readonly remaining: number
  /** The time until the whole of the limit is there again. */
  readonly fullInMs: number
}

/** What headers tell about. */
export type HeaderUnit = Exclude<LimitUnit, 'usd' | 'concurrency' | 'repeats'>

/** What the headers call the unit of a limit; undefined for what they do not tell. */
export function headerUnit(unit: LimitUnit): HeaderUnit | undefined {
  return unit === 'usd' || unit === 'concurrency' || unit === 'repeats' ? undefined : unit
}

/** The tightest limits of a caller, by what they count. */
export type LimitStates = { readonly [Unit in HeaderUnit]?: LimitState | undefined }

export function limitHeaders(states: LimitStates, shape: ErrorShape, wallMs: number): HeaderLines {
  return shape === 'anthropic' ? anthropicHeaders(states, wallMs) : openAiHeaders(states)
}

function openAiHeaders({ requests, tokens, inputTokens, outputTokens }: LimitStates): string[] {
  const lines: string[] = []
  const all = tokens ?? inputTokens ?? outputTokens
  if (requests !== undefined) pushOpenAi(lines, 'requests', requests)
  if (all !== undefined) pushOpenAi(lines, 'tokens', all)
  return lines
}

function pushOpenAi(lines: string[], unit: string, { limit, remaining, fullInMs }: LimitState): void {
  lines.push(`x-ratelimit-limit-${unit}`, String(limit))
  lines.push(`x-ratelimit-remaining-${unit}`, String(Math.floor(remaining)))
  lines.push(`x-ratelimit-reset-${unit}`, durationText(fullInMs))
}

function anthropicHeaders({ requests, tokens, inputTokens, outputTokens }: LimitStates, wallMs: number): string[] {
  const lines: string[] = []
  const named = { requests, tokens, 'input-tokens': inputTokens, 'output-tokens': outputTokens }
  for (const [unit, state] of Object.entries(named)) {
    if (state === undefined) continue
    const prefix = `anthropic-ratelimit-${unit}`
    lines.push(`${prefix}-limit`, String(state.limit))
    lines.push(`${prefix}-remaining`, String(Math.floor(state.remaining)))
    lines.push(`${prefix}-reset`, new Date(wallMs + state.fullInMs).toISOString())
  }
  return lines
}
