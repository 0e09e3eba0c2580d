// Chat completions: the request, in both directions.
import type { MissingCapability } from '../../../../shared/chat/capabilities.ts'
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import type { ChatRequest, Parameter, RequestParameters } from '../../../../shared/chat/request.ts'
import { done, type Result } from '../../../../shared/result.ts'
import { absent, BodyReader, unread } from '../common/body-reader.ts'
import { foreignMembers } from '../common/foreign-members.ts'
import { printServiceTier } from '../common/service-tier.ts'
import type { BadRequest, Dropped, PrintedRequest, TargetTraits } from '../dialect.ts'
import { printEffort, readEffort } from '../openai/effort.ts'
import {
  printFormat,
  printToolChoice,
  printTools,
  readFormat,
  readFunctionCall,
  readFunctions,
  readToolChoice,
  readTools,
} from '../openai/tools.ts'
import { readChatMessages } from './parse-messages.ts'
import { printChatMessages } from './print-messages.ts'

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

export function readChatRequest(body: JsonObject): Result<ChatRequest, BadRequest> {
  const reader = new BodyReader()
  const legacyFunctions = Array.isArray(body['functions'])
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
    parameters: readParameters(reader, body),
    extras: unread(body, readMembers),
  }
  return reader.result(request)
}

function readParameters(reader: BodyReader, body: JsonObject): RequestParameters {
  const number = (name: string) => reader.maybeNumber(body[name], name)
  const text = (name: string) => reader.maybeText(body[name], name)
  const flag = (name: string) => reader.maybeFlag(body[name], name)
  const effort = readEffort(reader, body['reasoning_effort'], 'reasoning_effort')
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
    logitBias: reader.maybeObject(body['logit_bias'], 'logit_bias'),
    stop: readStop(reader, body['stop']),
    n: number('n'),
    logprobs: flag('logprobs') === true ? { top: number('top_logprobs') } : undefined,
    reasoning: effort === undefined ? undefined : { effort },
    parallelToolCalls: flag('parallel_tool_calls'),
    verbosity: text('verbosity'),
    user: text('user'),
    safetyIdentifier: text('safety_identifier'),
    metadata: reader.maybeObject(body['metadata'], 'metadata'),
    serviceTier: text('service_tier'),
    promptCacheKey: text('prompt_cache_key'),
    promptCacheRetention: text('prompt_cache_retention'),
    store: flag('store'),
    modalities: absent(body['modalities'])
      ? undefined
      : reader.list(body['modalities'], 'modalities').map((one, i) => reader.text(one, `modalities[${i}]`)),
    audio: reader.maybeObject(body['audio'], 'audio'),
    prediction: reader.maybeObject(body['prediction'], 'prediction'),
  }
}

/** One text or a list of them. */
export function readStop(reader: BodyReader, stop: Json): readonly string[] | undefined {
  if (absent(stop)) return undefined
  if (typeof stop === 'string') return [stop]
  const list = reader.list(stop, 'stop')
  return list.length === 0 ? undefined : list.map((one, i) => reader.text(one, `stop[${i}]`))
}

// ── to an upstream ───────────────────────────────────────────────────────────────────────────────────────────────────

/** OpenAI takes no more. */
const stopsMax = 4
/** What a model that thinks does not take beside its effort. */
const samplingParameters: readonly Parameter[] = [
  'temperature',
  'topP',
  'frequencyPenalty',
  'presencePenalty',
  'logprobs',
  'logitBias',
]

export function printChatRequest(
  request: ChatRequest,
  target: TargetTraits,
): Result<PrintedRequest, MissingCapability> {
  const messages = printChatMessages(request, target.quirks)
  if (!messages.ok) return messages
  const members = foreignMembers(request, 'openai-chat')
  if (!members.ok) return members
  const parameters = printParameters(request, target)
  const body = {
    model: target.model,
    messages: messages.value,
    stream: request.stream ? true : undefined,
    stream_options: request.stream ? { include_usage: true } : undefined,
    ...parameters.members,
    tools: request.tools.length === 0 ? undefined : printTools(request.tools, 'nested', target.quirks.cacheMarkers),
    tool_choice:
      request.toolChoice === undefined ? undefined : printToolChoice(request.toolChoice, request.tools, 'nested'),
    response_format: request.responseFormat === undefined ? undefined : printFormat(request.responseFormat),
    ...members.value.kept,
  }
  return done({
    path: '/chat/completions',
    body: JSON.stringify(body),
    headerLines: '',
    dropped: [...parameters.dropped, ...members.value.dropped],
  })
}

function printParameters({ parameters, dialect }: ChatRequest, { facts, quirks }: TargetTraits) {
  const members: Record<string, Json> = {}
  const dropped: Dropped[] = []
  const thinks = facts.reasoning !== undefined && facts.reasoning !== 'none'
  const refused = new Set<Parameter>([...(quirks.drops ?? []), ...(facts.sampling === false ? samplingParameters : [])])
  if (facts.reasoning === 'none') refused.add('reasoning')
  for (const name in parameters) {
    const parameter = name as Parameter
    const value: Json = parameters[parameter]
    if (value === undefined || (parameter === 'n' && value === 1)) continue
    if (refused.has(parameter)) {
      dropped.push({ parameter })
      continue
    }
    switch (parameter) {
      case 'maxOutputTokens':
        members[quirks.maxTokensName ?? (thinks ? 'max_completion_tokens' : 'max_tokens')] = value
        break
      case 'stop':
        members['stop'] = (value as string[]).slice(0, stopsMax)
        if ((value as string[]).length > stopsMax) dropped.push({ parameter })
        break
      case 'logprobs':
        members['logprobs'] = true
        members['top_logprobs'] = parameters.logprobs?.top
        break
      case 'reasoning':
        members['reasoning_effort'] = printEffort(parameters.reasoning!, facts)
        break
      case 'serviceTier': {
        const tier = printServiceTier(parameters.serviceTier!, dialect, 'openai-chat')
        if (tier === undefined) dropped.push({ parameter })
        else members['service_tier'] = tier
        break
      }
      case 'store':
      case 'metadata':
        // A Response is kept by its own API; what is kept of a chat completion is another matter.
        if (dialect !== 'openai-responses') members[chatParameterNames[parameter]] = value
        else if (parameter === 'store' && value === true) dropped.push({ parameter })
        break
      default:
        members[chatParameterNames[parameter]] = value
    }
  }
  return { members, dropped }
}
