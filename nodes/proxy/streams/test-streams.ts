// What upstreams of each dialect say, in short: the pieces of a stream, and the same as a whole answer.

/** A stream in pieces, the last of which ends it. */
export interface PlayedDialect {
  /** The events before the first word. */
  readonly opening: string
  word(text: string): string
  /** The events of the end, with the usage: 7 tokens in, 3 out. */
  readonly closing: string
  whole(text: string): object
}

function events(...data: readonly object[]): string {
  return data.map((one) => `data: ${JSON.stringify(one)}\n\n`).join('')
}

function namedEvents(...data: readonly NamedEvent[]): string {
  return data.map((one) => `event: ${one.type}\ndata: ${JSON.stringify(one)}\n\n`).join('')
}

type NamedEvent = { readonly type: string } & Readonly<Record<string, unknown>>

const chatFacts = { id: 'c1', created: 1, model: 'gpt-4o' }
const chatUsage = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 }
const chunk = (delta: object, finish: string | null = null) => ({
  ...chatFacts,
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, finish_reason: finish }],
})

export const openAiChat: PlayedDialect = {
  opening: events(chunk({ role: 'assistant', content: '' })),
  word: (content) => events(chunk({ content })),
  closing: `${events(chunk({}, 'stop'), { ...chatFacts, choices: [], usage: chatUsage })}data: [DONE]\n\n`,
  whole: (content) => ({
    ...chatFacts,
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: chatUsage,
  }),
}

const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-sonnet-4-5' }
const claudeUsage = { input_tokens: 7, output_tokens: 3 }

export const anthropic: PlayedDialect = {
  opening: namedEvents(
    {
      type: 'message_start',
      message: { ...message, content: [], stop_reason: null, usage: { input_tokens: 7, output_tokens: 1 } },
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  ),
  word: (text) => namedEvents({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
  closing: namedEvents(
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 3 } },
    { type: 'message_stop' },
  ),
  whole: (text) => ({
    ...message,
    content: [{ type: 'text', text }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: claudeUsage,
  }),
}

const candidate = (text: string, more: object = {}) => ({
  responseId: 'g1',
  modelVersion: 'gemini-2.5-flash',
  candidates: [{ index: 0, content: { role: 'model', parts: [{ text }] }, ...more }],
})
const geminiUsage = { promptTokenCount: 7, candidatesTokenCount: 3, totalTokenCount: 10 }

export const gemini: PlayedDialect = {
  opening: '',
  word: (text) => events(candidate(text)),
  closing: events({ ...candidate('', { finishReason: 'STOP' }), usageMetadata: geminiUsage }),
  whole: (text) => ({ ...candidate(text, { finishReason: 'STOP' }), usageMetadata: geminiUsage }),
}

const response = { id: 'resp_up', object: 'response', model: 'gpt-4o', store: false }
const output = (text: string) => [
  { type: 'message', id: 'm1', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text }] },
]
const responsesUsage = { input_tokens: 7, output_tokens: 3, total_tokens: 10 }

export const openAiResponses: PlayedDialect = {
  opening: namedEvents({ type: 'response.created', response: { ...response, status: 'in_progress' } }),
  word: (delta) =>
    namedEvents({ type: 'response.output_text.delta', item_id: 'm1', output_index: 0, content_index: 0, delta }),
  closing: namedEvents({
    type: 'response.completed',
    response: { ...response, status: 'completed', output: output('whole'), usage: responsesUsage },
  }),
  whole: (text) => ({ ...response, status: 'completed', output: output(text), usage: responsesUsage }),
}
