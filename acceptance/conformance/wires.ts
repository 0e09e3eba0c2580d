// How providers word what the conformance cases need of them, and how their recordings are read: by hand and apart from the
// gateway's own translators, so that both cannot agree on a mistake.
import { awsEvent } from '../aws-events.ts'
import { eventStream, type ScriptedAnswer } from '../scripted-upstream.ts'

// biome-ignore lint/suspicious/noExplicitAny: JSON of many shapes, read by those who know each
export type Body = any

export interface Call {
  readonly name: string
  readonly args: unknown
}

/** What an answer says, whoever worded it. */
export interface Said {
  readonly text: string
  readonly calls: readonly Call[]
}

export interface Wire {
  readonly name: string
  /** An answer of one text, 9 tokens in and 4 out. */
  text(text: string): Body
  /** An answer of one call. */
  call(name: string, args: object): Body
  error(status: number, message: string): Body
  /** Reads a whole answer. */
  read(body: Body): Said
  /** Reads the events of a stream. */
  readStream(events: readonly Body[]): Said
  frame(events: readonly Body[]): ScriptedAnswer
}

const usage = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 }
const openAiError = (_status: number, message: string) => ({
  error: { message, type: 'invalid_request_error', param: null, code: null },
})

/** `data:` lines; `named` with the type of each in front, `ends` with what ends them all. */
function sse(events: readonly Body[], { named = false, ends = '' } = {}): ScriptedAnswer {
  const pieces = events.map((event) => `${named ? `event: ${event.type}\n` : ''}data: ${JSON.stringify(event)}\n\n`)
  return { headers: eventStream, pieces: ends === '' ? pieces : [...pieces, ends] }
}

const ended = { ends: 'data: [DONE]\n\n' }

function joined(texts: readonly (string | null | undefined)[]): string {
  return texts.map((text) => text ?? '').join('')
}

/** No arguments are an empty object. */
function parsed(args: string): unknown {
  return args === '' || args === 'null' ? {} : JSON.parse(args)
}

/** Calls whose pieces come under an index. */
class Pieces {
  readonly #calls = new Map<number, { name: string; args: string }>()

  add(index: number, name: string | undefined, args: string | undefined): void {
    const call = this.#calls.get(index) ?? { name: '', args: '' }
    this.#calls.set(index, { name: call.name + (name ?? ''), args: call.args + (args ?? '') })
  }

  all(): Call[] {
    return [...this.#calls.values()].map(({ name, args }) => ({ name, args: parsed(args) }))
  }
}

const openAiChat: Wire = {
  name: 'openai-chat',
  text: (content) => ({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'upstream-model',
    usage,
    choices: [
      { index: 0, message: { role: 'assistant', content, refusal: null }, logprobs: null, finish_reason: 'stop' },
    ],
  }),
  call: (name, args) => ({
    ...openAiChat.text(''),
    choices: [
      {
        index: 0,
        logprobs: null,
        finish_reason: 'tool_calls',
        message: {
          role: 'assistant',
          content: null,
          refusal: null,
          tool_calls: [{ id: 'call_1', type: 'function', function: { name, arguments: JSON.stringify(args) } }],
        },
      },
    ],
  }),
  error: openAiError,
  read: ({ choices: [{ message }] }) => ({
    text: message.content ?? '',
    calls: (message.tool_calls ?? []).map(({ function: { name, arguments: args } }: Body) => ({
      name,
      args: parsed(args),
    })),
  }),
  readStream(events) {
    const deltas = events.flatMap(({ choices }) => choices ?? []).map(({ delta }: Body) => delta ?? {})
    const pieces = new Pieces()
    for (const { tool_calls } of deltas) {
      for (const { index, function: called } of tool_calls ?? []) pieces.add(index, called?.name, called?.arguments)
    }
    return { text: joined(deltas.map(({ content }: Body) => content)), calls: pieces.all() }
  },
  frame: (events) => sse(events, ended),
}

const openAiCompletions: Wire = {
  ...openAiChat,
  name: 'openai-completions',
  text: (text) => ({
    id: 'cmpl-1',
    object: 'text_completion',
    created: 1,
    model: 'upstream-model',
    usage,
    choices: [{ text, index: 0, logprobs: null, finish_reason: 'stop' }],
  }),
  read: ({ choices: [{ text }] }) => ({ text, calls: [] }),
  readStream: (events) => ({
    text: joined(events.flatMap(({ choices }) => choices).map(({ text }: Body) => text)),
    calls: [],
  }),
}

const openAiResponses: Wire = {
  name: 'openai-responses',
  text: (text) => ({
    ...responseOf([
      {
        id: 'msg_1',
        type: 'message',
        status: 'completed',
        role: 'assistant',
        content: [{ type: 'output_text', text, annotations: [], logprobs: [] }],
      },
    ]),
  }),
  call: (name, args) =>
    responseOf([
      {
        id: 'fc_1',
        type: 'function_call',
        status: 'completed',
        call_id: 'call_1',
        name,
        arguments: JSON.stringify(args),
      },
    ]),
  error: openAiError,
  read: ({ output }) => ({
    text: joined(
      output
        .flatMap(({ content }: Body) => content ?? [])
        .map(({ type, text }: Body) => (type === 'output_text' ? text : '')),
    ),
    calls: output
      .filter(({ type }: Body) => type === 'function_call')
      .map(({ name, arguments: args }: Body) => ({ name, args: parsed(args) })),
  }),
  readStream: (events) =>
    openAiResponses.read(events.find(({ type }) => type === 'response.completed')?.response ?? { output: [] }),
  frame: (events) => sse(events, { named: true }),
}

function responseOf(output: readonly Body[]): Body {
  return {
    id: 'resp_1',
    object: 'response',
    created_at: 1,
    status: 'completed',
    model: 'upstream-model',
    output,
    error: null,
    incomplete_details: null,
    instructions: null,
    metadata: {},
    parallel_tool_calls: true,
    temperature: 1,
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    usage: {
      input_tokens: 9,
      output_tokens: 4,
      total_tokens: 13,
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
      output_tokens_details: { reasoning_tokens: 0 },
    },
  }
}

const anthropic: Wire = {
  name: 'anthropic',
  text: (text) => messageOf([{ type: 'text', text }], 'end_turn'),
  call: (name, input) => messageOf([{ type: 'tool_use', id: 'toolu_1', name, input }], 'tool_use'),
  error: (status, message) => ({
    type: 'error',
    error: { type: status === 429 ? 'rate_limit_error' : 'invalid_request_error', message },
  }),
  read: ({ content }) => ({
    text: joined(content.map(({ type, text }: Body) => (type === 'text' ? text : ''))),
    calls: content
      .filter(({ type }: Body) => type === 'tool_use')
      .map(({ name, input }: Body) => ({ name, args: input })),
  }),
  readStream(events) {
    const pieces = new Pieces()
    for (const { type, index, content_block: block, delta } of events) {
      if (type === 'content_block_start' && block.type === 'tool_use') pieces.add(index, block.name, '')
      if (delta?.type === 'input_json_delta') pieces.add(index, '', delta.partial_json)
    }
    return { text: joined(events.map(({ delta }) => delta?.text)), calls: pieces.all() }
  },
  frame: (events) => sse(events, { named: true }),
}

function messageOf(content: readonly Body[], stop_reason: string): Body {
  return {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'upstream-model',
    content,
    stop_reason,
    stop_sequence: null,
    usage: { input_tokens: 9, output_tokens: 4 },
  }
}

const bedrock: Wire = {
  name: 'bedrock',
  text: (text) => converseOf([{ text }], 'end_turn'),
  call: (name, input) => converseOf([{ toolUse: { toolUseId: 'tooluse_1', name, input } }], 'tool_use'),
  error: (status, message) => ({
    __type: status === 429 ? 'ThrottlingException' : 'ValidationException',
    message,
  }),
  read: ({ output: { message } }) => ({
    text: joined(message.content.map(({ text }: Body) => text)),
    calls: message.content.flatMap(({ toolUse }: Body) =>
      toolUse ? [{ name: toolUse.name, args: toolUse.input }] : [],
    ),
  }),
  readStream(events) {
    const pieces = new Pieces()
    for (const { contentBlockStart, contentBlockDelta } of events) {
      const begun = contentBlockStart?.start?.toolUse
      if (begun) pieces.add(contentBlockStart.contentBlockIndex, begun.name, '')
      const input = contentBlockDelta?.delta?.toolUse?.input
      if (input) pieces.add(contentBlockDelta.contentBlockIndex, '', input)
    }
    return { text: joined(events.map(({ contentBlockDelta }) => contentBlockDelta?.delta?.text)), calls: pieces.all() }
  },
  frame: (events) => ({
    headers: { 'content-type': 'application/vnd.amazon.eventstream' },
    pieces: events.map((event) => {
      const [[name, value]] = Object.entries(event) as [[string, unknown]]
      return awsEvent(name, value)
    }),
  }),
}

function converseOf(content: readonly Body[], stopReason: string): Body {
  const usage = { inputTokens: 9, outputTokens: 4, totalTokens: 13 }
  return { output: { message: { role: 'assistant', content } }, stopReason, usage }
}

const gemini: Wire = {
  name: 'gemini',
  text: (text) => candidateOf([{ text }]),
  call: (name, args) => candidateOf([{ functionCall: { name, args } }]),
  error: (code, message) => ({
    error: { code, message, status: code === 429 ? 'RESOURCE_EXHAUSTED' : 'INVALID_ARGUMENT' },
  }),
  read: ({ candidates: [{ content }] }) => saidInParts(content.parts),
  readStream: (events) => saidInParts(events.flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? [])),
  frame: (events) => sse(events),
}

function candidateOf(parts: readonly Body[]): Body {
  return {
    candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP', index: 0 }],
    usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 4, totalTokenCount: 13 },
    modelVersion: 'upstream-model',
    responseId: 'r1',
  }
}

function saidInParts(parts: readonly Body[]): Said {
  const spoken = parts.filter(({ thought }) => thought !== true)
  return {
    text: joined(spoken.map(({ text }) => text)),
    calls: spoken.flatMap(({ functionCall }) =>
      functionCall ? [{ name: functionCall.name, args: functionCall.args ?? {} }] : [],
    ),
  }
}

const cohere: Wire = {
  name: 'cohere',
  text: (text) => cohereOf({ content: [{ type: 'text', text }] }, 'COMPLETE'),
  call: (name, args) =>
    cohereOf(
      { tool_calls: [{ id: 'c1', type: 'function', function: { name, arguments: JSON.stringify(args) } }] },
      'TOOL_CALL',
    ),
  error: (_status, message) => ({ id: 'e1', message }),
  read: ({ message }) => ({
    text: joined((message.content ?? []).map(({ text }: Body) => text)),
    calls: openAiChat.read({ choices: [{ message: { tool_calls: message.tool_calls } }] }).calls,
  }),
  readStream(events) {
    const pieces = new Pieces()
    for (const { type, index, delta } of events) {
      if (!String(type).startsWith('tool-call-') || delta === undefined) continue
      const called = delta.message.tool_calls.function
      pieces.add(index, called.name, called.arguments)
    }
    return { text: joined(events.map(({ delta }) => delta?.message?.content?.text)), calls: pieces.all() }
  },
  frame: (events) => sse(events, { named: true }),
}

function cohereOf(message: object, finish_reason: string): Body {
  const tokens = { input_tokens: 9, output_tokens: 4 }
  return {
    id: 'r1',
    finish_reason,
    usage: { billed_units: tokens, tokens },
    message: { role: 'assistant', ...message },
  }
}

export const wires = { openAiChat, openAiCompletions, openAiResponses, anthropic, bedrock, gemini, cohere }
