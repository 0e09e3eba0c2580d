// In what callers send, an empty string, null and an absent member are one: clients write out the members that they do not use.
// Each member of a full request of each dialect is taken out, set to null and set to '': all three must mean the same. Members that
// cannot be taken out are required, and may be refused.
import { expect, test } from 'vitest'
import type { Json, JsonObject } from '../../../shared/chat/parts.ts'
import { readAnthropicRequest } from './anthropic/parse-request.ts'
import { geminiBatchEmbedInbound, geminiEmbedInbound } from './gemini/parse-embeddings.ts'
import { readGeminiRequest } from './gemini/parse-request.ts'
import { openAiEmbeddingsInbound } from './openai/embeddings.ts'
import { readChatRequest } from './openai-chat/parse-request.ts'
import { readCompletionsRequest } from './openai-completions/parse-request.ts'
import { readResponsesRequest } from './openai-responses/parse-request.ts'

type Read = (body: JsonObject) => { readonly ok: boolean; readonly value?: unknown }

interface Full {
  readonly read: Read
  readonly body: JsonObject
}

const schema = { type: 'object', properties: {} }
const cache_control = { type: 'ephemeral', ttl: '1h' }

const chat: Full = {
  read: readChatRequest,
  body: {
    model: 'm',
    messages: [
      { role: 'system', name: 'n', content: [{ type: 'text', text: 'be kind', cache_control }] },
      {
        role: 'user',
        name: 'n',
        content: [
          { type: 'text', text: 'hi', cache_control },
          { type: 'image_url', image_url: { url: 'https://a.example/a.png', detail: 'low' } },
          { type: 'file', file: { filename: 'a.pdf', file_id: 'f', file_data: 'data:application/pdf;base64,AA' } },
          { type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } },
        ],
      },
      {
        role: 'assistant',
        name: 'n',
        content: 'yes',
        refusal: 'no',
        reasoning_content: 'hm',
        tool_calls: [
          {
            id: 'c',
            type: 'function',
            function: { name: 'f', arguments: '{}' },
            extra_content: { google: { thought_signature: 's' } },
          },
        ],
      },
      { role: 'tool', tool_call_id: 'c', content: 'r' },
      { role: 'assistant', function_call: { name: 'f', arguments: '{}' } },
      { role: 'function', name: 'f', content: 'r' },
    ],
    tools: [
      { type: 'function', function: { name: 'f', description: 'd', parameters: schema, strict: true }, cache_control },
      { type: 'custom', custom: { name: 'g', description: 'd', format: { type: 'text' } } },
    ],
    tool_choice: 'auto',
    functions: [{ name: 'f', description: 'd', parameters: schema }],
    function_call: 'auto',
    response_format: { type: 'json_schema', json_schema: { name: 'n', description: 'd', schema, strict: true } },
    stream: false,
    stream_options: { include_usage: true },
    max_tokens: 9,
    max_completion_tokens: 8,
    temperature: 1,
    top_p: 1,
    top_k: 1,
    min_p: 0.1,
    frequency_penalty: 1,
    presence_penalty: 1,
    repetition_penalty: 1,
    seed: 1,
    logit_bias: { 1: 1 },
    stop: 'x',
    n: 2,
    logprobs: true,
    top_logprobs: 2,
    reasoning_effort: 'low',
    parallel_tool_calls: false,
    verbosity: 'low',
    user: 'u',
    safety_identifier: 'u',
    metadata: { a: 'b' },
    service_tier: 'auto',
    prompt_cache_key: 'k',
    prompt_cache_retention: '24h',
    store: true,
    modalities: ['text'],
    audio: { voice: 'alloy', format: 'wav' },
    prediction: { type: 'content', content: 'x' },
  },
}

const completions: Full = {
  read: readCompletionsRequest,
  body: {
    model: 'm',
    prompt: 'hi',
    stream: false,
    stream_options: { include_usage: true },
    echo: true,
    max_tokens: 9,
    temperature: 1,
    top_p: 1,
    frequency_penalty: 1,
    presence_penalty: 1,
    seed: 1,
    logit_bias: { 1: 1 },
    stop: ['x'],
    n: 2,
    logprobs: 1,
    user: 'u',
  },
}

const responses: Full = {
  read: readResponsesRequest,
  body: {
    model: 'm',
    instructions: 'be kind',
    input: [
      { type: 'message', role: 'developer', content: 'x' },
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'hi' },
          { type: 'input_image', image_url: 'https://a.example/a.png', detail: 'low' },
          {
            type: 'input_file',
            filename: 'a.pdf',
            file_data: 'data:application/pdf;base64,AA',
            file_url: '',
            file_id: '',
          },
        ],
      },
      {
        type: 'reasoning',
        id: 'r',
        summary: [{ type: 'summary_text', text: 's' }],
        encrypted_content: 'e',
        status: 'x',
      },
      {
        type: 'message',
        role: 'assistant',
        id: 'i',
        status: 'completed',
        content: [{ type: 'output_text', text: 'y', annotations: [], logprobs: [] }],
      },
      { type: 'function_call', id: 'i', call_id: 'c', name: 'f', arguments: '{}', status: 'completed' },
      { type: 'function_call_output', id: 'i', call_id: 'c', output: 'r', status: 'completed' },
      { type: 'custom_tool_call', id: 'i', call_id: 'd', name: 'g', input: 'x' },
      { type: 'custom_tool_call_output', id: 'i', call_id: 'd', output: 'r' },
    ],
    tools: [
      { type: 'function', name: 'f', description: 'd', parameters: schema, strict: true },
      { type: 'custom', name: 'g', description: 'd', format: { type: 'text' } },
    ],
    tool_choice: { type: 'function', name: 'f' },
    text: { verbosity: 'low', format: { type: 'json_schema', name: 'n', description: 'd', schema, strict: true } },
    reasoning: { effort: 'low', summary: 'auto' },
    include: ['message.output_text.logprobs'],
    stream: false,
    store: false,
    background: false,
    previous_response_id: '',
    conversation: '',
    truncation: 'auto',
    max_output_tokens: 9,
    temperature: 1,
    top_p: 1,
    top_logprobs: 2,
    parallel_tool_calls: false,
    user: 'u',
    safety_identifier: 'u',
    metadata: { a: 'b' },
    service_tier: 'auto',
    prompt_cache_key: 'k',
    prompt_cache_retention: '24h',
  },
}

const messages: Full = {
  read: readAnthropicRequest,
  body: {
    model: 'm',
    max_tokens: 9,
    system: [{ type: 'text', text: 'be kind', cache_control }],
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'hi', cache_control },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA' }, cache_control },
          {
            type: 'document',
            source: { type: 'url', url: 'https://a.example/a.pdf', media_type: 'application/pdf' },
            title: 't',
            context: 'c',
            citations: { enabled: true },
          },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'hm', signature: 's' },
          { type: 'redacted_thinking', data: 'd' },
          { type: 'text', text: 'yes', citations: [] },
          { type: 'tool_use', id: 'c', name: 'f', input: {}, cache_control },
        ],
      },
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: 'c',
            content: [{ type: 'text', text: 'r' }],
            is_error: true,
            cache_control,
          },
        ],
      },
      { role: 'system', content: 'more' },
    ],
    tools: [{ type: 'custom', name: 'f', description: 'd', input_schema: schema, strict: true, cache_control }],
    tool_choice: { type: 'tool', name: 'f', disable_parallel_tool_use: true },
    output_config: { effort: 'low', format: { type: 'json_schema', schema } },
    thinking: { type: 'enabled', budget_tokens: 2_000 },
    metadata: { user_id: 'u' },
    stop_sequences: ['x'],
    stream: false,
    temperature: 1,
    top_p: 1,
    top_k: 1,
    service_tier: 'auto',
  },
}

const gemini: Full = {
  read: (body) => readGeminiRequest(body, false),
  body: {
    contents: [
      {
        role: 'user',
        parts: [
          { text: 'hi' },
          { inlineData: { mimeType: 'image/png', data: 'AA', displayName: 'a' } },
          { fileData: { fileUri: 'https://a.example/a.png', mimeType: 'image/png' } },
        ],
      },
      {
        role: 'model',
        parts: [
          { text: 'hm', thought: true, thoughtSignature: 's' },
          { functionCall: { id: 'c', name: 'f', args: {} }, thoughtSignature: 's' },
        ],
      },
      { role: 'user', parts: [{ functionResponse: { id: 'c', name: 'f', response: { a: 1 } } }] },
    ],
    systemInstruction: { role: 'user', parts: [{ text: 'be kind' }] },
    tools: [{ functionDeclarations: [{ name: 'f', description: 'd', parametersJsonSchema: schema }] }],
    toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['f'] } },
    generationConfig: {
      temperature: 1,
      topP: 1,
      topK: 1,
      maxOutputTokens: 9,
      candidateCount: 2,
      stopSequences: ['x'],
      presencePenalty: 1,
      frequencyPenalty: 1,
      seed: 1,
      responseMimeType: 'application/json',
      responseJsonSchema: schema,
      responseModalities: ['TEXT'],
      responseLogprobs: true,
      logprobs: 2,
      thinkingConfig: { includeThoughts: true, thinkingBudget: 100, thinkingLevel: 'LOW' },
    },
  },
}

const embeddings: Full = {
  read: openAiEmbeddingsInbound.parseRequest,
  body: { model: 'm', input: 'x', encoding_format: 'base64', dimensions: 9, user: 'u', input_type: 'query' },
}
const embedContent: Full = {
  read: geminiEmbedInbound.parseRequest,
  body: { model: 'm', content: { role: 'user', parts: [{ text: 'x' }] }, taskType: 'T', outputDimensionality: 9 },
}
const batchEmbed: Full = {
  read: geminiBatchEmbedInbound.parseRequest,
  body: { requests: [embedContent.body] },
}

// ── the law ──────────────────────────────────────────────────────────────────────────────────────────────────────────

type Path = readonly (string | number)[]

/** Data of the caller, which is no member of the dialect. */
const data = new Set([
  'parameters',
  'input_schema',
  'schema',
  'responseJsonSchema',
  'parametersJsonSchema',
  'args',
  'response',
  'metadata',
  'logit_bias',
  'audio',
  'prediction',
  'input',
])

/** All members of an object, also those of what is in it. */
function membersIn(value: Json, path: Path = []): Path[] {
  if (Array.isArray(value)) return value.flatMap((one, i) => membersIn(one as Json, [...path, i]))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value as JsonObject).flatMap(([name, inner]) => {
    const own = [...path, name]
    return data.has(name) && !Array.isArray(inner) ? [own] : [own, ...membersIn(inner, own)]
  })
}

/** A copy of the body in which the member has another value; undefined takes it out. */
function changed(body: JsonObject, path: Path, value: Json): JsonObject {
  const copy = structuredClone(body) as JsonObject
  let place = copy as Record<string | number, Json>
  for (const step of path.slice(0, -1)) place = place[step] as Record<string | number, Json>
  const name = path.at(-1) ?? ''
  if (value === undefined) delete place[name]
  else place[name] = value
  return copy
}

/** What was read, without the body that some dialects keep for the answer. */
function meant(result: ReturnType<Read>): unknown {
  if (!result.ok || typeof result.value !== 'object') return result
  return { ...result.value, echo: undefined }
}

const full: Readonly<Record<string, Full>> = {
  chat,
  completions,
  responses,
  messages,
  generateContent: gemini,
  embeddings,
  embedContent,
  batchEmbedContents: batchEmbed,
}

/** Members whose empty text has a meaning of its own, or whose absence is nothing that a caller may send. */
const exceptions: readonly (readonly [RegExp, string])[] = [
  [
    /^generateContent: .*parts\.\d+\.text$/,
    'an empty text is a part, and a part without any member is none that is known',
  ],
  [
    /^generateContent: .*parts\.\d+\.(inlineData|fileData|functionCall|functionResponse)$/,
    'a part is what its member says',
  ],
  [/^messages: messages\.1\.content\.1\.data$/, 'the block consists of it'],
]

test.each(exceptions)('%s is of a member that is there', (pattern) => {
  const paths = Object.entries(full).flatMap(([name, { body }]) =>
    membersIn(body).map((path) => `${name}: ${path.join('.')}`),
  )
  expect(paths.some((path) => pattern.test(path))).toBe(true)
})

for (const [name, { read, body }] of Object.entries(full))
  test.each(
    membersIn(body)
      .map((path) => [`${name}: ${path.join('.')}`, path] as const)
      .filter(([title]) => !exceptions.some(([pattern]) => pattern.test(title))),
  )('%s', (_, path) => {
    expect(read(body)).toMatchObject({ ok: true })
    const absent = read(changed(body, path, undefined))
    if (!absent.ok) return
    expect(meant(read(changed(body, path, null)))).toEqual(meant(absent))
    expect(meant(read(changed(body, path, '')))).toEqual(meant(absent))
  })
