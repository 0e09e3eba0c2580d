// Token counts of Cohere answers: `tokens` are those that the model read and wrote, with Cohere's own prompt around the
// caller's; `billed_units` are those that are charged.
import type { Json } from '../../../../shared/chat/parts.ts'
import { tokenCount, type Usage, usageOf } from '../../../../shared/chat/usage.ts'
import { isObject } from '../common/body-reader.ts'

/** The usage that `value` reports; undefined when it is not a usage object. */
export function readCohereUsage(value: Json): Usage | undefined {
  if (!isObject(value)) return undefined
  const billed = pairOf(value['billed_units'])
  const read = pairOf(value['tokens']) ?? billed
  if (read === undefined) return undefined
  const cached = Math.min(tokenCount(value['cached_tokens']) ?? 0, read.input)
  const usage = usageOf({ ...read, cached })
  return billed === undefined ? usage : { ...usage, billed }
}

function pairOf(value: Json): { input: number; output: number } | undefined {
  if (!isObject(value)) return undefined
  const input = tokenCount(value['input_tokens'])
  const output = tokenCount(value['output_tokens'])
  return input === undefined && output === undefined ? undefined : { input: input ?? 0, output: output ?? 0 }
}
