// The Responses API: prints the unary answer for a caller.
import type { ChatAnswer, Choice, Finish } from '../../../../shared/chat/answer.ts'
import type { AssistantPart, Json, JsonObject } from '../../../../shared/chat/parts.ts'
import type { Usage } from '../../../../shared/chat/usage.ts'
import { mediaText } from '../anthropic/answer.ts'
import { carried } from '../common/carried-signatures.ts'
import { openAiTier } from '../common/service-tier.ts'
import type { AskedFacts, PrintFacts } from '../dialect.ts'
import {
  callItem,
  type ItemStatus,
  messageItem,
  reasoningItem,
  refusalContent,
  textContent,
  wholeItem,
} from './items.ts'
import { echoOf, tellsSeals } from './parse-request.ts'

export function printResponsesAnswer(answer: ChatAnswer, facts: PrintFacts): string {
  const [choice = { parts: [], finish: { reason: 'stop' } } as Choice] = answer.choices
  const ids = new ItemIds(facts)
  const output = printOutput(choice, ids, facts)
  return JSON.stringify(
    responseObject(facts, {
      ...outcomeOf(choice.finish),
      output,
      model: answer.model,
      created: answer.created,
      serviceTier: answer.serviceTier,
      usage: answer.usage,
    }),
  )
}

const responsePrefix = 'resp_'

/** Generates the ids of items, numbered in the order in which the items begin. */
export class ItemIds {
  readonly #stem: string
  readonly #isStored: boolean
  #count = 0

  constructor({ stored, requestId }: PrintFacts) {
    this.#isStored = stored !== undefined
    this.#stem = stored === undefined ? requestId : stored.id.slice(responsePrefix.length)
  }

  /** OpenAI refuses encrypted reasoning under another id than its own. What is stored here has ids of the gateway, so that it can
   *  be referred to. */
  ofThought(id: string | undefined): string {
    return id?.startsWith('rs_') === true && !this.#isStored ? id : this.next('rs')
  }

  next(prefix: 'msg' | 'rs' | 'fc' | 'ctc' | 'ig'): string {
    return `${prefix}_${this.#stem}_${this.#count++}`
  }
}

function printOutput({ parts, finish, logprobs }: Choice, ids: ItemIds, facts: PrintFacts): JsonObject[] {
  const output: JsonObject[] = []
  let content: JsonObject[] | undefined
  let left = logprobs
  for (const part of withExplanation(carried(parts), finish)) {
    if (part.type === 'text' || part.type === 'refusal') {
      if (content === undefined) {
        content = []
        output.push(messageItem(ids.next('msg'), 'completed', content))
      }
      content.push(part.type === 'text' ? textContent(part.text, part.citations, left) : refusalContent(part.text))
      left = undefined
      continue
    }
    content = undefined
    const item = printItem(part, ids, facts)
    if (item !== undefined) output.push(item)
  }
  // The last message has the status of the answer; the others are complete.
  if (content !== undefined) output.push({ ...output.pop(), status: statusOf(finish) })
  return output
}

/** The provider's explanation becomes the refusal when the model gave none. */
function withExplanation(parts: readonly AssistantPart[], { explanation }: Finish): readonly AssistantPart[] {
  if (explanation === undefined || parts.some(({ type }) => type === 'refusal')) return parts
  return [...parts, { type: 'refusal', text: explanation }]
}

type Single = Exclude<AssistantPart, { type: 'text' | 'refusal' }>

function printItem(part: Single, ids: ItemIds, facts: PrintFacts): JsonObject | undefined {
  switch (part.type) {
    case 'reasoning':
      return reasoningItem(ids.ofThought(part.id), { ...part, sealed: tellsSeals(facts) })
    case 'tool-call':
      return callItem(ids.next(part.form === 'custom' ? 'ctc' : 'fc'), 'completed', part, facts.asked.groupedTools)
    case 'opaque':
      return wholeItem('', part, '')
    default:
      return wholeItem(ids.next(part.type === 'image' ? 'ig' : 'msg'), part, mediaText(part))
  }
}

export function statusOf({ reason }: Finish): ItemStatus {
  return reason === 'length' || reason === 'context-length' || reason === 'content-filter' ? 'incomplete' : 'completed'
}

export interface Outcome {
  readonly status: 'in_progress' | 'completed' | 'incomplete' | 'failed'
  readonly incompleteReason?: string | undefined
  readonly error?: { readonly code: string; readonly message: string } | undefined
}

export function outcomeOf(finish: Finish): Outcome {
  if (statusOf(finish) === 'completed') return { status: 'completed' }
  const incompleteReason = finish.reason === 'content-filter' ? 'content_filter' : 'max_output_tokens'
  return { status: 'incomplete', incompleteReason }
}

export interface ResponseParts extends Outcome {
  readonly output: readonly JsonObject[]
  readonly model: string
  readonly created: number | undefined
  readonly serviceTier: string | undefined
  readonly usage: Usage | undefined
}

/** The response object: the answer, and the settings of its request. */
export function responseObject(facts: PrintFacts, parts: ResponseParts): JsonObject {
  const { asked, stored } = facts
  const echo = (name: string, otherwise: Json) => echoOf(asked, name) ?? otherwise
  const { status, output, model, serviceTier, usage } = parts
  return {
    ...responseHead(facts, parts),
    instructions: echo('instructions', null),
    max_output_tokens: echo('max_output_tokens', null),
    max_tool_calls: echo('max_tool_calls', null),
    model,
    output,
    parallel_tool_calls: echo('parallel_tool_calls', true),
    previous_response_id: echo('previous_response_id', null),
    prompt_cache_key: echo('prompt_cache_key', null),
    reasoning: printReasoning(asked),
    safety_identifier: echo('safety_identifier', null),
    service_tier: openAiTier(serviceTier) ?? 'default',
    // A response that failed is not stored.
    store: stored !== undefined && status !== 'failed',
    temperature: echo('temperature', 1),
    text: { format: { type: 'text' }, ...(echo('text', {}) as JsonObject) },
    tool_choice: echo('tool_choice', 'auto'),
    tools: echo('tools', []),
    top_logprobs: echo('top_logprobs', 0),
    top_p: echo('top_p', 1),
    truncation: echo('truncation', 'disabled'),
    ...(usage === undefined ? {} : { usage: printResponsesUsage(usage) }),
    user: echoOf(asked, 'user'),
    metadata: echo('metadata', {}),
  }
}

function responseHead(
  { requestId, nowSeconds, stored }: PrintFacts,
  { status, incompleteReason, error, created }: ResponseParts,
): JsonObject {
  return {
    id: stored === undefined ? responsePrefix + requestId : stored.id,
    object: 'response',
    created_at: created ?? nowSeconds,
    ...(status === 'completed' ? { completed_at: nowSeconds } : {}),
    status,
    background: false,
    error: error ?? null,
    incomplete_details: incompleteReason === undefined ? null : { reason: incompleteReason },
  }
}

function printReasoning({ reasoning }: AskedFacts): JsonObject {
  return { effort: reasoning?.effort ?? null, summary: reasoning?.summary ?? null }
}

export function printResponsesUsage({
  input,
  output,
  cached,
  cacheWrite5m,
  cacheWrite1h,
  reasoning,
}: Usage): JsonObject {
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cached, cache_write_tokens: cacheWrite5m + cacheWrite1h },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: input + output,
  }
}
