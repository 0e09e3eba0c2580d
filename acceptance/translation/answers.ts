// The answers of the two upstreams, whole and as the events of a stream, and the question of every test.
import type { ScriptedAnswer } from '../scripted-upstream.ts'

export const claudeUsage = {
  input_tokens: 10,
  cache_read_input_tokens: 100,
  cache_creation_input_tokens: 30,
  output_tokens: 7,
}

export function message(more: object = {}): ScriptedAnswer {
  const content = [{ type: 'text', text: 'Hello from Claude.' }]
  const base = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-sonnet-4-5-20250929', content }
  return {
    pieces: [JSON.stringify({ ...base, stop_reason: 'end_turn', stop_sequence: null, usage: claudeUsage, ...more })],
  }
}

export function completion(more: object = {}): ScriptedAnswer {
  const choices = [{ index: 0, message: { role: 'assistant', content: 'Hello from GPT.' }, finish_reason: 'stop' }]
  const usage = {
    prompt_tokens: 20,
    completion_tokens: 5,
    total_tokens: 25,
    prompt_tokens_details: { cached_tokens: 8 },
  }
  return {
    pieces: [
      JSON.stringify({ id: 'c1', object: 'chat.completion', created: 1, model: 'gpt-x-2', choices, usage, ...more }),
    ],
  }
}

export const claudeEvents = [
  { type: 'message_start', message: { id: 'msg_1', model: 'claude-x', usage: { ...claudeUsage, output_tokens: 1 } } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'ping' },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello, ' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Welt 🗼' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 7 } },
  { type: 'message_stop' },
]

const chunk = (delta: object, finish: string | null = null, more: object = {}) => ({
  id: 'c1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'gpt-x-2',
  choices: [{ index: 0, delta, finish_reason: finish }],
  ...more,
})
export const gptEvents = [
  chunk({ role: 'assistant', content: '' }),
  chunk({ content: 'Hello ' }),
  chunk({ content: 'from GPT.' }),
  chunk({}, 'stop'),
  { ...chunk({}), choices: [], usage: { prompt_tokens: 20, completion_tokens: 5, total_tokens: 25 } },
]

export const hi = [{ role: 'user' as const, content: 'hi' }]
