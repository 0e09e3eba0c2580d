// Gemini's generateContent: the request, as an upstream is given it.
import type { Capability, MissingCapability } from '../../../../shared/chat/capabilities.ts'
import { needsJsonTool, withJsonTool } from '../../../../shared/chat/json-tool.ts'
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import type { ChatRequest, Parameter } from '../../../../shared/chat/request.ts'
import { done, type Result } from '../../../../shared/result.ts'
import { customToolsOf } from '../anthropic/print-request.ts'
import { foreignMembers } from '../common/foreign-members.ts'
import { isMet } from '../common/met-parameters.ts'
import { ToolNames } from '../common/tool-names.ts'
import type { Dropped, PrintedRequest, TargetTraits } from '../dialect.ts'
import { printGeminiConversation } from './print-content.ts'
import { openApiSchemaOf } from './print-schema.ts'
import { geminiNames, printGeminiTools } from './print-tools.ts'
import { printGeminiThinking } from './thinking.ts'
import { type GeminiTraits, geminiTraits } from './traits.ts'

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
  target: TargetTraits,
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
  const parameters = printParameters(request, target, { traits, host })
  const kept = Object.entries(members.value.kept)
  const configs = kept.flatMap(([name, value]) =>
    name.startsWith(inConfig) ? [[name.slice(inConfig.length), value]] : [],
  )
  const config = { ...parameters.config, ...printFormat(request, traits), ...Object.fromEntries(configs) }
  const body = {
    contents: conversation.contents,
    systemInstruction: conversation.systemInstruction,
    tools: tools.tools,
    toolConfig: tools.toolConfig,
    ...parameters.members,
    ...Object.fromEntries(kept.filter(([name]) => !name.startsWith(inConfig))),
    generationConfig: Object.keys(config).length === 0 ? undefined : config,
  }
  return done({
    path: `/models/${encodeURIComponent(target.model)}:${request.stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    body: JSON.stringify(body),
    headerLines: '',
    dropped: [...parameters.dropped, ...tools.dropped, ...members.value.dropped],
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

const sampling: readonly Parameter[] = ['temperature', 'topP', 'topK', 'frequencyPenalty', 'presencePenalty']
/** Said elsewhere. */
const settled: readonly Parameter[] = ['parallelToolCalls']
/** More are refused. */
const stopsMax = 5
const tiers: Readonly<Record<string, string>> = { default: 'standard', flex: 'flex', priority: 'priority' }

interface ParameterFacts {
  readonly traits: GeminiTraits
  readonly host: GeminiHost
}

function printParameters(
  request: ChatRequest,
  { model, facts, quirks }: TargetTraits,
  { traits, host }: ParameterFacts,
) {
  const { parameters, dialect } = request
  const config: Record<string, Json> = {}
  const members: Record<string, Json> = {}
  const dropped: Dropped[] = []
  const drop = (parameter: Parameter) => void dropped.push({ parameter })
  for (const name in parameters) {
    const parameter = name as Parameter
    const value: Json = parameters[parameter]
    if (value === undefined || settled.includes(parameter)) continue
    if ((sampling.includes(parameter) && facts.sampling === false) || quirks.drops?.has(parameter) === true) {
      drop(parameter)
      continue
    }
    switch (parameter) {
      case 'temperature':
      case 'topP':
      case 'topK':
      case 'maxOutputTokens':
      case 'frequencyPenalty':
      case 'presencePenalty':
      case 'seed':
        config[parameter] = value
        break
      case 'n':
        if (parameters.n! > 1) config['candidateCount'] = value
        break
      case 'stop':
        config['stopSequences'] = parameters.stop!.slice(0, stopsMax)
        if (parameters.stop!.length > stopsMax) drop(parameter)
        break
      case 'logprobs':
        config['responseLogprobs'] = true
        if (parameters.logprobs!.top !== undefined) config['logprobs'] = parameters.logprobs!.top
        break
      case 'reasoning': {
        const thinking = printGeminiThinking(parameters.reasoning!, { model, thinking: traits.thinking })
        if (thinking !== undefined && Object.keys(thinking).length > 0) config['thinkingConfig'] = thinking
        // Not to think is what such a model does anyway.
        if (thinking === undefined && parameters.reasoning!.effort !== 'none') drop(parameter)
        break
      }
      case 'modalities':
        config['responseModalities'] = parameters.modalities!.map((modality) => modality.toUpperCase())
        break
      case 'serviceTier': {
        const tier = dialect === 'gemini' ? parameters.serviceTier : tiers[parameters.serviceTier!]
        if (host.serviceTiers && tier !== undefined) members['serviceTier'] = tier
        else if (!isMet(parameter, request)) drop(parameter)
        break
      }
      default:
        if (!isMet(parameter, request)) drop(parameter)
    }
  }
  return { config, members, dropped }
}
