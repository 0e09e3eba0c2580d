// Bedrock's Converse: the request, as an upstream is given it.
import type { Capability, MissingCapability } from '../../../../shared/chat/capabilities.ts'
import { needsJsonTool, withJsonTool } from '../../../../shared/chat/json-tool.ts'
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import type { ChatRequest, Parameter } from '../../../../shared/chat/request.ts'
import { done, type Result } from '../../../../shared/result.ts'
import { betasFor } from '../anthropic/betas.ts'
import { customToolsOf } from '../anthropic/print-request.ts'
import { printThinking, type Thinking } from '../anthropic/thinking.ts'
import { foreignMembers } from '../common/foreign-members.ts'
import { isMet } from '../common/met-parameters.ts'
import { ToolNames } from '../common/tool-names.ts'
import type { Dropped, PrintedRequest, TargetTraits } from '../dialect.ts'
import { type BedrockMessage, printBedrockConversation } from './print-content.ts'
import { bedrockNames, printToolConfig } from './print-tools.ts'

export const bedrockCan: ReadonlySet<Capability> = new Set<Capability>([
  ...(['tools', 'custom tools', 'forced tool choice', 'images', 'video', 'files', 'structured output'] as const),
])

/** For models of which nothing is known; every one that is sold there takes as much. */
const outputTokensDefault = 4_096

export function printBedrockRequest(
  asked: ChatRequest,
  target: TargetTraits,
): Result<PrintedRequest, MissingCapability> {
  const jsonTool = needsJsonTool(asked) ? withJsonTool(asked) : undefined
  const request = jsonTool?.request ?? asked
  const names = new ToolNames(bedrockNames)
  // The tools first: they keep their names before calls from long ago get theirs.
  const toolConfig = printToolConfig(request, names)
  const conversation = printBedrockConversation(request.messages, { names, imagesInResults: takesImages(target.model) })
  if (!conversation.ok) return conversation
  const members = foreignMembers(request, 'bedrock')
  if (!members.ok) return members
  const { system, messages } = conversation.value
  const thinking = isClaude(target.model)
    ? printThinking(request, target.facts, outputTokensDefault, unsignedLoop(messages))
    : undefined
  const parameters = printParameters(request, target, thinking)
  const body = {
    messages,
    system: system.length === 0 ? undefined : system,
    inferenceConfig: filled(parameters.inference),
    toolConfig,
    additionalModelRequestFields: filled(parameters.additional),
    ...parameters.members,
  }
  return done({
    path: `/model/${encodeURIComponent(target.model)}/${request.stream ? 'converse-stream' : 'converse'}`,
    body: JSON.stringify(body),
    headerLines: '',
    dropped: [...parameters.dropped, ...members.value.dropped],
    jsonTool: jsonTool === undefined ? undefined : names.write(jsonTool.name),
    customTools: customToolsOf(request),
    model: target.model,
    toolNames: names.read.size === 0 ? undefined : names.read,
  })
}

function isClaude(model: string): boolean {
  return /claude|anthropic\./.test(model)
}

function takesImages(model: string): boolean {
  return isClaude(model) || /nova/.test(model)
}

/** A turn of calls that began without a signed thought cannot go on with thinking turned on. */
function unsignedLoop(messages: readonly BedrockMessage[]): boolean {
  const last = messages.findLast(({ role }) => role === 'assistant')
  return last?.content.some((block) => 'toolUse' in block) === true && !('reasoningContent' in (last.content[0] ?? {}))
}

const sampling: readonly Parameter[] = ['temperature', 'topP', 'topK']
/** Said elsewhere, or true by itself. */
const settled: readonly Parameter[] = ['maxOutputTokens', 'n']

const tiers: readonly string[] = ['default', 'flex', 'priority', 'reserved']

function printParameters(request: ChatRequest, { facts, quirks, model }: TargetTraits, thinking: Thinking | undefined) {
  const { parameters } = request
  const claude = isClaude(model)
  const betas = claude ? betasFor(request, 'bedrock') : undefined
  const inference: Record<string, Json> = { maxTokens: thinking?.maxTokens ?? parameters.maxOutputTokens }
  const additional: Record<string, Json> = {
    ...{ thinking: thinking?.member, output_config: thinking?.config },
    anthropic_beta: betas?.kept,
  }
  const members: Record<string, Json> = {}
  const dropped: Dropped[] = [...(betas?.dropped ?? [])]
  const drop = (parameter: Parameter) => void dropped.push({ parameter })
  for (const [parameter, value] of Object.entries(parameters) as [Parameter, Json][]) {
    if (value === undefined || settled.includes(parameter)) continue
    const refused = sampling.includes(parameter) && (facts.sampling === false || thinking?.on === true)
    if (refused || quirks.drops?.has(parameter) === true) {
      drop(parameter)
      continue
    }
    switch (parameter) {
      case 'temperature':
        inference['temperature'] = Math.min(1, parameters.temperature!)
        if (parameters.temperature! > 1) drop(parameter)
        break
      case 'topP':
        // Newer Claude models refuse both together.
        if (parameters.temperature === undefined || !claude) inference['topP'] = value
        else drop(parameter)
        break
      case 'topK':
        if (claude) additional['top_k'] = value
        else drop(parameter)
        break
      case 'stop': {
        const stops = parameters.stop!.filter((stop) => stop.trim() !== '')
        if (stops.length > 0) inference['stopSequences'] = stops
        if (stops.length < parameters.stop!.length) drop(parameter)
        break
      }
      case 'reasoning':
        if (thinking === undefined || thinking.dropped) drop(parameter)
        break
      case 'metadata': {
        const metadata = requestMetadata(value)
        if (metadata === undefined) drop(parameter)
        else members['requestMetadata'] = metadata
        break
      }
      case 'serviceTier': {
        if (tiers.includes(parameters.serviceTier!)) members['serviceTier'] = { type: value }
        else if (value !== 'auto') drop(parameter)
        break
      }
      case 'parallelToolCalls':
        if (value === false) drop(parameter)
        break
      default:
        if (!isMet(parameter, request)) drop(parameter)
    }
  }
  return { inference, additional, members, dropped }
}

/** Up to 16 texts of narrow form; what does not fit is left out as a whole, since a part of it would mislead (wire 68). */
function requestMetadata(value: Json): JsonObject | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const entries = Object.entries(value)
  const fits = (text: Json) => typeof text === 'string' && /^[A-Za-z0-9\s:_@$#=/+,.-]{0,256}$/.test(text)
  if (entries.length === 0 || entries.length > 16) return undefined
  return entries.every(([name, text]) => fits(name) && name !== '' && fits(text)) ? (value as JsonObject) : undefined
}

function filled(members: Record<string, Json>): JsonObject | undefined {
  return Object.values(members).some((value) => value !== undefined) ? members : undefined
}
