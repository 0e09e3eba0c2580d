// Bedrock Converse: prints the request for an upstream.
import type { Capability, MissingCapability } from '../../../../shared/chat/capabilities.ts'
import { isObjectFormat, needsJsonTool, otherThanObject, withJsonTool } from '../../../../shared/chat/json-tool.ts'
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import type { ChatRequest, Parameter } from '../../../../shared/chat/request.ts'
import { done, fail, type Result } from '../../../../shared/result.ts'
import { betasFor } from '../anthropic/betas.ts'
import { fitSchema } from '../anthropic/fit-schema.ts'
import { takesPrefill } from '../anthropic/prefill.ts'
import { hasStructuredOutput, takesFormat } from '../anthropic/structured-output.ts'
import { printThinking, type Thinking } from '../anthropic/thinking.ts'
import { withFewMarkers } from '../common/cache-control.ts'
import { type CallIdRules, withFittingCallIds } from '../common/call-ids.ts'
import { droppedGrammars } from '../common/custom-tools.ts'
import { foreignMembers } from '../common/foreign-members.ts'
import {
  type ParameterPrinting,
  type ParameterRules,
  type PrintOutcome,
  printParameters,
  printVisibleStops,
  printWholeWithin,
  printWithin,
} from '../common/print-parameters.ts'
import { printedTools, ToolNames } from '../common/tool-names.ts'
import type { Dropped, PrintedRequest, TargetTraits } from '../dialect.ts'
import { CachePoints } from './cache-points.ts'
import { DocumentNames } from './document-names.ts'
import { canForce, fittingChoice, isForced } from './forced-choice.ts'
import { type BedrockMessage, printBedrockConversation } from './print-content.ts'
import { bedrockNames, printToolConfig } from './print-tools.ts'

export const bedrockCan: ReadonlySet<Capability> = new Set<Capability>([
  ...(['tools', 'custom tools', 'forced tool choice', 'images', 'video', 'files', 'structured output'] as const),
])

const bedrockCallIds: CallIdRules = { forbidden: /[^a-zA-Z0-9_-]/g, charactersMax: 64 }

/** `maxTokens` for models without known facts; every model on Bedrock accepts it. */
const outputTokensDefault = 4_096

export function printBedrockRequest(
  whole: ChatRequest,
  target: TargetTraits,
): Result<PrintedRequest, MissingCapability> {
  const { request: asked, dropped: markers } = withFewMarkers(whole)
  const isNative = hasBedrockFormat(target)
  const hasFormat = isNative && takesFormat(asked)
  const jsonTool = !hasFormat && needsJsonTool(asked) ? withJsonTool(asked) : undefined
  if (jsonTool !== undefined && !isObjectFormat(asked.responseFormat)) return fail(otherThanObject)
  const fitting = withFittingCallIds(jsonTool?.request ?? asked, bedrockCallIds)
  const request = { ...fitting, toolChoice: fittingChoice(fitting.toolChoice, target.model) }
  if (isForced(request.toolChoice) && request.tools.length > 0 && !canForce(target.model))
    return fail({ capability: 'forced tool choice', what: jsonTool === undefined ? 'tool_choice' : 'response_format' })
  const names = new ToolNames(bedrockNames)
  const cachePoints = new CachePoints(target.model)
  // Tools are printed first, so that they keep their names when names of earlier calls collide with theirs.
  const toolConfig = printToolConfig(request, { names, cachePoints, keepsStrict: isNative })
  const conversation = printBedrockConversation(request.messages, {
    names,
    documents: new DocumentNames(),
    cachePoints,
    imagesInResults: takesImages(target.model),
    takesPrefill: continuesAnswers(target.model),
  })
  if (!conversation.ok) return conversation
  const members = foreignMembers(request, 'bedrock')
  if (!members.ok) return members
  const { system, messages } = conversation.value
  const thinking = thinkingFor(request, target, messages)
  const { printing, dropped } = printOwnParameters(request, target, thinking)
  const body = {
    messages,
    system: system.length === 0 ? undefined : system,
    inferenceConfig: filled(printing.members),
    toolConfig,
    outputConfig: hasFormat ? printOutputConfig(request) : undefined,
    additionalModelRequestFields: filled(printing.additional),
    ...printing.body,
  }
  return done({
    path: `/model/${encodeURIComponent(target.model)}/${request.stream ? 'converse-stream' : 'converse'}`,
    body: JSON.stringify(body),
    headerLines: '',
    dropped: [
      ...dropped,
      ...markers,
      ...cachePoints.dropped,
      ...droppedStrict(request, isNative),
      ...droppedGrammars(request.tools),
      ...members.value.dropped,
    ],
    model: target.model,
    ...printedTools(request, names, jsonTool?.name),
  })
}

/** Models without structured output: `structured-output` in Bedrock's user guide does not list them. */
const withoutFormat = /\b(nova|llama|titan|jamba|command)/

function hasBedrockFormat(target: TargetTraits): boolean {
  return !withoutFormat.test(target.model) && hasStructuredOutput(target)
}

/** The schema is a text there. */
function printOutputConfig({ responseFormat: format }: ChatRequest): JsonObject | undefined {
  if (format?.type !== 'json-schema') return undefined
  const name = format.name.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 64)
  const jsonSchema = { schema: JSON.stringify(fitSchema(format.schema)), name, description: format.description }
  return { textFormat: { type: 'json_schema', structure: { jsonSchema } } }
}

function droppedStrict({ tools }: ChatRequest, keepsStrict: boolean): Dropped[] {
  const isStrict = tools.some((tool) => tool.type === 'function' && tool.strict === true)
  return isStrict && !keepsStrict ? [{ member: 'strict' }] : []
}

function thinkingFor(request: ChatRequest, { model, facts }: TargetTraits, messages: readonly BedrockMessage[]) {
  if (!isClaude(model)) return undefined
  return printThinking(request, {
    model,
    facts,
    outputTokensDefault,
    unsignedLoop: unsignedLoop(messages),
    isBegun: messages.at(-1)?.role === 'assistant',
  })
}

function isClaude(model: string): boolean {
  return /claude|anthropic\./.test(model)
}

/** Llama and others want the last turn to be the user's ("requires the last turn in the conversation to be a user message"). */
function continuesAnswers(model: string): boolean {
  return isClaude(model) ? takesPrefill(model) : /nova/.test(model)
}

function takesImages(model: string): boolean {
  return isClaude(model) || /nova/.test(model)
}

/** Whether the last assistant turn calls tools without signed reasoning at its start: thinking must stay off then. */
function unsignedLoop(messages: readonly BedrockMessage[]): boolean {
  const last = messages.findLast(({ role }) => role === 'assistant')
  return last?.content.some((block) => 'toolUse' in block) === true && !('reasoningContent' in (last.content[0] ?? {}))
}

const sampling: readonly Parameter[] = ['temperature', 'topP', 'topK']
/** Parameters that other members of the body express, or that hold without being sent. */
const settled: readonly Parameter[] = ['maxOutputTokens', 'n']

const tiers: readonly string[] = ['default', 'flex', 'priority', 'reserved']

/** `members` become `inferenceConfig`. */
interface Printing extends ParameterPrinting {
  readonly isClaude: boolean
  readonly thinking: Thinking | undefined
  /** Becomes `additionalModelRequestFields`. */
  readonly additional: Record<string, Json>
  /** Members of the body itself. */
  readonly body: Record<string, Json>
}

const rules: ParameterRules<Printing> = {
  isSettled: (parameter) => settled.includes(parameter),
  isRefused: (parameter, { target, thinking }) =>
    sampling.includes(parameter) && (target.facts.sampling === false || thinking?.on === true),
  printers: {
    temperature: printWithin(0, 1, 'temperature'),
    topP: printTopP,
    topK: printTopK,
    stop: printVisibleStops('stopSequences'),
    reasoning: (_, { thinking }) => (thinking === undefined || thinking.dropped ? 'dropped' : 'printed'),
    metadata: printMetadata,
    serviceTier: printTier,
    parallelToolCalls: (isParallel) => (isParallel ? 'printed' : 'dropped'),
  },
}

function printTopP(value: number, printing: Printing): PrintOutcome {
  const { request, isClaude } = printing
  // Newer Claude models refuse requests with both a temperature and topP.
  if (isClaude && request.parameters.temperature !== undefined) return 'dropped'
  return printWithin(0, 1, 'topP')(value, printing)
}

function printTopK(value: number, { isClaude, additional, ...printing }: Printing): PrintOutcome {
  if (!isClaude || value < 1) return 'dropped'
  return printWholeWithin(0, Number.MAX_SAFE_INTEGER, 'top_k')(value, { ...printing, members: additional })
}

function printMetadata(value: Json, { body }: Printing): PrintOutcome {
  const metadata = requestMetadata(value)
  if (metadata === undefined) return 'dropped'
  body['requestMetadata'] = metadata
  return 'printed'
}

function printTier(tier: string, { body }: Printing): PrintOutcome {
  if (!tiers.includes(tier)) return tier === 'auto' ? 'printed' : 'dropped'
  body['serviceTier'] = { type: tier }
  return 'printed'
}

function printOwnParameters(request: ChatRequest, target: TargetTraits, thinking: Thinking | undefined) {
  const forClaude = isClaude(target.model)
  const betas = forClaude ? betasFor(request.betas ?? [], 'bedrock') : undefined
  const printing: Printing = {
    request,
    target,
    thinking,
    isClaude: forClaude,
    members: { maxTokens: thinking?.maxTokens ?? request.parameters.maxOutputTokens },
    additional: { thinking: thinking?.member, output_config: thinking?.config, anthropic_beta: betas?.kept },
    body: {},
  }
  const dropped = printParameters(printing, rules)
  return { printing, dropped: [...(betas?.dropped ?? []), ...dropped] }
}

/** Bedrock takes up to 16 short texts. Metadata that does not fit is left out as a whole, since a part of it would
 *  mislead (wire 68). */
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
