// The latency of a target by the record of one attempt: to the first token of a stream, and per token of any answer.
// Aggregators and proxies measure alike, so that the fleet's estimate can replace what a proxy has not measured itself.
import type { AttemptRecord } from './records.ts'

/** The cost of beginning an answer, in tokens; otherwise short answers would look slow per token. */
const tokensOfBeginning = 5

/** Time to the first token of a stream, µs; 0 when the attempt says nothing. A timeout counts with the time that was
 *  waited; other failures are quick and would make a broken target look fast. */
export function firstUsOf({ outcome, stream, ttftUs, totalUs }: AttemptRecord): number {
  if (outcome === 'ok') return measured(ttftUs)
  return outcome === 'timeout' && stream && ttftUs === 0 ? measured(totalUs) : 0
}

/** Total time per output token, µs; 0 when the attempt says nothing. */
export function tokenUsOf({ outcome, totalUs, tokens }: AttemptRecord): number {
  if (outcome !== 'ok' && outcome !== 'timeout') return 0
  return measured(totalUs) / (measured(tokens.output) + tokensOfBeginning)
}

/** Ignores nonsense of a provider or of a sender's broken clock. */
function measured(value: number): number {
  return value > 0 && Number.isFinite(value) ? value : 0
}
