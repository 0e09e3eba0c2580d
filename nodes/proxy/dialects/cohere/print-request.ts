// Version 2 of Cohere's chat: prints the request for an upstream.
import type { Capability, MissingCapability } from '../../../../shared/chat/capabilities.ts'
import { budgetOf } from '../../../../shared/chat/effort.ts'
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
  printParameters,
  printWithin,
} from '../common/print-parameters.ts'
import { printedTools, ToolNames } from '../common/tool-names.ts'
import type { Dropped, PrintedRequest, TargetTraits } from '../dialect.ts'
import { printCohereMessages } from './print-content.ts'
import { cohereNames, printCohereTools } from './print-tools.ts'

export const cohereCan: ReadonlySet<Capability> = new Set<Capability>([
  ...(['tools', 'custom tools', 'forced tool choice', 'images', 'structured output'] as const),
])

/** The API names no rules; ids must still be told apart. */
const cohereCallIds: CallIdRules = { charactersMax: 256 }

/** Cohere's own members, which no other dialect has: a caller who sends them means Cohere. */
const ownMembers: ReadonlySet<string> = new Set(['documents', 'citation_options', 'safety_mode', 'priority'])

export function printCohereRequest(
  asked: ChatRequest,
  target: TargetTraits,
): Result<PrintedRequest, MissingCapability> {
  // Cohere does not support structured output together with tools.
  const jsonTool = asked.tools.length > 0 && needsJsonTool(asked) ? withJsonTool(asked) : undefined
  if (jsonTool !== undefined && !isObjectFormat(asked.responseFormat)) return fail(otherThanObject)
  const request = withFittingCallIds(jsonTool?.request ?? asked, cohereCallIds)
  const members = foreignMembers(request, 'cohere')
  if (!members.ok) return members
  const names = new ToolNames(cohereNames)
  // Tools are printed first, so that they keep their names when names of earlier calls collide with theirs.
  const tools = printCohereTools(request, names)
  const parameters: Record<string, Json> = {}
  const dropped = printParameters({ request, target, members: parameters }, rules)
  const body = {
    model: target.model,
    messages: printCohereMessages(request.messages, names),
    ...tools.members,
    response_format: printFormat(request),
    ...parameters,
    ...ownMembersOf(request),
    stream: request.stream,
  }
  return done({
    path: '/chat',
    body: JSON.stringify(body),
    headerLines: '',
    dropped: [
      ...dropped,
      ...droppedMarkers(request),
      ...droppedGrammars(request.tools),
      ...tools.dropped,
      ...members.value.dropped.filter((one) => !isOwn(one)),
    ],
    model: target.model,
    ...printedTools(request, names, jsonTool?.name),
  })
}

function ownMembersOf({ extras }: ChatRequest): JsonObject {
  return Object.fromEntries(Object.entries(extras).filter(([name]) => ownMembers.has(name)))
}

function isOwn(dropped: Dropped): boolean {
  return 'member' in dropped && ownMembers.has(dropped.member)
}

function printFormat({ responseFormat }: ChatRequest): JsonObject | undefined {
  if (responseFormat === undefined || responseFormat.type === 'text') return undefined
  const type = 'json_object'
  return responseFormat.type === 'json-schema' ? { type, json_schema: responseFormat.schema } : { type }
}

const sampling: readonly Parameter[] = ['temperature', 'topP', 'topK', 'frequencyPenalty', 'presencePenalty']
/** Parameters that other members of the body express, or that hold without being sent. */
const settled: readonly Parameter[] = ['n', 'parallelToolCalls']
/** The API refuses requests with more stop sequences. */
const stopsMax = 5

const rules: ParameterRules<ParameterPrinting> = {
  isSettled: (parameter) => settled.includes(parameter),
  isRefused: (parameter, { target }) => sampling.includes(parameter) && target.facts.sampling === false,
  printers: {
    temperature: printWithin(0, Number.MAX_VALUE, 'temperature'),
    seed: printWithin(0, Number.MAX_SAFE_INTEGER, 'seed'),
    topP: printWithin(0.01, 0.99, 'p'),
    topK: printWithin(0, 500, 'k'),
    frequencyPenalty: printWithin(0, 1, 'frequency_penalty'),
    presencePenalty: printWithin(0, 1, 'presence_penalty'),
    maxOutputTokens: printAs('max_tokens'),
    stop: printFirstStops(stopsMax, 'stop_sequences'),
    reasoning: printReasoning,
  },
}

function printReasoning(wish: ReasoningWish, { target, members }: ParameterPrinting): PrintOutcome {
  // A model that cannot think does without thinking anyway.
  if (target.facts.reasoning === 'none') return wish.effort === 'none' ? 'printed' : 'dropped'
  members['thinking'] = printThinking(wish)
  return 'printed'
}

/** Cohere takes a token budget; without one the model decides (wire 84). */
function printThinking(wish: ReasoningWish): JsonObject {
  const budget = budgetOf(wish)
  return budget === 0 ? { type: 'disabled' } : { type: 'enabled', token_budget: budget }
}
