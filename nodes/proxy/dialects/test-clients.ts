// Callers of each dialect as their official clients are: what they keep of an answer, whole or streamed, and the turn that
// they send back.
import type { JsonObject } from '../../../shared/chat/parts.ts'
import { anthropicInbound } from './anthropic/anthropic.ts'
import type { InboundDialect } from './dialect.ts'
import { geminiInbound, geminiStreamInbound } from './gemini/gemini.ts'
import { openAiChatInbound } from './openai-chat/openai-chat.ts'
import { openAiResponsesInbound } from './openai-responses/openai-responses.ts'

// biome-ignore lint/suspicious/noExplicitAny: clients read into bodies whose shape they know
type Any = any

export interface Client {
  readonly name: string
  readonly inbound: InboundDialect
  readonly streaming: InboundDialect
  /** The turn of the model out of a whole answer, or out of the events of a stream. */
  whole(answer: Any): Any
  streamed(events: readonly Any[]): Any
  /** The next request: the turn goes back unchanged, and each call is answered. */
  next(turn: Any): JsonObject
}

const user = { role: 'user', content: 'x' }

/** Source: openai 6.x, lib/ChatCompletionStream: members that it does not know replace those of earlier chunks. */
const chat: Client = {
  name: 'openai-chat',
  inbound: openAiChatInbound,
  streaming: openAiChatInbound,
  whole: ({ choices }) => choices[0].message,
  streamed(events) {
    const message: Any = { role: 'assistant', content: '' }
    for (const { choices } of events) {
      const { content, role: _, tool_calls: calls, ...rest } = choices[0]?.delta ?? {}
      Object.assign(message, rest)
      if (typeof content === 'string') message.content += content
      for (const { index, function: called, ...more } of calls ?? []) {
        message.tool_calls ??= []
        message.tool_calls[index] ??= { function: { name: '', arguments: '' } }
        const call = message.tool_calls[index]
        Object.assign(call, more)
        if (called?.name !== undefined) call.function.name = called.name
        call.function.arguments += called?.arguments ?? ''
      }
    }
    return message
  },
  next: (message) => ({
    messages: [
      user,
      message,
      ...(message.tool_calls ?? []).map(({ id }: Any) => ({ role: 'tool', tool_call_id: id, content: 'r' })),
    ],
  }),
}

/** Source: @anthropic-ai/sdk 1.14, lib/MessageStream: the last signature of a block counts. */
const messages: Client = {
  name: 'anthropic',
  inbound: anthropicInbound,
  streaming: anthropicInbound,
  whole: ({ content }) => content,
  streamed(events) {
    const blocks: Any[] = []
    const inputs = new Map<number, string>()
    for (const { type, index, content_block: block, delta } of events) {
      if (type === 'content_block_start') blocks[index] = { ...block }
      if (type !== 'content_block_delta') continue
      if (delta.type === 'text_delta') blocks[index].text += delta.text
      if (delta.type === 'thinking_delta') blocks[index].thinking += delta.thinking
      if (delta.type === 'signature_delta') blocks[index].signature = delta.signature
      if (delta.type === 'input_json_delta') inputs.set(index, (inputs.get(index) ?? '') + delta.partial_json)
    }
    for (const [index, input] of inputs) blocks[index].input = JSON.parse(input)
    return blocks
  },
  next(content) {
    const calls = content.filter(({ type }: Any) => type === 'tool_use')
    const results = calls.map(({ id }: Any) => ({ type: 'tool_result', tool_use_id: id, content: 'r' }))
    const heard = results.length === 0 ? 'more' : results
    return { max_tokens: 9000, messages: [user, { role: 'assistant', content }, { role: 'user', content: heard }] }
  },
}

const responses: Client = {
  name: 'openai-responses',
  inbound: openAiResponsesInbound,
  streaming: openAiResponsesInbound,
  whole: ({ output }) => output,
  streamed: (events) => events.find(({ type }) => type === 'response.completed').response.output,
  next(output) {
    const calls = output.filter(({ type }: Any) => type === 'function_call')
    const results = calls.map(({ call_id }: Any) => ({ type: 'function_call_output', call_id, output: 'r' }))
    return { store: false, input: [user, ...output, ...(results.length === 0 ? [user] : results)] }
  },
}

const gemini: Client = {
  name: 'gemini',
  inbound: geminiInbound,
  streaming: geminiStreamInbound('sse'),
  whole: ({ candidates }) => candidates[0].content.parts,
  streamed: (events) => events.flatMap(({ candidates }) => candidates[0]?.content?.parts ?? []),
  next(parts) {
    const calls = parts.flatMap(({ functionCall }: Any) => functionCall ?? [])
    const results = calls.map(({ id, name }: Any) => ({ functionResponse: { id, name, response: { output: 'r' } } }))
    const said = { role: 'user', parts: [{ text: 'x' }] }
    const heard = results.length === 0 ? said : { role: 'user', parts: results }
    return { contents: [said, { role: 'model', parts }, heard] }
  },
}

export const clients: readonly Client[] = [chat, messages, responses, gemini]

export function eventsIn(stream: string): unknown[] {
  return [...stream.matchAll(/^data: (\{.*)$/gm)].map(([, json = '']) => JSON.parse(json))
}
