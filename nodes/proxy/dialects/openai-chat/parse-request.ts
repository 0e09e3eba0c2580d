// Chat completions: parses requests.
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import type { ChatRequest, Parameter, RequestParameters } from '../../../../shared/chat/request.ts'
import type { Result } from '../../../../shared/result.ts'
import { absent, BodyReader, unread } from '../common/body-reader.ts'
import type { BadRequest } from '../dialect.ts'
import { readFormat, readFunctionCall, readFunctions, readToolChoice, readTools } from '../openai/tools.ts'
import { unknownInChat } from './known-members.ts'
import { readChatMessages } from './parse-messages.ts'
import { readReasoningWish, reasoningMembers } from './reasoning-wish.ts'

export const chatParameterNames = {
  maxOutputTokens: 'max_tokens',
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
  minP: 'min_p',
  frequencyPenalty: 'frequency_penalty',
  presencePenalty: 'presence_penalty',
  repetitionPenalty: 'repetition_penalty',
  seed: 'seed',
  logitBias: 'logit_bias',
  stop: 'stop',
  n: 'n',
  logprobs: 'logprobs',
  reasoning: 'reasoning_effort',
  parallelToolCalls: 'parallel_tool_calls',
  verbosity: 'verbosity',
  user: 'user',
  safetyIdentifier: 'safety_identifier',
  metadata: 'metadata',
  serviceTier: 'service_tier',
  promptCacheKey: 'prompt_cache_key',
  promptCacheRetention: 'prompt_cache_retention',
  store: 'store',
  modalities: 'modalities',
  audio: 'audio',
  prediction: 'prediction',
} as const satisfies Record<Parameter, string>

const readMembers: ReadonlySet<string> = new Set([
  ...Object.values(chatParameterNames),
  ...['model', 'models', 'messages', 'stream', 'stream_options', 'tools', 'tool_choice', 'functions', 'function_call'],
  ...['response_format', 'max_completion_tokens', 'top_logprobs'],
])

const readWithReasoning: ReadonlySet<string> = new Set([...readMembers, ...reasoningMembers])

export function readChatRequest(body: JsonObject): Result<ChatRequest, BadRequest> {
  const reader = new BodyReader()
  const legacyFunctions = Array.isArray(body['functions'])
  const parameters = readParameters(reader, body)
  const request: ChatRequest = {
    dialect: 'openai-chat',
    model: reader.maybeText(body['model'], 'model') ?? '',
    messages: readChatMessages(reader, body['messages']),
    tools: [...readTools(reader, body['tools'], 'nested'), ...readFunctions(reader, body['functions'])],
    toolChoice:
      readToolChoice(reader, body['tool_choice'], 'nested') ?? readFunctionCall(reader, body['function_call']),
    responseFormat: readFormat(reader, body['response_format'], 'response_format'),
    stream: body['stream'] === true,
    legacyFunctions,
    parameters,
    // Objects that say nothing of the amount are not understood.
    extras: unread(body, parameters.reasoning === undefined ? readMembers : readWithReasoning),
    unknown: unknownInChat(body),
  }
  return reader.result(request)
}

function readParameters(reader: BodyReader, body: JsonObject): RequestParameters {
  const text = (name: string) => reader.maybeText(body[name], name)
  const flag = (name: string) => reader.maybeFlag(body[name], name)
  return {
    ...readNumbers(reader, body),
    logitBias: reader.maybeObject(body['logit_bias'], 'logit_bias'),
    stop: readStop(reader, body['stop']),
    n: reader.maybeNumber(body['n'], 'n'),
    logprobs: flag('logprobs') === true ? { top: reader.maybeNumber(body['top_logprobs'], 'top_logprobs') } : undefined,
    reasoning: readReasoningWish(reader, body),
    parallelToolCalls: flag('parallel_tool_calls'),
    verbosity: text('verbosity'),
    user: text('user'),
    safetyIdentifier: text('safety_identifier'),
    metadata: reader.maybeObject(body['metadata'], 'metadata'),
    serviceTier: text('service_tier'),
    promptCacheKey: text('prompt_cache_key'),
    promptCacheRetention: text('prompt_cache_retention'),
    store: flag('store'),
    modalities: readModalities(reader, body['modalities']),
    audio: reader.maybeObject(body['audio'], 'audio'),
    prediction: reader.maybeObject(body['prediction'], 'prediction'),
  }
}

function readNumbers(reader: BodyReader, body: JsonObject): RequestParameters {
  const number = (name: string) => reader.maybeNumber(body[name], name)
  return {
    maxOutputTokens: number('max_completion_tokens') ?? number('max_tokens'),
    temperature: number('temperature'),
    topP: number('top_p'),
    topK: number('top_k'),
    minP: number('min_p'),
    frequencyPenalty: number('frequency_penalty'),
    presencePenalty: number('presence_penalty'),
    repetitionPenalty: number('repetition_penalty'),
    seed: number('seed'),
  }
}

function readModalities(reader: BodyReader, value: Json): readonly string[] | undefined {
  if (absent(value)) return undefined
  return reader.list(value, 'modalities').map((one, i) => reader.text(one, `modalities[${i}]`))
}

/** `stop` is one text or a list of texts. */
export function readStop(reader: BodyReader, stop: Json): readonly string[] | undefined {
  if (absent(stop)) return undefined
  if (typeof stop === 'string') return [stop]
  const list = reader.list(stop, 'stop')
  return list.length === 0 ? undefined : list.map((one, i) => reader.text(one, `stop[${i}]`))
}
