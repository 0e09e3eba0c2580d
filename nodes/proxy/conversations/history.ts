// Converts stored responses to the input of a model: messages in the neutral format for requests that are translated, and items for
// providers that speak the Responses API.
import type { AssistantPart, Json, JsonObject } from '../../../shared/chat/parts.ts'
import type { Message } from '../../../shared/chat/request.ts'
import { BodyReader, isObject } from '../dialects/common/body-reader.ts'
import { carried, uncarriedIn } from '../dialects/common/carried-signatures.ts'
import { MergedTurns } from '../dialects/common/merged-turns.ts'
import { reasoningItem } from '../dialects/openai-responses/items.ts'
import { readInput } from '../dialects/openai-responses/parse-input.ts'
import { decodeTurn, type LocalResponse, stemOf } from './stored-response.ts'

/** The turns before a request, as they are stored. What they mean is worked out when it is needed. */
export class StoredHistory {
  readonly turns: readonly Buffer[]

  /** From the oldest turn on. */
  constructor(turns: readonly Buffer[]) {
    this.turns = turns
  }

  get length(): number {
    return this.turns.reduce((sum, { length }) => sum + length, 0)
  }

  messages(): readonly Message[] {
    return messagesOf(this.turns.map(decodeTurn))
  }

  /** The messages as items, for a provider that speaks the Responses API. */
  items(): readonly JsonObject[] {
    return itemsForOthers(this.turns.map(decodeTurn))
  }
}

/** The messages of turns, without the instructions of earlier turns, which the API does not carry over. */
export function messagesOf(turns: readonly LocalResponse[]): readonly Message[] {
  let messages: Message[] = []
  for (const { input, parts } of turns) {
    // The input was parsed before it was stored, so it cannot have an error.
    messages = [...uncarriedIn(readInput(new BodyReader(), input, { history: messages }))]
    if (parts.length > 0) new MergedTurns('merged', messages).add({ role: 'assistant', parts })
  }
  return messages
}

export function itemsForOthers(turns: readonly LocalResponse[]): JsonObject[] {
  return turns.flatMap(({ input, response }) => forOthers([...input, ...outputOf(response)]))
}

/** The items for a provider that did not make them: without ids, which it does not know, and without reasoning, which it cannot
 *  decrypt. */
export function forOthers(items: readonly JsonObject[]): JsonObject[] {
  return items.filter(({ type }) => type !== 'reasoning').map(withoutId)
}

function withoutId({ id: _id, status: _status, ...item }: JsonObject): JsonObject {
  return item
}

export function outputOf(response: JsonObject): readonly JsonObject[] {
  return response['output'] as readonly JsonObject[]
}

/** The output with the encrypted reasoning in its reasoning items, which stand in the order of the parts. */
export function sealedOutput({ response, parts }: LocalResponse): readonly JsonObject[] {
  const reasoning = carried(parts).filter((part) => part.type === 'reasoning')
  let next = 0
  return outputOf(response).map((item) => {
    const part = item['type'] === 'reasoning' ? reasoning[next++] : undefined
    return part === undefined ? item : { ...item, ...reasoningItem(String(item['id']), { ...part, sealed: true }) }
  })
}

/** The parts of an answer that is given as items. */
export function partsOf(output: readonly Json[]): readonly AssistantPart[] {
  const messages = uncarriedIn(readInput(new BodyReader(), output))
  return messages.flatMap((message) => (message.role === 'assistant' ? message.parts : []))
}

/** The input of a request as a list of items. Every item has an id, so that it can be listed and referred to. */
export function inputItems(input: Json, responseId: string): readonly JsonObject[] {
  const given = typeof input === 'string' ? [{ type: 'message', role: 'user', content: input }] : input
  // Input that passed through was not parsed here, so it may not be a list of items.
  const items = Array.isArray(given) ? given.filter(isObject) : []
  return items.map((item, n) => listed(item, `${stemOf(responseId)}_i${n}`))
}

const prefixes: Readonly<Record<string, string>> = {
  message: 'msg',
  reasoning: 'rs',
  function_call: 'fc',
  function_call_output: 'fco',
  custom_tool_call: 'ctc',
  custom_tool_call_output: 'ctco',
}

function listed(item: JsonObject, stem: string): JsonObject {
  const type = typeof item['type'] === 'string' ? item['type'] : 'message'
  const id = typeof item['id'] === 'string' ? item['id'] : `${prefixes[type] ?? 'item'}_${stem}`
  if (type === 'message') return { ...item, id, type, status: 'completed', content: contentOf(item) }
  return type === 'reasoning' ? { ...item, id } : { ...item, id, type, status: 'completed' }
}

function contentOf({ role, content }: JsonObject): Json {
  if (typeof content !== 'string') return content
  return role === 'assistant'
    ? [{ type: 'output_text', text: content, annotations: [], logprobs: [] }]
    : [{ type: 'input_text', text: content }]
}
