// The kinds of errors that providers tell in words alone. Sources: the words are those that users quote in public reports and that the
// error pages of the providers have (docs.x.ai, docs.z.ai/api-reference/api-code, platform.minimaxi.com, help.aliyun.com/model-studio,
// api-docs.deepseek.com, platform.moonshot.ai, ai.google.dev, docs.aws.amazon.com/bedrock, docs.cohere.com, platform.claude.com), and the
// sources of vLLM, SGLang, TGI, llama.cpp, Ollama and LM Studio.
import { describe, expect, test } from 'vitest'
import { anthropicUpstream } from '../../anthropic/anthropic.ts'
import { bedrockUpstream } from '../../bedrock/bedrock.ts'
import { cohereUpstream } from '../../cohere/cohere.ts'
import type { UpstreamDialect } from '../../dialect.ts'
import { geminiUpstream } from '../../gemini/gemini.ts'
import { openAiChatUpstream } from '../../openai-chat/openai-chat.ts'

const kindOf = ({ parseError }: UpstreamDialect, status: number, body: unknown) =>
  parseError(status, Buffer.from(JSON.stringify(body))).kind

const words = {
  'context-length': [
    "This model's maximum context length is 4096 tokens. However, you requested 5000",
    'Your input exceeds the context window of this model.',
    'The decoder prompt (length 5000) is longer than the maximum model length of 4096.',
    "The input (5000 tokens) is longer than the model's context length (4096 tokens).",
    '`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs` tokens',
    "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
    '<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 98304]',
    'Prompt exceeds max length',
    'Invalid request: Your request exceeded model token limit: 131072',
    'invalid params, context window exceeds limit (2013)',
    'prompt too long; exceeded max context length by 4 tokens',
    'the request exceeds the available context size. try increasing the context size',
    'The number of tokens to keep from the initial prompt is greater than the context length.',
    'prompt token count of 130000 exceeds the limit of 128000',
    'prompt is too long: 200001 tokens > 200000 maximum',
    'input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000',
    'Input is too long for requested model.',
    'Input Tokens Exceeded: Number of input tokens exceeds maximum length.',
    'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
    'Unable to submit request because the input token count is 2097152 but model only supports up to 1048576.',
    'too many tokens: size limit exceeded by 11326 tokens.',
  ],
  quota: [
    'Insufficient balance or no resource package. Please recharge.',
    'Your credit balance is too low to access the Anthropic API.',
    'Your team has either used all available credits or reached its monthly spending limit.',
    "You're out of extra usage.",
  ],
  'content-policy': [
    'Output blocked by content filtering policy',
    "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
    'Your request was rejected as a result of our safety system.',
    'Content Exists Risk',
    'System detected potentially unsafe or sensitive content in input or generation.',
    'blocked output: please try again',
  ],
  'not-found': [
    'Unknown Model, please check the model code.',
    'Model Not Exist',
    'The provided model identifier is invalid.',
  ],
  // What a caller may write, or what is about other members.
  'invalid-request': [
    'messages.0.content: Field required',
    'max_tokens: 8 > 4, which is the maximum allowed number of output tokens',
    "Unknown parameter: 'model_options'",
  ],
}

const shapes: readonly (readonly [string, UpstreamDialect, (message: string) => unknown])[] = [
  ['openai', openAiChatUpstream, (message) => ({ error: { message, type: 'invalid_request_error', param: null } })],
  ['vllm', openAiChatUpstream, (message) => ({ object: 'error', message, type: 'BadRequestError', code: 400 })],
  ['xai', openAiChatUpstream, (error) => ({ code: 'Client specified an invalid argument', error })],
  [
    'openrouter',
    openAiChatUpstream,
    (raw) => ({ error: { message: 'Provider returned error', code: 400, metadata: { raw } } }),
  ],
  ['anthropic', anthropicUpstream, (message) => ({ type: 'error', error: { type: 'invalid_request_error', message } })],
  ['gemini', geminiUpstream, (message) => ({ error: { code: 400, message, status: 'INVALID_ARGUMENT' } })],
  ['bedrock', bedrockUpstream, (message) => ({ __type: 'ValidationException', message })],
  ['cohere', cohereUpstream, (message) => ({ message })],
]

describe.each(shapes)('%s', (_, upstream, shaped) => {
  test.each(Object.entries(words).flatMap(([kind, list]) => list.map((one) => [kind, one] as const)))(
    '%s: %s',
    (kind, message) => {
      expect(kindOf(upstream, 400, shaped(message))).toBe(kind)
    },
  )
})

test.each<[string, UpstreamDialect, number, object, string]>([
  ['xAI: no credit at 403', openAiChatUpstream, 403, { error: 'Your team has used all available credits' }, 'quota'],
  [
    'Z.ai: no credit at 429',
    openAiChatUpstream,
    429,
    { error: { code: '1113', message: 'Insufficient balance' } },
    'quota',
  ],
  [
    'Fireworks: a limit of spending at 412',
    openAiChatUpstream,
    412,
    { error: { message: 'reaching the monthly spending limit' } },
    'quota',
  ],
  [
    'new-api: no quota at 403',
    openAiChatUpstream,
    403,
    { error: { message: 'm', code: 'insufficient_user_quota' } },
    'quota',
  ],
  [
    'Gemini: no credit at 429',
    geminiUpstream,
    429,
    { error: { message: 'Your prepayment credits are depleted.', status: 'RESOURCE_EXHAUSTED' } },
    'quota',
  ],
  [
    'Gemini: a limit of a minute',
    geminiUpstream,
    429,
    { error: { message: 'You exceeded your current quota', status: 'RESOURCE_EXHAUSTED' } },
    'rate-limit',
  ],
  [
    'xAI: what its policy forbids at 403',
    openAiChatUpstream,
    403,
    { error: 'Content violates usage guidelines.' },
    'content-policy',
  ],
  [
    'xAI: a wrong key at 400',
    openAiChatUpstream,
    400,
    { error: 'Incorrect API key provided: xx***yy.' },
    'authentication',
  ],
  [
    'MiniMax: a wrong key',
    openAiChatUpstream,
    500,
    { base_resp: { status_code: 1004, status_msg: 'login fail: no key' } },
    'authentication',
  ],
  [
    'MiniMax: no credit',
    openAiChatUpstream,
    500,
    { base_resp: { status_code: 1008, status_msg: 'insufficient balance' } },
    'quota',
  ],
  [
    'MiniMax: a limit',
    openAiChatUpstream,
    500,
    { base_resp: { status_code: 1002, status_msg: 'rate limit' } },
    'rate-limit',
  ],
  [
    'Azure: an overload at 429',
    openAiChatUpstream,
    429,
    { error: { code: 'EngineOverloaded', message: 'm' } },
    'overloaded',
  ],
  [
    'Z.ai: an overload at 429',
    openAiChatUpstream,
    429,
    { error: { message: 'The service may be temporarily overloaded' } },
    'overloaded',
  ],
  [
    'llama.cpp: a long input at 500',
    openAiChatUpstream,
    500,
    { error: { message: 'the request exceeds the available context size', type: 'server_error' } },
    'context-length',
  ],
  [
    'vLLM: a long input, by its member',
    openAiChatUpstream,
    400,
    { error: { message: 'maximum context length is 8', param: 'input_tokens' } },
    'context-length',
  ],
  [
    'Bedrock: tokens of a day',
    bedrockUpstream,
    429,
    { __type: 'ThrottlingException', message: 'Too many tokens per day' },
    'rate-limit',
  ],
])('%s', (_, upstream, status, body, kind) => {
  expect(kindOf(upstream, status, body)).toBe(kind)
})

test('the words of the host behind OpenRouter are told', () => {
  const error = {
    message: 'Provider returned error',
    code: 400,
    metadata: { raw: '{"error":{"message":"no such tool"}}' },
  }
  expect(openAiChatUpstream.parseError(400, Buffer.from(JSON.stringify({ error }))).message).toBe(
    'Provider returned error: no such tool',
  )
})
