// Chat completions: prints requests for an upstream.
import type { MissingCapability } from '../../../../shared/chat/capabilities.ts'
import { effortOf } from '../../../../shared/chat/effort.ts'
import { isObjectFormat, otherThanObject } from '../../../../shared/chat/json-tool.ts'
import type { Json } from '../../../../shared/chat/parts.ts'
import type { ChatRequest, Parameter, ReasoningWish } from '../../../../shared/chat/request.ts'
import { done, fail, type Result } from '../../../../shared/result.ts'
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
import type { PrintedRequest, Quirks, TargetTraits } from '../dialect.ts'
import { fitsMetadata, withJsonWord } from '../openai/limits.ts'
import { droppedStrict } from '../openai/strict-schema.ts'
import { printToolMembers } from '../openai/tools.ts'
import { chatParameterNames } from './parse-request.ts'
import { printChatMessages } from './print-messages.ts'
import { printReasoningWish } from './reasoning-wish.ts'
import { refusesParameter } from './refused-parameters.ts'

/** OpenAI refuses requests with more stop sequences. */
const stopsMax = 4
/** Names of functions, by OpenAI's documentation; all hosts follow it. */
const chatNames: NameRules = { forbidden: /[^a-zA-Z0-9_-]/g }
/** OpenAI refuses longer ids. */
const chatCallIds: CallIdRules = { charactersMax: 40 }
const userCharactersMax = 64
const safetyIdentifierCharactersMax = 128
const cacheKeyCharactersMax = 64

export function printChatRequest(asked: ChatRequest, target: TargetTraits): Result<PrintedRequest, MissingCapability> {
  const { quirks } = target
  // Other hosts take any schema.
  if (quirks.customTools === true && !isObjectFormat(asked.responseFormat)) return fail(otherThanObject)
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
    stream_options: request.stream && quirks.usageUnasked !== true ? { include_usage: true } : undefined,
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

const rules: ParameterRules<ParameterPrinting> = {
  isSettled: (parameter, { request }) => parameter === 'n' && request.parameters.n === 1,
  isRefused(parameter, { request, target }) {
    if (parameter === 'reasoning') return target.facts.reasoning === 'none' && !asksForNone(request)
    return refusesParameter(parameter, target)
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
  printOther(parameter, { request, target, members }) {
    members[nameOf(parameter, target.quirks)] = request.parameters[parameter]
    return 'printed'
  },
}

function nameOf(parameter: Parameter, { seedName }: Quirks): string {
  return (parameter === 'seed' ? seedName : undefined) ?? chatParameterNames[parameter]
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
