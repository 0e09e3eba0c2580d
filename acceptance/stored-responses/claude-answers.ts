// What the scripted upstream of another dialect answers, and how a test reads what the gateway makes of it.
import type OpenAI from 'openai'
import { eventStream, namedEvents, type ScriptedAnswer } from '../scripted-upstream.ts'

const usage = { input_tokens: 10, output_tokens: 7 }
export function message(content: readonly object[], stop_reason = 'end_turn'): ScriptedAnswer {
  const base = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-sonnet-4-5', stop_sequence: null }
  return { pieces: [JSON.stringify({ ...base, content, stop_reason, usage })] }
}
export function said(text: string): ScriptedAnswer {
  return message([{ type: 'text', text }])
}

export function streamed(
  blocks: readonly { start: object; deltas: readonly object[] }[],
  stop_reason: string,
): ScriptedAnswer {
  const events = [
    { type: 'message_start', message: { id: 'msg_1', model: 'claude-sonnet-4-5', usage } },
    ...blocks.flatMap(({ start, deltas }, index) => [
      { type: 'content_block_start', index, content_block: start },
      ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
      { type: 'content_block_stop', index },
    ]),
    { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 7 } },
    { type: 'message_stop' },
  ]
  return { headers: eventStream, pieces: namedEvents(events) }
}

export const signature = `EqQBCkYIBxgCKkB${'q7/+'.repeat(80)}==`
export const thinking = [
  {
    start: { type: 'thinking', thinking: '', signature: '' },
    deltas: [
      { type: 'thinking_delta', thinking: 'Berlin is asked for.' },
      { type: 'signature_delta', signature },
    ],
  },
  {
    start: { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: {} },
    deltas: [{ type: 'input_json_delta', partial_json: '{"city":"Berlin"}' }],
  },
]
export const tools = [
  { type: 'function' as const, name: 'get_weather', parameters: { type: 'object', properties: {} }, strict: false },
]
export const textOf = ({ content }: { content: string | { text?: string }[] }) =>
  typeof content === 'string' ? content : content.map(({ text = '' }) => text).join('')

export async function terminalOf(stream: AsyncIterable<OpenAI.Responses.ResponseStreamEvent>) {
  let last: OpenAI.Responses.ResponseStreamEvent | undefined
  for await (const event of stream) last = event
  return last
}

/** The SDK knows no such member. */
export function storeOf(response: OpenAI.Responses.Response): unknown {
  return (response as { store?: unknown }).store
}
