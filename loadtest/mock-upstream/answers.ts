// The mock's answers: shaped like OpenAI's and fixed to the byte, so that what a gateway relayed can be compared with
// what was sent, and a token count that was recorded with one that is known.

export const promptTokens = 9
const completionTokens = 82
const envelope = { id: 'chatcmpl-1', created: 1_700_000_000, model: 'gpt-x' }
const usage = { prompt_tokens: promptTokens, completion_tokens: completionTokens, total_tokens: 91 }
const messageEnvelope = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-x' }
const text = 'Hello there, how may I assist you today? '.repeat(8)

/** Unary answers by the last part of the path; about 600 bytes for chat. */
export function unaryAnswer(operation: string, options: { usage: boolean }): string | undefined {
  const counted = options.usage ? { usage } : {}
  switch (operation) {
    case 'chat/completions': {
      const message = { role: 'assistant', content: text, refusal: null }
      const choices = [{ index: 0, message, logprobs: null, finish_reason: 'stop' }]
      return JSON.stringify({ ...envelope, object: 'chat.completion', choices, ...counted })
    }
    case 'messages': {
      const content = [{ type: 'text', text }]
      const ended = { stop_reason: 'end_turn', stop_sequence: null }
      const counts = { input_tokens: promptTokens, output_tokens: completionTokens }
      return JSON.stringify({ ...messageEnvelope, content, ...ended, ...(options.usage ? { usage: counts } : {}) })
    }
    case 'completions': {
      const choices = [{ index: 0, text, logprobs: null, finish_reason: 'stop' }]
      return JSON.stringify({ ...envelope, object: 'text_completion', choices, ...counted })
    }
    case 'embeddings': {
      const embedding = Array.from({ length: 8 }, (_, index) => (index - 4) / 8)
      const counts = options.usage ? { usage: { prompt_tokens: promptTokens, total_tokens: promptTokens } } : {}
      return JSON.stringify({
        object: 'list',
        data: [{ object: 'embedding', index: 0, embedding }],
        ...envelope,
        ...counts,
      })
    }
    case 'responses':
      return JSON.stringify(responseObject(options.usage))
    case 'moderations':
      return JSON.stringify({ ...envelope, results: [{ flagged: false, categories: {}, category_scores: {} }] })
    case 'models':
      return JSON.stringify({ object: 'list', data: [{ id: 'gpt-x', object: 'model', created: 1, owned_by: 'mock' }] })
    default:
      return undefined
  }
}

function responseObject(counted: boolean) {
  const content = [{ type: 'output_text', text, annotations: [] }]
  const output = [{ type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content }]
  const counts = { input_tokens: promptTokens, output_tokens: completionTokens, total_tokens: 91 }
  const base = { id: 'resp_1', object: 'response', created_at: envelope.created, model: envelope.model, output }
  return { ...base, status: 'completed', error: null, ...(counted ? { usage: counts } : {}) }
}

const chunkBytes = 230
const chunkCache: string[] = []

/** Frame `index` (from 0) of a chat stream: 230 bytes with its blank line. */
export function chunkFrame(index: number): string {
  const cached = chunkCache[index]
  if (cached !== undefined) return cached
  const made = frame(chunkObject({ content: ` word ${index} ` }, null))
  const padded = frame(
    chunkObject({ content: ` word ${index} `.padEnd(` word ${index} `.length + chunkBytes - made.length, 'x') }, null),
  )
  chunkCache[index] = padded
  return padded
}

export const doneFrame = 'data: [DONE]\n\n'
export const errorFrame = frame({
  error: { message: 'The model is overloaded', type: 'server_error', param: null, code: null },
})

export function finishFrame(options: { chunks: number; usage: boolean }): string {
  return frame({ ...chunkObject({}, 'stop'), ...(options.usage ? { usage: streamUsage(options.chunks) } : {}) })
}

export function usageFrame(chunks: number): string {
  return frame({ ...envelope, object: 'chat.completion.chunk', choices: [], usage: streamUsage(chunks) })
}

/** A stream's completion tokens are its content chunks. */
function streamUsage(chunks: number) {
  return { prompt_tokens: promptTokens, completion_tokens: chunks, total_tokens: promptTokens + chunks }
}

function chunkObject(delta: object, finishReason: string | null) {
  return { ...envelope, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finishReason }] }
}

function frame(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`
}

export function errorAnswer(status: number, options: { html: boolean }): string {
  if (options.html) return `<html><head><title>${status}</title></head><body><h1>${status}</h1></body></html>\n`
  const type = status === 429 ? 'rate_limit_error' : status >= 500 ? 'server_error' : 'invalid_request_error'
  return JSON.stringify({ error: { message: `The mock answers ${status}`, type, param: null, code: null } })
}

// ── the same as Anthropic streams it ─────────────────────────────────────────────────────────────────────────────────

const messageFrames: string[] = []

/** Frame `index` of a stream of messages, of the same length; what begins it goes before the first. */
export function messageFrame(index: number): string {
  const cached = messageFrames[index]
  if (cached !== undefined) return cached
  const text = ` word ${index} `
  const made = deltaFrame(text)
  const padded = deltaFrame(text.padEnd(text.length + Math.max(0, chunkBytes - made.length), 'x'))
  const whole = index === 0 ? openingFrames() + padded : padded
  messageFrames[index] = whole
  return whole
}

export function messageClosingFrames(chunks: number): string[] {
  const usage = { input_tokens: promptTokens, output_tokens: chunks }
  return [
    namedFrame({ type: 'content_block_stop', index: 0 }),
    namedFrame({ type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage }),
    namedFrame({ type: 'message_stop' }),
  ]
}

function openingFrames(): string {
  const usage = { input_tokens: promptTokens, output_tokens: 1 }
  const message = { ...messageEnvelope, content: [], stop_reason: null, stop_sequence: null, usage }
  const block = { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }
  return namedFrame({ type: 'message_start', message }) + namedFrame(block)
}

function deltaFrame(text: string): string {
  return namedFrame({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })
}

function namedFrame(value: { readonly type: string } & Record<string, unknown>): string {
  return `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`
}
