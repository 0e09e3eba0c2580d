// Gemini's generateContent: prints the request for an upstream.
import type { Capability, MissingCapability } from '../../../../shared/chat/capabilities.ts'
import { isObjectFormat, needsJsonTool, otherThanObject, withJsonTool } from '../../../../shared/chat/json-tool.ts'
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import type { ChatRequest, Parameter, ReasoningWish } from '../../../../shared/chat/request.ts'
import { done, fail, type Result } from '../../../../shared/result.ts'
import { droppedMarkers } from '../common/cache-control.ts'
import { type CallIdRules, withFittingCallIds } from '../common/call-ids.ts'
import { droppedGrammars } from '../common/custom-tools.ts'
import { foreignMembers } from '../common/foreign-members.ts'
import {
  type ParameterPrinting,
  type ParameterRules,
  type PrintOutcome,
  printAs,
  printFirstStops,
  printIfMet,
  printParameters,
  printTopK,
  printWithin,
} from '../common/print-parameters.ts'
import { printedTools, ToolNames } from '../common/tool-names.ts'
import type { PrintedRequest, TargetTraits } from '../dialect.ts'
import { printGeminiConversation } from './print-content.ts'
import { openApiSchemaOf } from './print-schema.ts'
import { geminiNames, printGeminiTools } from './print-tools.ts'
import { printGeminiThinking } from './thinking.ts'
import { type GeminiTraits, geminiTraits } from './traits.ts'

export const geminiCan: ReadonlySet<Capability> = new Set<Capability>([
  ...(['tools', 'custom tools', 'hosted tools', 'forced tool choice', 'images', 'audio', 'video', 'files'] as const),
  ...(['structured output', 'several choices', 'image output'] as const),
])

/** The differences between the two hosts of Gemini. */
export interface GeminiHost {
  /** Whether the host accepts `serviceTier` in the body. */
  readonly serviceTiers: boolean
  /** Whether the host accepts ids in calls and results. Without them both are matched by order. */
  readonly callIds: boolean
}

/** The API names no rules; ids must still be told apart. */
const geminiCallIds: CallIdRules = { charactersMax: 256 }

export function printGeminiRequest(
  asked: ChatRequest,
  target: TargetTraits,
  host: GeminiHost,
): Result<PrintedRequest, MissingCapability> {
  const traits = geminiTraits(target.model, target.facts)
  const besideTools = asked.tools.length > 0 && !traits.jsonBesideTools
  const jsonTool = besideTools && needsJsonTool(asked) ? withJsonTool(asked) : undefined
  if (jsonTool !== undefined && !isObjectFormat(asked.responseFormat)) return fail(otherThanObject)
  const request = withFittingCallIds(jsonTool?.request ?? asked, geminiCallIds)
  const members = foreignMembers(request, 'gemini')
  if (!members.ok) return members
  const names = new ToolNames(geminiNames)
  // Tools are printed first, so that they keep their names when names of earlier calls collide with theirs.
  const tools = printGeminiTools(request, traits, names)
  const conversation = printGeminiConversation(request.messages, { names, traits, host })
  const printing = { request, target, traits, host, members: {}, body: {} }
  const dropped = printParameters<Printing>(printing, rules)
  const own = splitMembers(members.value.kept)
  const config = { ...printing.members, ...printFormat(request, traits), ...own.config }
  const body = {
    contents: conversation.contents,
    systemInstruction: conversation.systemInstruction,
    tools: tools.tools,
    toolConfig: tools.toolConfig,
    ...printing.body,
    ...own.body,
    generationConfig: Object.keys(config).length === 0 ? undefined : config,
  }
  return done({
    path: pathOf(request, target.model),
    body: JSON.stringify(body),
    headerLines: '',
    dropped: [
      ...dropped,
      ...droppedMarkers(request),
      ...droppedGrammars(request.tools),
      ...tools.dropped,
      ...members.value.dropped,
    ],
    model: target.model,
    callsBefore: callsIn(request),
    keepsMembers: request.dialect === 'gemini',
    ...printedTools(request, names, jsonTool?.name),
  })
}

function pathOf({ stream }: ChatRequest, model: string): string {
  return `/models/${encodeURIComponent(model)}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`
}

const inConfig = 'generationConfig.'

/** Splits members without a neutral name into those of the body and those of `generationConfig`. */
function splitMembers(kept: Readonly<Record<string, Json>>): {
  readonly body: JsonObject
  readonly config: JsonObject
} {
  const entries = Object.entries(kept)
  const inside = entries.filter(([name]) => name.startsWith(inConfig))
  return {
    body: Object.fromEntries(entries.filter(([name]) => !name.startsWith(inConfig))),
    config: Object.fromEntries(inside.map(([name, value]) => [name.slice(inConfig.length), value])),
  }
}

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
/** The API refuses requests with more stop sequences. */
const stopsMax = 5
/** The same of more candidates, and of more alternatives to a token. */
const candidatesMax = 8
const logprobsMax = 20
const tiers: Readonly<Record<string, string>> = { default: 'standard', flex: 'flex', priority: 'priority' }

/** `members` become `generationConfig`. */
interface Printing extends ParameterPrinting {
  readonly traits: GeminiTraits
  readonly host: GeminiHost
  /** Members of the body itself. */
  readonly body: Record<string, Json>
}

const rules: ParameterRules<Printing> = {
  // `printGeminiTools` reports it as dropped.
  isSettled: (parameter) => parameter === 'parallelToolCalls',
  isRefused: (parameter, { target }) => sampling.includes(parameter) && target.facts.sampling === false,
  printers: {
    temperature: printWithin(0, 2, 'temperature'),
    topP: printWithin(0, 1, 'topP'),
    topK: printTopK('topK'),
    maxOutputTokens: printAs('maxOutputTokens'),
    frequencyPenalty: printPenalty('frequencyPenalty'),
    presencePenalty: printPenalty('presencePenalty'),
    seed: printSeed,
    n: printCount,
    stop: printFirstStops(stopsMax, 'stopSequences'),
    logprobs: printLogprobs,
    reasoning: printThinking,
    modalities: printModalities,
    serviceTier: printTier,
  },
}

/** Models from 2.5 on refuse penalties: "Penalty is not enabled for this model". None is what they have anyway. */
function printPenalty(name: string) {
  return (value: number, printing: Printing): PrintOutcome => {
    if (printing.traits.penalties) return printWithin(-2, 2, name)(value, printing)
    return value === 0 ? 'printed' : 'dropped'
  }
}

/** The API takes 32 bits. A seed that is cut would be another one. */
function printSeed(seed: number, { members }: Printing): PrintOutcome {
  if ((seed | 0) !== seed) return 'dropped'
  members['seed'] = seed
  return 'printed'
}

function printCount(n: number, printing: Printing): PrintOutcome {
  return n > 1 ? printWithin(1, candidatesMax, 'candidateCount')(n, printing) : 'printed'
}

function printLogprobs({ top }: { readonly top?: number | undefined }, printing: Printing): PrintOutcome {
  printing.members['responseLogprobs'] = true
  return top === undefined ? 'printed' : printWithin(0, logprobsMax, 'logprobs')(top, printing)
}

function printThinking(wish: ReasoningWish, { target, traits, members }: Printing): PrintOutcome {
  const thinking = printGeminiThinking(wish, { model: target.model, thinking: traits.thinking })
  // A model that cannot think does without thinking anyway.
  if (thinking === undefined) return wish.effort === 'none' ? 'printed' : 'dropped'
  if (Object.keys(thinking.config).length > 0) members['thinkingConfig'] = thinking.config
  return thinking.isNarrowed ? 'dropped' : 'printed'
}

function printModalities(modalities: readonly string[], { members }: Printing): PrintOutcome {
  members['responseModalities'] = modalities.map((modality) => modality.toUpperCase())
  return 'printed'
}

function printTier(value: string, printing: Printing): PrintOutcome {
  const tier = printing.request.dialect === 'gemini' ? value : tiers[value]
  if (!printing.host.serviceTiers || tier === undefined) return printIfMet('serviceTier', printing)
  printing.body['serviceTier'] = tier
  return 'printed'
}
