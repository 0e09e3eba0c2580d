// Anthropic Messages: the request, as an upstream is given it.
import type { Capability, MissingCapability } from '../../../../shared/chat/capabilities.ts'
import { needsJsonTool, withJsonTool } from '../../../../shared/chat/json-tool.ts'
import type { Json } from '../../../../shared/chat/parts.ts'
import type { ChatRequest, Parameter } from '../../../../shared/chat/request.ts'
import { done, type Result } from '../../../../shared/result.ts'
import { isObject } from '../common/body-reader.ts'
import { foreignMembers } from '../common/foreign-members.ts'
import { isMet } from '../common/met-parameters.ts'
import { printServiceTier } from '../common/service-tier.ts'
import type { Dropped, PrintedRequest, TargetTraits } from '../dialect.ts'
import { type PrintedMessage, printConversation } from './print-content.ts'
import { printThinking, type Thinking } from './thinking.ts'
import { printAnthropicTool, printChoice } from './tools.ts'

export const anthropicCan: ReadonlySet<Capability> = new Set<Capability>([
  ...(['tools', 'custom tools', 'hosted tools', 'forced tool choice', 'images', 'files', 'structured output'] as const),
])

/** The version of the API that requests are printed for. */
const versionLine = 'anthropic-version: 2023-06-01\r\n'
/** For models of which nothing is known; every one that is sold takes as much. */
const outputTokensDefault = 8_192

export function printAnthropicRequest(
  asked: ChatRequest,
  target: TargetTraits,
): Result<PrintedRequest, MissingCapability> {
  const { facts } = target
  const native = facts.jsonSchema === true && asked.responseFormat?.type === 'json-schema'
  const jsonTool = !native && needsJsonTool(asked) ? withJsonTool(asked) : undefined
  const request = jsonTool?.request ?? asked
  const conversation = printConversation(request.messages)
  if (!conversation.ok) return conversation
  const members = foreignMembers(request, 'anthropic')
  if (!members.ok) return members
  const { system, messages } = conversation.value
  const thinking = printThinking(request, facts, outputTokensDefault, unsignedLoop(messages))
  const parameters = printParameters(request, target, thinking)
  const tools = printTools(request, facts.jsonSchema === true)
  const format = native ? { format: { type: 'json_schema', schema: schemaOf(request) } } : {}
  const config = { ...thinking.config, ...format }
  const body = {
    model: target.model,
    max_tokens: thinking.maxTokens,
    system: system.length === 0 ? undefined : system,
    messages,
    tools: tools.list.length === 0 ? undefined : tools.list,
    tool_choice: tools.choice,
    thinking: thinking.member,
    output_config: Object.keys(config).length === 0 ? undefined : config,
    ...parameters.members,
    stream: request.stream ? true : undefined,
    ...members.value.kept,
  }
  return done({
    path: '/messages',
    body: JSON.stringify(body),
    headerLines: versionLine,
    dropped: [...parameters.dropped, ...tools.dropped, ...members.value.dropped],
    jsonTool: jsonTool?.name,
    customTools: customToolsOf(request),
  })
}

function schemaOf({ responseFormat }: ChatRequest): Json {
  return responseFormat?.type === 'json-schema' ? responseFormat.schema : undefined
}

export function customToolsOf({ tools }: ChatRequest): ReadonlySet<string> | undefined {
  const names = tools.flatMap((tool) => (tool.type === 'custom' ? [tool.name] : []))
  return names.length === 0 ? undefined : new Set(names)
}

/** A turn of calls that began without a signed thought cannot go on with thinking turned on. */
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
/** Said elsewhere, or true by itself. */
const settled: readonly Parameter[] = ['maxOutputTokens', 'parallelToolCalls', 'n', 'safetyIdentifier']

function printParameters(request: ChatRequest, { facts, quirks }: TargetTraits, thinking: Thinking) {
  const { parameters, dialect } = request
  const members: Record<string, Json> = {}
  const dropped: Dropped[] = []
  const drop = (parameter: Parameter) => void dropped.push({ parameter })
  for (const name in parameters) {
    const parameter = name as Parameter
    const value: Json = parameters[parameter]
    if (value === undefined || settled.includes(parameter)) continue
    // A model that thinks takes none of them.
    const refused = sampling.includes(parameter) && (facts.sampling === false || thinking.on)
    if (refused || quirks.drops?.has(parameter) === true) {
      drop(parameter)
      continue
    }
    switch (parameter) {
      case 'temperature':
        members['temperature'] = Math.min(1, parameters.temperature!)
        if (parameters.temperature! > 1) drop(parameter)
        break
      case 'topP':
        // Newer models refuse both together.
        if (parameters.temperature === undefined || dialect === 'anthropic') members['top_p'] = value
        else drop(parameter)
        break
      case 'topK':
        members['top_k'] = value
        break
      case 'stop': {
        const stops = parameters.stop!.filter((stop) => stop.trim() !== '')
        if (stops.length > 0) members['stop_sequences'] = stops
        if (stops.length < parameters.stop!.length) drop(parameter)
        break
      }
      case 'user':
        members['metadata'] = { user_id: value }
        break
      case 'reasoning':
        if (thinking.dropped) drop(parameter)
        break
      case 'serviceTier': {
        const tier = printServiceTier(parameters.serviceTier!, dialect, 'anthropic')
        if (tier === undefined) drop(parameter)
        else members['service_tier'] = tier
        break
      }
      default:
        if (!isMet(parameter, request)) drop(parameter)
    }
  }
  if (parameters.user === undefined && parameters.safetyIdentifier !== undefined) {
    members['metadata'] = { user_id: parameters.safetyIdentifier }
  }
  return { members, dropped }
}
