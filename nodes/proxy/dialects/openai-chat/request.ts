// Chat completions: parses and prints requests.
import type { MissingCapability } from '../../../../shared/chat/capabilities.ts'
import { effortOf } from '../../../../shared/chat/effort.ts'
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import type { ChatRequest, Parameter, ReasoningWish, RequestParameters } from '../../../../shared/chat/request.ts'
import { done, type Result } from '../../../../shared/result.ts'
import { absent, BodyReader, unread } from '../common/body-reader.ts'
import { droppedMarkers } from '../common/cache-control.ts'
import { type CallIdRules, withFittingCallIds } from '../common/call-ids.ts'
import { droppedGrammars } from '../common/custom-tools.ts'
import { foreignMembers } from '../common/foreign-members.ts'
import { fittingPersonId } from '../common/person-ids.ts'
import {
  type ParameterPrinting,
  type ParameterRules,
  type PrintOutcome,
  printFirstStops,
  printParameters,
  printWithin,
} from '../common/print-parameters.ts'
import { printServiceTier } from '../common/service-tier.ts'
import { customToolsOf, type NameRules, ToolNames, withFittingNames } from '../common/tool-names.ts'
import type { BadRequest, PrintedRequest, Quirks, TargetTraits } from '../dialect.ts'
import { fitsMetadata, withJsonWord } from '../openai/limits.ts'
import { droppedStrict } from '../openai/strict-schema.ts'
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
import { unknownInChat } from './known-members.ts'
import { readChatMessages } from './parse-messages.ts'
import { printChatMessages } from './print-messages.ts'
import { printReasoningWish, readReasoningWish, reasoningMembers } from './reasoning-wish.ts'

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

// ── to an upstream ───────────────────────────────────────────────────────────────────────────────────────────────────

/** OpenAI refuses requests with more stop sequences. */
const stopsMax = 4
/** Parameters that models without sampling refuse (`ModelFacts.sampling`). */
const samplingParameters: readonly Parameter[] = [
  'temperature',
  'topP',
  'frequencyPenalty',
  'presencePenalty',
  'logprobs',
  'logitBias',
]

/** OpenAI's models that reason refuse stop sequences. Source: `stop` in the SDK openai. */
const withoutStops = /(^|\/)(o[34]|gpt-5)/

/** Names of functions, by OpenAI's documentation; all hosts follow it. */
const chatNames: NameRules = { forbidden: /[^a-zA-Z0-9_-]/g }
/** OpenAI refuses longer ids. */
const chatCallIds: CallIdRules = { charactersMax: 40 }
const userCharactersMax = 64
const safetyIdentifierCharactersMax = 128
const cacheKeyCharactersMax = 64

export function printChatRequest(asked: ChatRequest, target: TargetTraits): Result<PrintedRequest, MissingCapability> {
  const { quirks } = target
  const names = new ToolNames(chatNames)
  const request = withFittingNames(withFittingCallIds(withJsonWord(asked), quirks.callIds ?? chatCallIds), names)
  const messages = printChatMessages(request, target)
  if (!messages.ok) return messages
  const members = foreignMembers(request, 'openai-chat')
  if (!members.ok) return members
  const parameters: Record<string, Json> = {}
  const dropped = printParameters({ request, target, members: parameters }, rules)
  const markers = quirks.cacheMarkers === true ? [] : droppedMarkers(request)
  const grammars = quirks.customTools === true ? [] : droppedGrammars(request.tools)
  const body = {
    model: target.model,
    messages: messages.value,
    stream: request.stream ? true : undefined,
    stream_options: request.stream ? { include_usage: true } : undefined,
    ...parameters,
    ...printToolMembers(request, quirks),
    ...members.value.kept,
  }
  return done({
    path: '/chat/completions',
    body: JSON.stringify(body),
    headerLines: '',
    dropped: [...dropped, ...markers, ...grammars, ...droppedStrict(request), ...members.value.dropped],
    toolNames: names.read.size === 0 ? undefined : names.read,
    customTools: quirks.customTools === true ? undefined : customToolsOf(asked),
    keepsMembers: asked.dialect === 'openai-chat',
    numbersSources: quirks.numbersSources,
  })
}

function printToolMembers({ tools, toolChoice, responseFormat }: ChatRequest, quirks: Quirks): JsonObject {
  return {
    tools: tools.length === 0 ? undefined : printTools(tools, quirks),
    tool_choice:
      toolChoice === undefined || tools.length === 0 ? undefined : printToolChoice(toolChoice, tools, quirks),
    response_format: responseFormat === undefined ? undefined : printFormat(responseFormat),
  }
}

const rules: ParameterRules<ParameterPrinting> = {
  isSettled: (parameter, { request }) => parameter === 'n' && request.parameters.n === 1,
  isRefused(parameter, { request, target: { model, facts } }) {
    if (parameter === 'reasoning') return facts.reasoning === 'none' && !asksForNone(request)
    if (parameter === 'stop') return facts.sampling === false && withoutStops.test(model)
    return facts.sampling === false && samplingParameters.includes(parameter)
  },
  printers: {
    temperature: printWithin(0, 2, 'temperature'),
    topP: printWithin(0, 1, 'top_p'),
    frequencyPenalty: printWithin(-2, 2, 'frequency_penalty'),
    presencePenalty: printWithin(-2, 2, 'presence_penalty'),
    n: printWithin(1, 128, 'n'),
    parallelToolCalls: printParallel,
    maxOutputTokens: printCap,
    stop: printFirstStops(stopsMax, 'stop'),
    logprobs: printLogprobs,
    reasoning: printReasoning,
    serviceTier: printTier,
    store: printStore,
    metadata: printMetadata,
    user: printHashedAbove(userCharactersMax, 'user'),
    safetyIdentifier: printHashedAbove(safetyIdentifierCharactersMax, 'safety_identifier'),
    promptCacheKey: printHashedAbove(cacheKeyCharactersMax, 'prompt_cache_key'),
  },
  printOther(parameter, { request, members }) {
    members[chatParameterNames[parameter]] = request.parameters[parameter]
    return 'printed'
  },
}

function printCap(cap: number, { target, members }: ParameterPrinting): PrintOutcome {
  const { facts, quirks } = target
  const thinks = facts.reasoning !== undefined && facts.reasoning !== 'none'
  members[quirks.maxTokensName ?? (thinks ? 'max_completion_tokens' : 'max_tokens')] = cap
  return 'printed'
}

function printLogprobs({ top }: { readonly top?: number | undefined }, printing: ParameterPrinting): PrintOutcome {
  printing.members['logprobs'] = true
  return top === undefined ? 'printed' : printWithin(0, 20, 'top_logprobs')(top, printing)
}

/** The member is refused without tools, where it says nothing. */
function printParallel(isParallel: boolean, { request, members }: ParameterPrinting): PrintOutcome {
  if (request.tools.length > 0) members['parallel_tool_calls'] = isParallel
  return 'printed'
}

function printReasoning(wish: ReasoningWish, { target, members }: ParameterPrinting): PrintOutcome {
  const printed = printReasoningWish(wish, target)
  Object.assign(members, printed.members)
  return printed.isNarrowed ? 'dropped' : 'printed'
}

function asksForNone({ parameters: { reasoning } }: ChatRequest): boolean {
  return reasoning !== undefined && effortOf(reasoning) === 'none'
}

function printTier(value: string, { request, members }: ParameterPrinting): PrintOutcome {
  const tier = printServiceTier(value, request.dialect, 'openai-chat')
  if (tier === undefined) return 'dropped'
  members['service_tier'] = tier
  return 'printed'
}

function printHashedAbove(charactersMax: number, name: string) {
  return (id: string, { members }: ParameterPrinting): PrintOutcome => {
    const fitting = fittingPersonId(id, charactersMax)
    members[name] = fitting
    return fitting === id ? 'printed' : 'dropped'
  }
}

/** The Responses API stores a response, and chat completions store a completion: one does not stand for the other. */
function printStore(store: boolean, { request, members }: ParameterPrinting): PrintOutcome {
  if (request.dialect === 'openai-responses') return store ? 'dropped' : 'printed'
  members['store'] = store
  return 'printed'
}

/** The Responses API repeats metadata in its answer, so the upstream need not know it. */
function printMetadata(metadata: Json, { request, members }: ParameterPrinting): PrintOutcome {
  if (request.dialect === 'openai-responses') return 'printed'
  if (!fitsMetadata(metadata)) return 'dropped'
  members['metadata'] = metadata
  return 'printed'
}
