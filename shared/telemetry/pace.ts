// How fast a target is, from the record of one attempt at it: to the first token of a stream, and per token of any answer.
// The fleet's aggregators and each proxy measure alike, so that what the fleet says can stand in for what a proxy has not
// seen yet.
import type { AttemptRecord } from './records.ts'

/** A short answer is not slow for each of its few tokens: what it takes to begin is worth about five of them. */
const tokensOfBeginning = 5

/** Time to the first token of a stream, µs; 0 where the attempt says nothing. A time-out is as slow as it was waited for, at least; other failures are quick and
 *  would make a broken target look good. */
export function firstUsOf({ outcome, stream, ttftUs, totalUs }: AttemptRecord): number {
  if (outcome === 'ok') return measured(ttftUs)
  return outcome === 'timeout' && stream && ttftUs === 0 ? measured(totalUs) : 0
}

/** Whole time by output token, µs; 0 where the attempt says nothing. */
export function tokenUsOf({ outcome, totalUs, tokens }: AttemptRecord): number {
  if (outcome !== 'ok' && outcome !== 'timeout') return 0
  return measured(totalUs) / (measured(tokens.output) + tokensOfBeginning)
}

/** A provider that reports nonsense, or a sender's broken clock, teaches nothing. */
function measured(value: number): number {
  return value > 0 && Number.isFinite(value) ? value : 0
}
