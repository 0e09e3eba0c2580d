// Answers of a provider in each dialect, with the usage that it charges. What a stream has told of its usage is charged from then on.
import { awsEvent } from '../aws-events.ts'

/** A piece of a stream, and what is charged once it was sent: output tokens; undefined where the piece tells none. */
export interface Piece {
  readonly bytes: string | Buffer
  readonly outputTokens?: number
}

export interface FakeDialect {
  readonly name: string
  readonly kind: string
  readonly model: string
  readonly contentType: string
  path(model: string, stream: boolean): string
  body(model: string, text: string, stream: boolean): object
  whole(): object | Buffer
  /** The media type of whole answers; JSON by default. */
  readonly wholeType?: string
  /** The last piece is the end. Absent: it does not stream. */
  pieces?(): readonly Piece[]
  /** What a whole answer to a text costs; by default that of the tokens. */
  nanoUsd?(text: string): number
  /** It is charged when it is asked for, and not when it is answered. */
  readonly chargesAtOnce?: boolean
  /** It is sent as a form with a file. */
  readonly isForm?: boolean
  /** Nothing bounds its cost, so no hard budget pays for it. */
  readonly isUnbounded?: boolean
  /** The prices of its target. */
  readonly price: object
  /** Whether a stream tells its usage before its end. */
  readonly tellsEarly: boolean
}

/** USD per million tokens. */
export const tokenPrice = { inputPerMTok: 1, outputPerMTok: 2 }
export const inputTokens = 7
export const outputTokens = 3
const part = 1

const sse = (event: object) => `data: ${JSON.stringify(event)}\n\n`
const typed = (type: string, more: object = {}) => `event: ${type}\n${sse(Object.assign({ type }, more))}`

const chatUsage = (output: number) => ({
  prompt_tokens: inputTokens,
  completion_tokens: output,
  total_tokens: inputTokens + output,
})
const chunk = (delta: object, more: object = {}) =>
  sse({
    id: 'c1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'x',
    choices: [{ index: 0, delta, finish_reason: null }],
    ...more,
  })

const openAiChat: FakeDialect = {
  name: 'openai-chat',
  price: { price: tokenPrice },
  kind: 'openai',
  model: 'gpt-4o-mini',
  contentType: 'text/event-stream',
  tellsEarly: true,
  path: () => '/v1/chat/completions',
  body: (model, text, stream) => ({ model, stream, max_tokens: 10, messages: [{ role: 'user', content: text }] }),
  whole: () => ({
    id: 'c1',
    object: 'chat.completion',
    created: 1,
    model: 'x',
    choices: [{ index: 0, message: { role: 'assistant', content: 'hello' }, finish_reason: 'stop' }],
    usage: chatUsage(outputTokens),
  }),
  // Usage in each chunk is what vLLM sends with `continuous_usage_stats`.
  pieces: () => [
    { bytes: chunk({ role: 'assistant', content: 'hel' }, { usage: chatUsage(part) }), outputTokens: part },
    {
      bytes: `${chunk({ content: 'lo' }, { usage: chatUsage(outputTokens), choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}data: [DONE]\n\n`,
      outputTokens,
    },
  ],
}

const response = (status: string, usage: object | null) => ({
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  model: 'x',
  status,
  output:
    status === 'completed'
      ? [
          {
            type: 'message',
            id: 'msg_1',
            role: 'assistant',
            status,
            content: [{ type: 'output_text', text: 'hello', annotations: [] }],
          },
        ]
      : [],
  usage,
})
const responseUsage = { input_tokens: inputTokens, output_tokens: outputTokens, total_tokens: 10 }

const responses: FakeDialect = {
  name: 'responses',
  price: { price: tokenPrice },
  kind: 'openai',
  model: 'gpt-4o-mini',
  contentType: 'text/event-stream',
  tellsEarly: false,
  path: () => '/v1/responses',
  body: (model, text, stream) => ({ model, stream, store: false, max_output_tokens: 16, input: text }),
  whole: () => response('completed', responseUsage),
  pieces: () => [
    {
      bytes:
        typed('response.created', { response: response('in_progress', null), sequence_number: 0 }) +
        typed('response.output_text.delta', {
          item_id: 'msg_1',
          output_index: 0,
          content_index: 0,
          delta: 'hello',
          sequence_number: 1,
        }),
    },
    {
      bytes: typed('response.completed', { response: response('completed', responseUsage), sequence_number: 2 }),
      outputTokens,
    },
  ],
}

const anthropic: FakeDialect = {
  name: 'anthropic',
  price: { price: tokenPrice },
  kind: 'anthropic',
  model: 'claude-sonnet-4-5',
  contentType: 'text/event-stream',
  tellsEarly: true,
  path: () => '/v1/messages',
  body: (model, text, stream) => ({ model, stream, max_tokens: 10, messages: [{ role: 'user', content: text }] }),
  whole: () => ({
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'x',
    content: [{ type: 'text', text: 'hello' }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: inputTokens, output_tokens: outputTokens },
  }),
  pieces: () => [
    {
      bytes:
        typed('message_start', {
          message: {
            id: 'msg_1',
            type: 'message',
            role: 'assistant',
            model: 'x',
            content: [],
            stop_reason: null,
            stop_sequence: null,
            usage: { input_tokens: inputTokens, output_tokens: 0 },
          },
        }) +
        typed('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }) +
        typed('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'hel' } }) +
        typed('message_delta', { delta: { stop_reason: null }, usage: { output_tokens: part } }),
      outputTokens: part,
    },
    {
      bytes:
        typed('content_block_stop', { index: 0 }) +
        typed('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: outputTokens } }) +
        typed('message_stop'),
      outputTokens,
    },
  ],
}

const candidate = (text: string, output: number, finishReason?: string) => ({
  candidates: [
    {
      index: 0,
      content: { role: 'model', parts: [{ text }] },
      ...(finishReason === undefined ? {} : { finishReason }),
    },
  ],
  usageMetadata: { promptTokenCount: inputTokens, candidatesTokenCount: output, totalTokenCount: inputTokens + output },
  modelVersion: 'x',
})

const gemini: FakeDialect = {
  name: 'gemini',
  price: { price: tokenPrice },
  kind: 'gemini',
  model: 'gemini-2.5-flash',
  contentType: 'text/event-stream',
  tellsEarly: true,
  path: (model, stream) => `/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
  body: (_, text) => ({ contents: [{ role: 'user', parts: [{ text }] }], generationConfig: { maxOutputTokens: 10 } }),
  whole: () => candidate('hello', outputTokens, 'STOP'),
  pieces: () => [
    { bytes: sse(candidate('hel', part)), outputTokens: part },
    { bytes: sse(candidate('lo', outputTokens, 'STOP')), outputTokens },
  ],
}

/** Called in the chat API: these are translated. */
const translated = { ...openAiChat, tellsEarly: false }

const cohere: FakeDialect = {
  ...translated,
  name: 'cohere',
  kind: 'cohere',
  model: 'command-a-03-2025',
  whole: () => ({
    id: 'c1',
    finish_reason: 'COMPLETE',
    message: { role: 'assistant', content: [{ type: 'text', text: 'hello' }] },
    usage: { billed_units: { input_tokens: inputTokens, output_tokens: outputTokens } },
  }),
  pieces: () => [
    {
      bytes:
        typed('message-start', { id: 'c1', delta: { message: { role: 'assistant' } } }) +
        typed('content-start', { index: 0, delta: { message: { content: { type: 'text', text: '' } } } }) +
        typed('content-delta', { index: 0, delta: { message: { content: { text: 'hello' } } } }),
    },
    {
      bytes:
        typed('content-end', { index: 0 }) +
        typed('message-end', {
          delta: {
            finish_reason: 'COMPLETE',
            usage: { billed_units: { input_tokens: inputTokens, output_tokens: outputTokens } },
          },
        }),
      outputTokens,
    },
  ],
}

const bedrock: FakeDialect = {
  ...translated,
  name: 'bedrock',
  kind: 'bedrock',
  model: 'amazon.nova-pro-v1:0',
  contentType: 'application/vnd.amazon.eventstream',
  whole: () => ({
    output: { message: { role: 'assistant', content: [{ text: 'hello' }] } },
    stopReason: 'end_turn',
    usage: { inputTokens, outputTokens, totalTokens: 10 },
    metrics: { latencyMs: 1 },
  }),
  pieces: () => [
    {
      bytes: Buffer.concat([
        awsEvent('messageStart', { role: 'assistant' }),
        awsEvent('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'hello' } }),
      ]),
    },
    {
      bytes: Buffer.concat([
        awsEvent('contentBlockStop', { contentBlockIndex: 0 }),
        awsEvent('messageStop', { stopReason: 'end_turn' }),
        awsEvent('metadata', { usage: { inputTokens, outputTokens, totalTokens: 10 }, metrics: { latencyMs: 1 } }),
      ]),
      outputTokens,
    },
  ],
}

export const fakeDialects = [openAiChat, responses, anthropic, gemini, cohere, bedrock]
