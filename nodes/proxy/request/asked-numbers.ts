// The numbers of a body that multiply what a request costs. What no server could mean by them is refused; 0, -1 and texts with a number are
// for the upstream to judge: llama.cpp takes -1 for no cap, others 0, and lenient ones read texts. Budgets count those as no cap.
import { type BodyScan, fieldOf, type WantedField } from '../../../shared/json/scan.ts'

const caps = named('max_tokens', 'max_completion_tokens', 'max_output_tokens')
const counts = named('n', 'best_of')
/** OpenAI's bound of `n`. Source: the API reference of chat completions and completions. */
export const answersMax = 128

export interface WrongNumber {
  readonly name: WantedField
  readonly message: string
}

export function wrongNumber(scan: BodyScan): WrongNumber | undefined {
  for (const { name, field } of caps)
    if (isWrong(scan.amountAt(field), Number.MAX_SAFE_INTEGER))
      return { name, message: `\`${name}\` must be a whole number of tokens.` }
  for (const { name, field } of counts)
    if (isWrong(scan.amountAt(field), answersMax))
      return { name, message: `\`${name}\` must be a whole number up to ${answersMax}.` }
  return undefined
}

function isWrong(amount: number | undefined, max: number): boolean {
  return amount !== undefined && !(Number.isInteger(amount) && amount >= -1 && amount <= max)
}

function named(...names: readonly WantedField[]) {
  return names.map((name) => ({ name, field: fieldOf[name] }))
}
