// What a caller is told of its limits, in the words of its dialect: how much a window holds, what is left, and when it is full
// again.
import type { Clock } from '../../../shared/clock.ts'
import type { LimitUnit } from '../../../shared/config/kinds/limits/spec.ts'
import { durationText } from '../../../shared/units.ts'
import type { ErrorShape } from '../dialects/error-shapes.ts'
import type { CheckedLines } from '../http/checked-lines.ts'

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

/** The lines of headers; '' where nothing is told. */
export function limitLines(states: LimitStates, shape: ErrorShape, clock: Clock): CheckedLines {
  return (shape === 'anthropic' ? anthropicLines(states, clock.wallMs()) : openAiLines(states)) as CheckedLines
}

function openAiLines({ requests, tokens, inputTokens, outputTokens }: LimitStates): string {
  const all = tokens ?? inputTokens ?? outputTokens
  return openAiUnit(requests, openAiRequests) + openAiUnit(all, openAiTokens)
}

function openAiUnit(state: LimitState | undefined, { limit, remaining, reset }: OpenAiNames): string {
  if (state === undefined) return ''
  return limit + state.limit + remaining + Math.floor(state.remaining) + reset + durationText(state.fullInMs)
}

interface OpenAiNames {
  readonly limit: string
  readonly remaining: string
  readonly reset: string
}

const openAiRequests = openAiNames('requests')
const openAiTokens = openAiNames('tokens')

function openAiNames(unit: string): OpenAiNames {
  return {
    limit: `\r\nx-ratelimit-limit-${unit}: `,
    remaining: `\r\nx-ratelimit-remaining-${unit}: `,
    reset: `\r\nx-ratelimit-reset-${unit}: `,
  }
}

function anthropicLines({ requests, tokens, inputTokens, outputTokens }: LimitStates, wallMs: number): string {
  return (
    anthropicUnit('requests', requests, wallMs) +
    anthropicUnit('tokens', tokens, wallMs) +
    anthropicUnit('input-tokens', inputTokens, wallMs) +
    anthropicUnit('output-tokens', outputTokens, wallMs)
  )
}

function anthropicUnit(unit: string, state: LimitState | undefined, wallMs: number): string {
  if (state === undefined) return ''
  const begin = `\r\nanthropic-ratelimit-${unit}-`
  const reset = new Date(wallMs + state.fullInMs).toISOString()
  return `${begin}limit: ${state.limit}${begin}remaining: ${Math.floor(state.remaining)}${begin}reset: ${reset}`
}
