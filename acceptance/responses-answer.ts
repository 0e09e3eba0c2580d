// What OpenAI answers over the Responses API: reasoning with its seal, a text and a call, whole and in events.
import { eventStream, namedEvents, type ScriptedAnswer } from './scripted-upstream.ts'

// biome-ignore lint/suspicious/noExplicitAny: tests read into bodies whose shape they assert
type Body = any

const thought = {
  id: 'rs_1',
  type: 'reasoning',
  summary: [{ type: 'summary_text', text: 'Hm.' }],
  encrypted_content: 'gAAAsealed',
}
const content = { type: 'output_text', text: 'Let me look. 🌞', annotations: [], logprobs: [] }
const message = { id: 'msg_1', type: 'message', role: 'assistant', status: 'completed', content: [content] }
const call = {
  id: 'fc_1',
  type: 'function_call',
  status: 'completed',
  call_id: 'call_1',
  name: 'weather',
  arguments: '{"city":"Lisbon"}',
}
export const response = {
  id: 'resp_1',
  object: 'response',
  created_at: 1_700_000_000,
  status: 'completed',
  model: 'gpt-5-codex',
  output: [thought, message, call],
  error: null,
  incomplete_details: null,
  service_tier: 'default',
  usage: {
    input_tokens: 9,
    input_tokens_details: { cached_tokens: 4 },
    output_tokens: 7,
    output_tokens_details: { reasoning_tokens: 3 },
    total_tokens: 16,
  },
}
export const created = {
  type: 'response.created',
  sequence_number: 0,
  response: { ...response, status: 'in_progress', output: [], usage: null },
}
const at = { output_index: 1, content_index: 0 }
export const events = [
  created,
  { type: 'response.output_item.added', output_index: 0, item: { ...thought, summary: [] } },
  { type: 'response.reasoning_summary_text.delta', output_index: 0, summary_index: 0, delta: 'Hm.' },
  { type: 'response.output_item.done', output_index: 0, item: thought },
  { type: 'response.output_item.added', output_index: 1, item: { ...message, content: [] } },
  { type: 'response.content_part.added', ...at, part: { ...content, text: '' } },
  ...['Let me ', 'look. ', '🌞'].map((delta) => ({ type: 'response.output_text.delta', ...at, delta, logprobs: [] })),
  { type: 'response.output_text.done', ...at, text: content.text, logprobs: [] },
  { type: 'response.content_part.done', ...at, part: content },
  { type: 'response.output_item.done', output_index: 1, item: message },
  { type: 'response.output_item.added', output_index: 2, item: { ...call, arguments: '' } },
  ...['{"city":', '"Lisbon"}'].map((delta) => ({
    type: 'response.function_call_arguments.delta',
    output_index: 2,
    delta,
  })),
  { type: 'response.output_item.done', output_index: 2, item: call },
  { type: 'response.completed', sequence_number: 99, response },
]
export const streaming = (list: readonly Body[]): ScriptedAnswer => ({
  headers: eventStream,
  pieces: namedEvents(list),
})

export function answering({ stream }: Body): ScriptedAnswer {
  return stream === true ? streaming(events) : { pieces: [JSON.stringify(response)] }
}
