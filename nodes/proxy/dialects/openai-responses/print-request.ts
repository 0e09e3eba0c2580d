// The Responses API: prints the request for an upstream.
import type { Capability, MissingCapability } from '../../../../shared/chat/capabilities.ts'
import { effortOf } from '../../../../shared/chat/effort.ts'
import { isObjectFormat, otherThanObject } from '../../../../shared/chat/json-tool.ts'
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
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
  printAs,
  printParameters,
  printWithin,
} from '../common/print-parameters.ts'
import { printServiceTier } from '../common/service-tier.ts'
import { customToolsOf, type NameRules, ToolNames, withFittingNames } from '../common/tool-names.ts'
import type { Dropped, PrintedRequest, TargetTraits } from '../dialect.ts'
import { printEffort } from '../openai/effort.ts'
import { fitsMetadata, withJsonWord } from '../openai/limits.ts'
import { droppedStrict } from '../openai/strict-schema.ts'
import { encryptedReasoning, logprobsOfText } from './includes.ts'
import { printInput } from './print-input.ts'
import { printResponsesTools, printTextFormat } from './print-tools.ts'
import { withWebSearch } from './web-search.ts'

export const responsesCan: ReadonlySet<Capability> = new Set<Capability>([
  ...(['tools', 'custom tools', 'forced tool choice', 'images', 'files', 'structured output'] as const),
])

/** Source: OpenAI's API description, `FunctionCallOutputItemParam.call_id`. */
const callIds: CallIdRules = { charactersMax: 64 }
const names: NameRules = { forbidden: /[^a-zA-Z0-9_-]/g }
/** OpenAI refuses a lower limit: `integer_below_min_value`, "Expected a value >= 16". */
const outputTokensMin = 16
const userCharactersMax = 64
const safetyIdentifierCharactersMax = 128
const cacheKeyCharactersMax = 64

export function printResponsesRequest(
  asked: ChatRequest,
  target: TargetTraits,
): Result<PrintedRequest, MissingCapability> {
  if (!isObjectFormat(asked.responseFormat)) return fail(otherThanObject)
  const { quirks } = target
  const toolNames = new ToolNames(names)
  const fitting = withFittingNames(withFittingCallIds(withJsonWord(asked), quirks.callIds ?? callIds), toolNames)
  const request = withWebSearch(fitting, target.model)
  const input = printInput(request, quirks)
  if (!input.ok) return input
  const members = foreignMembers(request, 'openai-responses')
  if (!members.ok) return members
  const parameters: Record<string, Json> = {}
  const dropped = printParameters({ request, target, members: parameters }, rules)
  const body = {
    model: target.model,
    ...input.value,
    stream: request.stream ? true : undefined,
    // The gateway keeps the conversations of its callers itself.
    store: false,
    include: printIncludes(request, target),
    // Callers of the deprecated functions take one call.
    parallel_tool_calls: request.legacyFunctions === true && request.tools.length > 0 ? false : undefined,
    ...parameters,
    ...printResponsesTools(request, quirks),
    text: printText(request),
    ...members.value.kept,
  }
  return done({
    path: '/responses',
    body: JSON.stringify(body),
    headerLines: '',
    dropped: [
      ...dropped,
      ...droppedMarkers(request),
      ...droppedNames(request),
      ...droppedStrict(request),
      ...(quirks.customTools === true ? [] : droppedGrammars(request.tools)),
      ...members.value.dropped,
    ],
    toolNames: toolNames.read.size === 0 ? undefined : toolNames.read,
    customTools: quirks.customTools === true ? undefined : customToolsOf(asked),
  })
}

/** Messages have no names here. */
function droppedNames({ messages }: ChatRequest): Dropped[] {
  return messages.some((message) => message.role !== 'system' && message.name !== undefined) ? [{ member: 'name' }] : []
}

function printText({ responseFormat, parameters: { verbosity } }: ChatRequest): JsonObject | undefined {
  if (responseFormat === undefined && verbosity === undefined) return undefined
  return { format: responseFormat === undefined ? undefined : printTextFormat(responseFormat), verbosity }
}

/** What the answer shall hold beside its text. Reasoning is wanted in encrypted form, so that it can come back in the next turn; a
 *  model that does not reason refuses to be asked for it. */
function printIncludes({ parameters, echo }: ChatRequest, { facts }: TargetTraits): Json {
  const own = echo?.['include']
  const includes = new Set<Json>(Array.isArray(own) ? own : [])
  const reasons = facts.reasoning !== undefined || facts.endpoint === 'responses'
  if (reasons && facts.reasoning !== 'none') includes.add(encryptedReasoning)
  if (parameters.logprobs !== undefined && facts.sampling !== false) includes.add(logprobsOfText)
  return includes.size === 0 ? undefined : [...includes]
}

/** Parameters that models without sampling refuse (`ModelFacts.sampling`). */
const samplingParameters: readonly Parameter[] = ['temperature', 'topP', 'logprobs']

const rules: ParameterRules<ParameterPrinting> = {
  isSettled: (parameter, { request }) => parameter === 'verbosity' || (parameter === 'n' && request.parameters.n === 1),
  isRefused(parameter, { request, target: { facts } }) {
    if (parameter === 'reasoning') return facts.reasoning === 'none' && !asksForNone(request)
    return facts.sampling === false && samplingParameters.includes(parameter)
  },
  printers: {
    maxOutputTokens: printCap,
    temperature: printWithin(0, 2, 'temperature'),
    topP: printWithin(0, 1, 'top_p'),
    logprobs: printLogprobs,
    reasoning: printReasoning,
    parallelToolCalls: printAs('parallel_tool_calls'),
    metadata: printMetadata,
    serviceTier: printTier,
    user: printHashedAbove(userCharactersMax, 'user'),
    safetyIdentifier: printHashedAbove(safetyIdentifierCharactersMax, 'safety_identifier'),
    promptCacheKey: printHashedAbove(cacheKeyCharactersMax, 'prompt_cache_key'),
    promptCacheRetention: printAs('prompt_cache_retention'),
  },
}

function asksForNone({ parameters: { reasoning } }: ChatRequest): boolean {
  return reasoning !== undefined && effortOf(reasoning) === 'none'
}

function printCap(cap: number, { members }: ParameterPrinting): PrintOutcome {
  members['max_output_tokens'] = Math.max(outputTokensMin, cap)
  return cap < outputTokensMin ? 'dropped' : 'printed'
}

function printLogprobs({ top }: { readonly top?: number | undefined }, printing: ParameterPrinting): PrintOutcome {
  return top === undefined ? 'printed' : printWithin(0, 20, 'top_logprobs')(top, printing)
}

function printMetadata(metadata: Json, { members }: ParameterPrinting): PrintOutcome {
  if (!fitsMetadata(metadata)) return 'dropped'
  members['metadata'] = metadata
  return 'printed'
}

/** A summary is asked for only where the caller wants one: OpenAI gives it to verified organizations alone. */
function printReasoning(wish: ReasoningWish, { target, members }: ParameterPrinting): PrintOutcome {
  const { word, isNarrowed } = printEffort(wish, target)
  const summary = wish.summary === 'none' || word === 'none' ? undefined : wish.summary
  if (word !== undefined || summary !== undefined) members['reasoning'] = { effort: word, summary }
  return isNarrowed ? 'dropped' : 'printed'
}

function printTier(value: string, { request, members }: ParameterPrinting): PrintOutcome {
  const tier = printServiceTier(value, request.dialect, 'openai-responses')
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
