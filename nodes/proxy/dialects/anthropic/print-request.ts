// Anthropic Messages: prints the request for an upstream.
import type { Capability, MissingCapability } from '../../../../shared/chat/capabilities.ts'
import { isObjectFormat, needsJsonTool, otherThanObject, withJsonTool } from '../../../../shared/chat/json-tool.ts'
import type { Json } from '../../../../shared/chat/parts.ts'
import type { ChatRequest, Parameter } from '../../../../shared/chat/request.ts'
import { takesSystemTurns } from '../../../../shared/models/system-turns.ts'
import { done, fail, type Result } from '../../../../shared/result.ts'
import { isObject } from '../common/body-reader.ts'
import { withFewMarkers } from '../common/cache-control.ts'
import { type CallIdRules, withFittingCallIds } from '../common/call-ids.ts'
import { droppedGrammars } from '../common/custom-tools.ts'
import { foreignMembers } from '../common/foreign-members.ts'
import { fittingPersonId, hashedId, isPersonal } from '../common/person-ids.ts'
import {
  type ParameterPrinting,
  type ParameterRules,
  type PrintOutcome,
  printParameters,
  printTopK,
  printVisibleStops,
  printWithin,
} from '../common/print-parameters.ts'
import { printServiceTier } from '../common/service-tier.ts'
import { type NameRules, printedTools, ToolNames, withFittingNames } from '../common/tool-names.ts'
import type { Dropped, PrintedRequest, TargetTraits } from '../dialect.ts'
import { fitSchema } from './fit-schema.ts'
import { takesPrefill } from './prefill.ts'
import { type PrintedMessage, printConversation } from './print-content.ts'
import { hasStructuredOutput, takesFormat } from './structured-output.ts'
import { printThinking, type Thinking } from './thinking.ts'
import { printAnthropicTool, printChoice } from './tools.ts'

export const anthropicCan: ReadonlySet<Capability> = new Set<Capability>([
  ...(['tools', 'custom tools', 'hosted tools', 'forced tool choice', 'images', 'files', 'structured output'] as const),
])

/** The version of the API that requests are printed for. */
const versionLine = 'anthropic-version: 2023-06-01\r\n'
/** `max_tokens` for models without known facts; every Claude model accepts it. */
const outputTokensDefault = 8_192

const anthropicNames: NameRules = { forbidden: /[^a-zA-Z0-9_-]/g, charactersMax: 128 }
/** The API has no limit on the length of ids; the limit of Bedrock holds for Claude everywhere. */
const anthropicCallIds: CallIdRules = { forbidden: /[^a-zA-Z0-9_-]/g, charactersMax: 64 }
const userCharactersMax = 256

export function printAnthropicRequest(
  whole: ChatRequest,
  target: TargetTraits,
): Result<PrintedRequest, MissingCapability> {
  const { request: asked, dropped: markers } = withFewMarkers(whole)
  const isNative = hasStructuredOutput(target)
  const hasFormat = isNative && takesFormat(asked)
  const jsonTool = !hasFormat && needsJsonTool(asked) ? withJsonTool(asked) : undefined
  if (jsonTool !== undefined && !isObjectFormat(asked.responseFormat)) return fail(otherThanObject)
  const full = jsonTool?.request ?? asked
  const names = new ToolNames(anthropicNames)
  const request = withFittingNames(withFittingCallIds(full, anthropicCallIds), names)
  const takesTurns = target.quirks.systemTurns === true && takesSystemTurns(target.model)
  const conversation = printConversation(request.messages, {
    systemTurns: takesTurns,
    prefill: takesPrefill(target.model),
  })
  if (!conversation.ok) return conversation
  const members = foreignMembers(request, 'anthropic')
  if (!members.ok) return members
  const { system, messages } = conversation.value
  const thinking = printThinking(request, {
    model: target.model,
    facts: target.facts,
    outputTokensDefault,
    unsignedLoop: unsignedLoop(messages),
    isBegun: messages.at(-1)?.role === 'assistant',
  })
  const parameters = printOwnParameters(request, target, thinking)
  const tools = printTools(request, isNative)
  const body = {
    model: target.model,
    max_tokens: thinking.maxTokens,
    system: system.length === 0 ? undefined : system,
    messages,
    tools: tools.list.length === 0 ? undefined : tools.list,
    tool_choice: tools.choice,
    thinking: thinking.member,
    output_config: printOutputConfig(thinking, hasFormat ? request : undefined),
    ...parameters.members,
    stream: request.stream ? true : undefined,
    ...members.value.kept,
  }
  return done({
    path: '/messages',
    body: JSON.stringify(body),
    headerLines: versionLine,
    dropped: [
      ...parameters.dropped,
      ...markers,
      ...tools.dropped,
      ...droppedGrammars(request.tools),
      ...members.value.dropped,
    ],
    ...printedTools(full, names, jsonTool?.name),
  })
}

/** `formatted`: the request, when its response format has a native form at this model. */
function printOutputConfig({ config }: Thinking, formatted: ChatRequest | undefined): Json {
  const format = formatted?.responseFormat
  if (format?.type !== 'json-schema') return config
  return { ...config, format: { type: 'json_schema', schema: fitSchema(format.schema) } }
}

/** Whether the last assistant turn calls tools without signed reasoning at its start: thinking must stay off then. */
function unsignedLoop(messages: readonly PrintedMessage[]): boolean {
  const last = messages.findLast(({ role }) => role === 'assistant')
  if (last?.content.some(({ type }) => type === 'tool_use') !== true) return false
  const first = last.content[0]
  return isObject(first) && first['type'] !== 'thinking' && first['type'] !== 'redacted_thinking'
}

function printTools({ tools, toolChoice, parameters, legacyFunctions }: ChatRequest, keepsStrict: boolean) {
  const allowed = toolChoice?.type === 'allowed' ? new Set(toolChoice.names) : undefined
  const listed = tools.filter(({ name }) => allowed === undefined || allowed.has(name))
  const strict = !keepsStrict && listed.some((tool) => tool.type === 'function' && tool.strict === true)
  const dropped: Dropped[] = strict ? [{ member: 'strict' }] : []
  const list = listed.map((tool) => printAnthropicTool(tool, keepsStrict))
  const parallel = legacyFunctions === true ? false : parameters.parallelToolCalls
  return { list, dropped, choice: list.length === 0 ? undefined : printChoice(toolChoice, parallel) }
}

const sampling: readonly Parameter[] = ['temperature', 'topP', 'topK']
/** Parameters that other members of the body express, or that hold without being sent. */
const settled: readonly Parameter[] = ['maxOutputTokens', 'parallelToolCalls', 'n']

interface Printing extends ParameterPrinting {
  readonly thinking: Thinking
}

const rules: ParameterRules<Printing> = {
  isSettled: (parameter) => settled.includes(parameter),
  // A model that thinks refuses all sampling parameters.
  isRefused: (parameter, { target, thinking }) =>
    sampling.includes(parameter) && (target.facts.sampling === false || thinking.on),
  printers: {
    temperature: printWithin(0, 1, 'temperature'),
    topP: printTopP,
    topK: printTopK('top_k'),
    stop: printVisibleStops('stop_sequences'),
    user: printUser,
    safetyIdentifier: printSafetyIdentifier,
    reasoning: (_, { thinking }) => (thinking.dropped ? 'dropped' : 'printed'),
    serviceTier: printTier,
  },
}

function printTopP(value: number, printing: Printing): PrintOutcome {
  const { request, target } = printing
  const isKept = request.dialect === 'anthropic' && !refusesBoth(target.model)
  if (request.parameters.temperature !== undefined && !isKept) return 'dropped'
  return printWithin(0, 1, 'top_p')(value, printing)
}

/** Whether the model refuses a temperature and top_p in one request. Source: Anthropic's guide to migrating to Claude 4.5. */
function refusesBoth(model: string): boolean {
  return /claude-(opus-4-1|[a-z]+-4-[5-9]|[a-z]+-[5-9])(?!\d)/.test(model)
}

function printUser(user: string, { members }: ParameterPrinting): PrintOutcome {
  // The API refuses addresses and telephone numbers.
  const user_id = isPersonal(user) ? hashedId(user) : fittingPersonId(user, userCharactersMax)
  members['metadata'] = { user_id }
  return user_id === user ? 'printed' : 'dropped'
}

function printSafetyIdentifier(id: string, printing: Printing): PrintOutcome {
  return printing.request.parameters.user === undefined ? printUser(id, printing) : 'printed'
}

function printTier(value: string, { request, members }: Printing): PrintOutcome {
  const tier = printServiceTier(value, request.dialect, 'anthropic')
  if (tier === undefined) return 'dropped'
  members['service_tier'] = tier
  return 'printed'
}

function printOwnParameters(request: ChatRequest, target: TargetTraits, thinking: Thinking) {
  const members: Record<string, Json> = {}
  const dropped = printParameters({ request, target, members, thinking }, rules)
  return { members, dropped }
}
