// Bedrock's Converse: the request, as an upstream is given it.
import type { Capability, MissingCapability } from '../../../../shared/chat/capabilities.ts'
import { needsJsonTool, withJsonTool } from '../../../../shared/chat/json-tool.ts'
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import type { ChatRequest, Knob } from '../../../../shared/chat/request.ts'
import { done, type Result } from '../../../../shared/result.ts'
import { betasFor } from './anthropic-betas.ts'
import { customToolsOf } from './anthropic-request-print.ts'
import { printThinking, type Thinking } from './anthropic-thinking.ts'
import { type BedrockMessage, printBedrockConversation } from './bedrock-content-print.ts'
import { bedrockNames, printToolConfig } from './bedrock-tools.ts'
import type { Dropped, PrintedRequest, Target } from './dialect.ts'
import { foreignMembers } from './foreign-members.ts'
import { isMet } from './met-knobs.ts'
import { ToolNames } from './tool-names.ts'

export const bedrockCan: ReadonlySet<Capability> = new Set<Capability>([
  ...(['tools', 'custom tools', 'forced tool choice', 'images', 'video', 'files', 'structured output'] as const),
])

/** For models of which nothing is known; every one that is sold there takes as much. */
const outputTokensDefault = 4_096

export function printBedrockRequest(asked: ChatRequest, target: Target): Result<PrintedRequest, MissingCapability> {
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
  const knobs = printKnobs(request, target, thinking)
  const body = {
    messages,
    system: system.length === 0 ? undefined : system,
    inferenceConfig: filled(knobs.inference),
    toolConfig,
    additionalModelRequestFields: filled(knobs.additional),
    ...knobs.members,
  }
  return done({
    path: `/model/${encodeURIComponent(target.model)}/${request.stream ? 'converse-stream' : 'converse'}`,
    body: JSON.stringify(body),
    headerLines: '',
    dropped: [...knobs.dropped, ...members.value.dropped],
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

const sampling: readonly Knob[] = ['temperature', 'topP', 'topK']
/** Said elsewhere, or true by itself. */
const settled: readonly Knob[] = ['maxOutputTokens', 'n']

const tiers: readonly string[] = ['default', 'flex', 'priority', 'reserved']

function printKnobs(request: ChatRequest, { facts, quirks, model }: Target, thinking: Thinking | undefined) {
  const { knobs } = request
  const claude = isClaude(model)
  const betas = claude ? betasFor(request, 'bedrock') : undefined
  const inference: Record<string, Json> = { maxTokens: thinking?.maxTokens ?? knobs.maxOutputTokens }
  const additional: Record<string, Json> = {
    ...{ thinking: thinking?.member, output_config: thinking?.config },
    anthropic_beta: betas?.kept,
  }
  const members: Record<string, Json> = {}
  const dropped: Dropped[] = [...(betas?.dropped ?? [])]
  const drop = (knob: Knob) => void dropped.push({ knob })
  for (const [knob, value] of Object.entries(knobs) as [Knob, Json][]) {
    if (value === undefined || settled.includes(knob)) continue
    const refused = sampling.includes(knob) && (facts.sampling === false || thinking?.on === true)
    if (refused || quirks.drops?.has(knob) === true) {
      drop(knob)
      continue
    }
    switch (knob) {
      case 'temperature':
        inference['temperature'] = Math.min(1, knobs.temperature!)
        if (knobs.temperature! > 1) drop(knob)
        break
      case 'topP':
        // Newer Claude models refuse both together.
        if (knobs.temperature === undefined || !claude) inference['topP'] = value
        else drop(knob)
        break
      case 'topK':
        if (claude) additional['top_k'] = value
        else drop(knob)
        break
      case 'stop': {
        const stops = knobs.stop!.filter((stop) => stop.trim() !== '')
        if (stops.length > 0) inference['stopSequences'] = stops
        if (stops.length < knobs.stop!.length) drop(knob)
        break
      }
      case 'reasoning':
        if (thinking === undefined || thinking.dropped) drop(knob)
        break
      case 'metadata': {
        const metadata = requestMetadata(value)
        if (metadata === undefined) drop(knob)
        else members['requestMetadata'] = metadata
        break
      }
      case 'serviceTier': {
        if (tiers.includes(knobs.serviceTier!)) members['serviceTier'] = { type: value }
        else if (value !== 'auto') drop(knob)
        break
      }
      case 'parallelToolCalls':
        if (value === false) drop(knob)
        break
      default:
        if (!isMet(knob, request)) drop(knob)
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
