// Members of chat answers that have no neutral name: hosts add their own (`search_results` of Perplexity, `x_groq` of Groq).
// A caller of the same dialect gets them as they came.
import type { AnswerExtras, ChoiceExtras } from '../../../../shared/chat/answer.ts'
import type { Emit } from '../../../../shared/chat/events.ts'
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import type { Usage } from '../../../../shared/chat/usage.ts'
import { isObject } from '../common/body-reader.ts'
import { printUsage } from '../openai/usage.ts'

/** `obfuscation` pads each chunk to hide its length: there is nothing to keep of it. */
const answerMembers = new Set([
  ...['id', 'object', 'created', 'model', 'choices', 'usage', 'service_tier', 'system_fingerprint', 'obfuscation'],
])
/** Some hosts repeat in each chunk what the deltas have said, as `message`. */
const choiceMembers = new Set(['index', 'message', 'delta', 'finish_reason', 'logprobs'])
const messageMembers = new Set([
  ...['role', 'content', 'refusal', 'annotations', 'audio', 'images', 'tool_calls', 'function_call', 'extra_content'],
  ...['reasoning', 'reasoning_content', 'reasoning_details', 'thinking'],
])
const usageMembers = new Set(['prompt_tokens', 'completion_tokens', 'total_tokens'])
const inputMembers = new Set(['cached_tokens', 'cache_write_tokens'])
const outputMembers = new Set(['reasoning_tokens'])

/** `body`: an answer, or a chunk of a stream. */
export function readExtras(body: JsonObject): AnswerExtras | undefined {
  const answer = without(body, answerMembers)
  const usage = extrasOfUsage(body['usage'])
  return answer === undefined && usage === undefined ? undefined : { answer, usage }
}

/** `said`: a message or a delta. */
export function readChoiceExtras(value: JsonObject, said: JsonObject): ChoiceExtras | undefined {
  const choice = without(value, choiceMembers)
  const message = without(said, messageMembers)
  return choice === undefined && message === undefined ? undefined : { choice, message }
}

export function emitExtras(body: JsonObject, emit: Emit): void {
  const { answer, usage } = readExtras(body) ?? {}
  if (answer !== undefined) emit({ type: 'answer-extras', of: 'answer', members: answer })
  if (usage !== undefined) emit({ type: 'answer-extras', of: 'usage', members: usage })
}

export function emitChoiceExtras(choice: number, value: JsonObject, said: JsonObject, emit: Emit): void {
  const extras = readChoiceExtras(value, said)
  if (extras?.choice !== undefined) emit({ type: 'choice-extras', choice, of: 'choice', members: extras.choice })
  if (extras?.message !== undefined) emit({ type: 'choice-extras', choice, of: 'message', members: extras.message })
}

function extrasOfUsage(usage: Json): JsonObject | undefined {
  if (!isObject(usage)) return undefined
  const { prompt_tokens_details: input, completion_tokens_details: output, ...rest } = usage
  return without(
    {
      ...rest,
      prompt_tokens_details: isObject(input) ? without(input, inputMembers) : input,
      completion_tokens_details: isObject(output) ? without(output, outputMembers) : output,
    },
    usageMembers,
  )
}

export function printUsageWith(usage: Usage, extras: JsonObject | undefined): object {
  const printed: Record<string, Json> = { ...printUsage(usage) }
  for (const [name, value] of Object.entries(extras ?? {})) {
    const own = printed[name]
    printed[name] = isObject(own) && isObject(value) ? { ...own, ...value } : (value ?? own)
  }
  return printed
}

function without(value: JsonObject, known: ReadonlySet<string>): JsonObject | undefined {
  let rest: Record<string, Json> | undefined
  for (const name in value) {
    if (known.has(name) || value[name] === undefined) continue
    rest ??= {}
    rest[name] = value[name]
  }
  return rest
}
