// The numbers of a body that multiply what a request costs. What no server could mean by them is refused; 0, -1 and texts with a number are
// for the upstream to judge: llama.cpp takes -1 for no cap, others 0, and lenient ones read texts. Budgets count those as no cap.
import { answersMax, capMax, isCount } from '../../../shared/chat/counts.ts'
import { fieldOf, type WantedField } from '../../../shared/json/body-fields.ts'
import type { BodyScan } from '../../../shared/json/scan.ts'

const caps = named('max_tokens', 'max_completion_tokens', 'max_output_tokens')
/** The likeliest tokens make an answer as many times larger. In chat completions `logprobs` is a flag. */
const counts = named('n', 'best_of', 'logprobs', 'top_logprobs')

export interface WrongNumber {
  readonly name: WantedField
  readonly message: string
}

export function wrongNumber(scan: BodyScan): WrongNumber | undefined {
  for (const { name, field } of caps)
    if (!isAbsent(scan, field) && !isCount(scan.amountAt(field), capMax))
      return { name, message: `\`${name}\` must be a whole number of tokens.` }
  for (const { name, field } of counts)
    if (!isAbsent(scan, field) && !isFlag(scan, field) && !isCount(scan.amountAt(field), answersMax))
      return { name, message: `\`${name}\` must be a whole number up to ${answersMax}.` }
  return undefined
}

function isAbsent(scan: BodyScan, field: number): boolean {
  const span = scan.fieldAt(field)
  return span === undefined || span.kind === 'null'
}

function isFlag(scan: BodyScan, field: number): boolean {
  const kind = scan.fieldAt(field)?.kind
  return field === fieldOf.logprobs && (kind === 'true' || kind === 'false')
}

function named(...names: readonly WantedField[]) {
  return names.map((name) => ({ name, field: fieldOf[name] }))
}
