// Gemini's generateContent: the request, as an upstream is given it.
import type { Capability, MissingCapability } from '../../../../shared/chat/capabilities.ts'
import { needsJsonTool, withJsonTool } from '../../../../shared/chat/json-tool.ts'
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import type { ChatRequest, Knob } from '../../../../shared/chat/request.ts'
import { done, type Result } from '../../../../shared/result.ts'
import { customToolsOf } from './anthropic-request-print.ts'
import type { Dropped, PrintedRequest, Target } from './dialect.ts'
import { foreignMembers } from './foreign-members.ts'
import { printGeminiConversation } from './gemini-content-print.ts'
import { openApiSchemaOf } from './gemini-schema-print.ts'
import { printGeminiThinking } from './gemini-thinking.ts'
import { geminiNames, printGeminiTools } from './gemini-tools-print.ts'
import { type GeminiTraits, geminiTraits } from './gemini-traits.ts'
import { isMet } from './met-knobs.ts'
import { ToolNames } from './tool-names.ts'

export const geminiCan: ReadonlySet<Capability> = new Set<Capability>([
  ...(['tools', 'custom tools', 'hosted tools', 'forced tool choice', 'images', 'audio', 'video', 'files'] as const),
  ...(['structured output', 'several choices', 'image output'] as const),
])

/** In what the two hosts of Gemini differ. */
export interface GeminiHost {
  /** Takes `serviceTier` in the body. */
  readonly serviceTiers: boolean
}

export function printGeminiRequest(
  asked: ChatRequest,
  target: Target,
  host: GeminiHost,
): Result<PrintedRequest, MissingCapability> {
  const traits = geminiTraits(target.model, target.facts)
  const besideTools = asked.tools.length > 0 && !traits.jsonBesideTools
  const jsonTool = besideTools && needsJsonTool(asked) ? withJsonTool(asked) : undefined
  const request = jsonTool?.request ?? asked
  const members = foreignMembers(request, 'gemini')
  if (!members.ok) return members
  const names = new ToolNames(geminiNames)
  // The tools first: they keep their names before calls from long ago get theirs.
  const tools = printGeminiTools(request, traits, names)
  const conversation = printGeminiConversation(request.messages, { names, traits })
  const knobs = printKnobs(request, target, { traits, host })
  const kept = Object.entries(members.value.kept)
  const configs = kept.flatMap(([name, value]) =>
    name.startsWith(inConfig) ? [[name.slice(inConfig.length), value]] : [],
  )
  const config = { ...knobs.config, ...printFormat(request, traits), ...Object.fromEntries(configs) }
  const body = {
    contents: conversation.contents,
    systemInstruction: conversation.systemInstruction,
    tools: tools.tools,
    toolConfig: tools.toolConfig,
    ...knobs.members,
    ...Object.fromEntries(kept.filter(([name]) => !name.startsWith(inConfig))),
    generationConfig: Object.keys(config).length === 0 ? undefined : config,
  }
  return done({
    path: `/models/${encodeURIComponent(target.model)}:${request.stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    body: JSON.stringify(body),
    headerLines: '',
    dropped: [...knobs.dropped, ...tools.dropped, ...members.value.dropped],
    jsonTool: jsonTool === undefined ? undefined : jsonTool.name,
    customTools: customToolsOf(request),
    toolNames: names.read.size === 0 ? undefined : names.read,
    model: target.model,
    callsBefore: callsIn(request),
  })
}

const inConfig = 'generationConfig.'

function callsIn({ messages }: ChatRequest): number {
  return messages.reduce((sum, { parts }) => sum + parts.filter(({ type }) => type === 'tool-call').length, 0)
}

function printFormat({ responseFormat }: ChatRequest, { jsonSchema }: GeminiTraits): JsonObject {
  if (responseFormat === undefined || responseFormat.type === 'text') return {}
  const responseMimeType = 'application/json'
  if (responseFormat.type === 'json-object') return { responseMimeType }
  const { schema } = responseFormat
  return jsonSchema
    ? { responseMimeType, responseJsonSchema: schema }
    : { responseMimeType, responseSchema: openApiSchemaOf(schema) }
}

const sampling: readonly Knob[] = ['temperature', 'topP', 'topK', 'frequencyPenalty', 'presencePenalty']
/** Said elsewhere. */
const settled: readonly Knob[] = ['parallelToolCalls']
/** More are refused. */
const stopsMax = 5
const tiers: Readonly<Record<string, string>> = { default: 'standard', flex: 'flex', priority: 'priority' }

interface KnobFacts {
  readonly traits: GeminiTraits
  readonly host: GeminiHost
}

function printKnobs(request: ChatRequest, { model, facts, quirks }: Target, { traits, host }: KnobFacts) {
  const { knobs, dialect } = request
  const config: Record<string, Json> = {}
  const members: Record<string, Json> = {}
  const dropped: Dropped[] = []
  const drop = (knob: Knob) => void dropped.push({ knob })
  for (const name in knobs) {
    const knob = name as Knob
    const value: Json = knobs[knob]
    if (value === undefined || settled.includes(knob)) continue
    if ((sampling.includes(knob) && facts.sampling === false) || quirks.drops?.has(knob) === true) {
      drop(knob)
      continue
    }
    switch (knob) {
      case 'temperature':
      case 'topP':
      case 'topK':
      case 'maxOutputTokens':
      case 'frequencyPenalty':
      case 'presencePenalty':
      case 'seed':
        config[knob] = value
        break
      case 'n':
        if (knobs.n! > 1) config['candidateCount'] = value
        break
      case 'stop':
        config['stopSequences'] = knobs.stop!.slice(0, stopsMax)
        if (knobs.stop!.length > stopsMax) drop(knob)
        break
      case 'logprobs':
        config['responseLogprobs'] = true
        if (knobs.logprobs!.top !== undefined) config['logprobs'] = knobs.logprobs!.top
        break
      case 'reasoning': {
        const thinking = printGeminiThinking(knobs.reasoning!, { model, thinking: traits.thinking })
        if (thinking !== undefined && Object.keys(thinking).length > 0) config['thinkingConfig'] = thinking
        // Not to think is what such a model does anyway.
        if (thinking === undefined && knobs.reasoning!.effort !== 'none') drop(knob)
        break
      }
      case 'modalities':
        config['responseModalities'] = knobs.modalities!.map((modality) => modality.toUpperCase())
        break
      case 'serviceTier': {
        const tier = dialect === 'gemini' ? knobs.serviceTier : tiers[knobs.serviceTier!]
        if (host.serviceTiers && tier !== undefined) members['serviceTier'] = tier
        else if (!isMet(knob, request)) drop(knob)
        break
      }
      default:
        if (!isMet(knob, request)) drop(knob)
    }
  }
  return { config, members, dropped }
}
