// What a response says of its charge reaches the price, whole and streamed.
import { expect, test } from 'vitest'
import type { ChatEvent } from '../../../../shared/chat/events.ts'
import { readResponsesAnswer } from './parse-answer.ts'
import { ResponsesStreamReader } from './parse-stream.ts'

// source: openai 7, Response, ResponseFunctionWebSearch and ResponseFileSearchToolCall
const response = {
  id: 'resp_1',
  status: 'completed',
  model: 'gpt-5-codex',
  service_tier: 'flex',
  output: [
    { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'q' } },
    {
      type: 'web_search_call',
      id: 'ws_2',
      status: 'completed',
      action: { type: 'open_page', url: 'https://a.example' },
    },
    {
      type: 'message',
      id: 'msg_1',
      role: 'assistant',
      content: [{ type: 'output_text', text: 'hi', annotations: [] }],
    },
  ],
  usage: { input_tokens: 30, output_tokens: 4, total_tokens: 34, input_tokens_details: { cached_tokens: 20 } },
}
const charged = { input: 30, output: 4, cached: 20, tier: 'flex', calls: { webSearches: 1, fileSearches: 0 } }

test('whole', () => {
  expect(readResponsesAnswer(response, {})?.usage).toMatchObject(charged)
})

test('streamed', () => {
  const events: ChatEvent[] = []
  new ResponsesStreamReader().read({ type: 'response.completed', response }, (event) => void events.push(event))
  expect(events.find(({ type }) => type === 'usage')).toMatchObject({ usage: charged })
})
