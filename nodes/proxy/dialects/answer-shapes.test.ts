// Answers of hosts that imitate an API, or that leave out what its vendor always has: no text, call or picture is lost, whole and
// streamed. The shapes are those of public reports about hosts; the official SDKs know more exact ones.
import { expect, test } from 'vitest'
import { assemble } from '../../../shared/chat/assemble.ts'
import type { ChatEvent } from '../../../shared/chat/events.ts'
import type { AssistantPart, JsonObject } from '../../../shared/chat/parts.ts'
import { anthropicUpstream } from './anthropic/anthropic.ts'
import { bedrockUpstream } from './bedrock/bedrock.ts'
import type { UpstreamDialect } from './dialect.ts'
import { geminiUpstream } from './gemini/gemini.ts'
import { openAiChatUpstream } from './openai-chat/openai-chat.ts'
import { openAiResponsesUpstream } from './openai-responses/openai-responses.ts'
import { printedNothing } from './test-dialects.ts'

const essence = (parts: readonly AssistantPart[] = []) =>
  parts.map((part) => {
    if (part.type === 'tool-call') return `${part.id} ${part.name} ${part.input}`
    if (part.type === 'reasoning') return ['reasoning', part.text, part.signature?.data].filter(Boolean).join(' ')
    return part.type === 'text' ? `text ${part.text}` : part.type
  })

const message = (said: object, finish_reason = 'stop') => ({ choices: [{ index: 0, message: said, finish_reason }] })
const f = { name: 'f', arguments: '{"a":1}' }
const picture = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }
const items = (...output: object[]) => ({ id: 'r', status: 'completed', output })

test.each<[string, UpstreamDialect, object, string[]]>([
  [
    'chat: a deprecated call beside an empty list',
    openAiChatUpstream,
    message({ tool_calls: [], function_call: f }),
    ['call_0 f {"a":1}'],
  ],
  [
    'chat: a picture in the content',
    openAiChatUpstream,
    message({ content: [{ type: 'text', text: 'a' }, picture] }),
    ['text a', 'image'],
  ],
  ['chat: no message behind a filter', openAiChatUpstream, { choices: [{ finish_reason: 'content_filter' }] }, []],
  ['messages: a text as the content', anthropicUpstream, { content: 'a', stop_reason: 'end_turn' }, ['text a']],
  ['messages: no content behind a refusal', anthropicUpstream, { content: null, stop_reason: 'refusal' }, []],
  [
    'messages: the input as JSON text',
    anthropicUpstream,
    { content: [{ type: 'tool_use', id: 'c', name: 'f', input: '{"a":1}' }] },
    ['c f {"a":1}'],
  ],
  [
    'messages: an empty text as the input',
    anthropicUpstream,
    { content: [{ type: 'tool_use', id: 'c', name: 'f', input: '' }] },
    ['c f {}'],
  ],
  [
    'bedrock: no content behind a filter',
    bedrockUpstream,
    { output: { message: { content: null } }, stopReason: 'content_filtered' },
    [],
  ],
  [
    'gemini: arguments as JSON text',
    geminiUpstream,
    {
      candidates: [
        { content: { parts: [{ functionCall: { id: 'c', name: 'f', args: '{"a":1}' } }] }, finishReason: 'STOP' },
      ],
    },
    ['c f {"a":1}'],
  ],
  [
    'responses: a call whose item alone has an id',
    openAiResponsesUpstream,
    items({ type: 'function_call', id: 'c', ...f }),
    ['c f {"a":1}'],
  ],
  [
    'responses: arguments as an object',
    openAiResponsesUpstream,
    items({ type: 'function_call', call_id: 'c', name: 'f', arguments: { a: 1 } }),
    ['c f {"a":1}'],
  ],
  ['responses: a text as the content', openAiResponsesUpstream, items({ type: 'message', content: 'a' }), ['text a']],
  [
    'responses: the name of chat for texts',
    openAiResponsesUpstream,
    items({ type: 'message', content: [{ type: 'text', text: 'a' }] }),
    ['text a'],
  ],
])('whole: %s', (_, upstream, body, parts) => {
  const answer = upstream.parseAnswer(body as JsonObject, printedNothing)
  expect(answer?.choices).toHaveLength(1)
  expect(essence(answer?.choices[0]?.parts)).toEqual(parts)
})

const delta = (said: object, finish_reason: string | null = null) => ({
  choices: [{ index: 0, delta: said, finish_reason }],
})
const calls = (...tool_calls: object[]) => delta({ tool_calls })
const piece = (text: string) => ({ function: { arguments: text } })
const begins = (name: string, text: string) => ({ function: { name, arguments: text } })
const called = delta({}, 'tool_calls')
const over = { type: 'response.completed', response: items() }
const two = ['a f {"a":1}', 'b g {"b":2}']

test.each<[string, UpstreamDialect, object[], string[]]>([
  [
    'chat: indexes as texts',
    openAiChatUpstream,
    [
      calls({ index: '0', id: 'a', ...begins('f', '{"a":') }),
      calls({ index: '1', id: 'b', ...begins('g', '{"b":') }),
      calls({ index: '0', ...piece('1}') }),
      calls({ index: '1', ...piece('2}') }),
      called,
    ],
    two,
  ],
  [
    'chat: ids in the place of indexes',
    openAiChatUpstream,
    [
      calls({ id: 'a', ...begins('f', '{"a":') }, { id: 'b', ...begins('g', '{"b":') }),
      calls({ id: 'a', ...piece('1}') }, { id: 'b', ...piece('2}') }),
      called,
    ],
    two,
  ],
  [
    'chat: the name behind the first arguments',
    openAiChatUpstream,
    [calls({ index: 0, id: 'a', ...piece('{"a":') }), calls({ index: 0, ...begins('f', '1}') }), called],
    ['a f {"a":1}'],
  ],
  [
    'chat: an empty object before the arguments',
    openAiChatUpstream,
    [
      calls({ index: 0, id: 'a', ...begins('f', '{}') }),
      calls({ index: 0, ...piece('{"a":') }),
      calls({ index: 0, ...piece('1}') }),
      called,
    ],
    ['a f {"a":1}'],
  ],
  [
    'chat: an empty object alone, and arguments that are told twice',
    openAiChatUpstream,
    [
      calls({ index: 0, id: 'a', ...begins('f', '{}') }),
      calls({ index: 1, id: 'b', ...begins('g', '{"b":2}') }),
      calls({ index: 1, ...piece('{"b":2}') }),
      called,
    ],
    ['a f {}', 'b g {"b":2}'],
  ],
  ['chat: a whole message', openAiChatUpstream, [message({ role: 'assistant', content: 'a' })], ['text a']],
  [
    'chat: the message beside the last delta',
    openAiChatUpstream,
    [delta({ content: 'a' }), { choices: [{ index: 0, delta: {}, message: { content: 'a' }, finish_reason: 'stop' }] }],
    ['text a'],
  ],
  [
    'chat: a deprecated call beside an empty list',
    openAiChatUpstream,
    [delta({ tool_calls: [], function_call: f }), called],
    ['call_0_0 f {"a":1}'],
  ],
  ['chat: a picture in the content', openAiChatUpstream, [delta({ content: [picture] }, 'stop')], ['image']],
  [
    'messages: text without the start of its block',
    anthropicUpstream,
    [
      { type: 'message_start', message: {} },
      { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 't' } },
      { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'a' } },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
      { type: 'message_stop' },
    ],
    ['reasoning t', 'text a'],
  ],
  [
    'messages: a thought that is told at once with its signature',
    anthropicUpstream,
    [
      { type: 'message_start', message: {} },
      { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: 't', signature: 's' } },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
      { type: 'message_stop' },
    ],
    ['reasoning t s'],
  ],
  [
    // open-webui/open-webui#29860: LiteLLM repeats the text beside the signature.
    "chat: Claude's blocks beside the reasoning",
    openAiChatUpstream,
    [
      delta({ reasoning_content: 't', thinking_blocks: [{ type: 'thinking', thinking: 't', signature: '' }] }),
      delta({ reasoning_content: '', thinking_blocks: [{ type: 'thinking', thinking: 't', signature: 's' }] }),
      delta({ content: 'a' }, 'stop'),
    ],
    ['reasoning t s', 'text a'],
  ],
  [
    'gemini: a filter behind the first text',
    geminiUpstream,
    [{ candidates: [{ content: { parts: [{ text: 'a' }] } }] }, { promptFeedback: { blockReason: 'OTHER' } }],
    ['text a'],
  ],
  [
    'responses: arguments that are told at their end',
    openAiResponsesUpstream,
    [
      { type: 'response.output_item.added', output_index: 0, item: { type: 'function_call', call_id: 'a', name: 'f' } },
      { type: 'response.function_call_arguments.done', output_index: 0, arguments: '{"a":1}' },
      over,
    ],
    ['a f {"a":1}'],
  ],
  [
    'responses: text that is told at its end',
    openAiResponsesUpstream,
    [{ type: 'response.output_text.done', output_index: 0, content_index: 0, text: 'a' }, over],
    ['text a'],
  ],
  [
    'responses: a call whose item alone has an id',
    openAiResponsesUpstream,
    [{ type: 'response.output_item.done', output_index: 0, item: { type: 'function_call', id: 'a', ...f } }, over],
    ['a f {"a":1}'],
  ],
])('streamed: %s', (_, upstream, chunks, parts) => {
  const parser = upstream.openParser(printedNothing)
  const events: ChatEvent[] = []
  const emit = (event: ChatEvent) => void events.push(event)
  for (const chunk of chunks) parser.push(Buffer.from(`data: ${JSON.stringify(chunk)}\n\n`), emit)
  parser.end(emit)
  const answer = assemble(events)
  if (!answer.ok) throw new Error(JSON.stringify(answer.error))
  expect(essence(answer.value.choices[0]?.parts)).toEqual(parts)
})
