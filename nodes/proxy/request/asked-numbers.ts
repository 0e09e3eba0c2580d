// The numbers of a body that multiply what a request costs. What no server could mean by them is refused; 0, -1 and texts with a number are
// for the upstream to judge: llama.cpp takes -1 for no cap, others 0, and lenient ones read texts. Budgets count those as no cap.
import { answersMax, capMax, isCount } from '../../../shared/chat/counts.ts'
import type { BodyScan, WantedField } from '../../../shared/json/scan.ts'

const caps = ['max_tokens', 'max_completion_tokens', 'max_output_tokens'] as const
/** The likeliest tokens make an answer as many times larger. In chat completions `logprobs` is a flag. */
const counts = ['n', 'best_of', 'logprobs', 'top_logprobs'] as const

export interface WrongNumber {
  readonly name: WantedField
  readonly message: string
}

export function wrongNumber(scan: BodyScan): WrongNumber | undefined {
  for (const name of caps)
    if (!isAbsent(scan, name) && !isCount(scan.amount(name), capMax))
      return { name, message: `\`${name}\` must be a whole number of tokens.` }
  for (const name of counts)
    if (!isAbsent(scan, name) && !isFlag(scan, name) && !isCount(scan.amount(name), answersMax))
      return { name, message: `\`${name}\` must be a whole number up to ${answersMax}.` }
  return undefined
}

function isAbsent(scan: BodyScan, name: WantedField): boolean {
  return scan.field(name) === undefined || scan.field(name)?.kind === 'null'
}

function isFlag(scan: BodyScan, name: WantedField): boolean {
  const kind = scan.field(name)?.kind
  return name === 'logprobs' && (kind === 'true' || kind === 'false')
}
