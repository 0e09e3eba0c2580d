// Cohere's chat, the second version of its API: the request, as an upstream is given it.
import type { Capability, MissingCapability } from '../../../../shared/chat/capabilities.ts'
import { budgetOf } from '../../../../shared/chat/effort.ts'
import { needsJsonTool, withJsonTool } from '../../../../shared/chat/json-tool.ts'
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import type { ChatRequest, Parameter, ReasoningWish } from '../../../../shared/chat/request.ts'
import { done, type Result } from '../../../../shared/result.ts'
import { customToolsOf } from '../anthropic/print-request.ts'
import { foreignMembers } from '../common/foreign-members.ts'
import { isMet } from '../common/met-parameters.ts'
import { ToolNames } from '../common/tool-names.ts'
import type { Dropped, PrintedRequest, TargetTraits } from '../dialect.ts'
import { printCohereMessages } from './print-content.ts'
import { cohereNames, printCohereTools } from './print-tools.ts'

export const cohereCan: ReadonlySet<Capability> = new Set<Capability>([
  ...(['tools', 'custom tools', 'forced tool choice', 'images', 'structured output'] as const),
])

/** Cohere's own members, for which no other dialect has a name: whoever writes them means them. */
const ownMembers: ReadonlySet<string> = new Set(['documents', 'citation_options', 'safety_mode', 'priority'])

export function printCohereRequest(
  asked: ChatRequest,
  target: TargetTraits,
): Result<PrintedRequest, MissingCapability> {
  // An answer of a certain form is not to be had beside tools.
  const jsonTool = asked.tools.length > 0 && needsJsonTool(asked) ? withJsonTool(asked) : undefined
  const request = jsonTool?.request ?? asked
  const members = foreignMembers(request, 'cohere')
  if (!members.ok) return members
  const names = new ToolNames(cohereNames)
  // The tools first: they keep their names before calls from long ago get theirs.
  const tools = printCohereTools(request, names)
  const parameters = printParameters(request, target)
  const own = Object.entries(request.extras).filter(([name]) => ownMembers.has(name))
  const body = {
    model: target.model,
    messages: printCohereMessages(request.messages, names),
    ...tools.members,
    response_format: printFormat(request),
    ...parameters.members,
    ...Object.fromEntries(own),
    stream: request.stream,
  }
  const foreign = members.value.dropped.filter((one) => !('member' in one && ownMembers.has(one.member)))
  return done({
    path: '/chat',
    body: JSON.stringify(body),
    headerLines: '',
    dropped: [...parameters.dropped, ...tools.dropped, ...foreign],
    jsonTool: jsonTool === undefined ? undefined : names.write(jsonTool.name),
    customTools: customToolsOf(request),
    toolNames: names.read.size === 0 ? undefined : names.read,
    model: target.model,
  })
}

function printFormat({ responseFormat }: ChatRequest): JsonObject | undefined {
  if (responseFormat === undefined || responseFormat.type === 'text') return undefined
  const type = 'json_object'
  return responseFormat.type === 'json-schema' ? { type, json_schema: responseFormat.schema } : { type }
}

/** What a number may be; beyond it the API refuses the request, so the nearest is sent, and told. */
interface Bounded {
  readonly name: string
  readonly min: number
  readonly max: number
}

const bounded: Readonly<Partial<Record<Parameter, Bounded>>> = {
  topP: { name: 'p', min: 0.01, max: 0.99 },
  topK: { name: 'k', min: 0, max: 500 },
  frequencyPenalty: { name: 'frequency_penalty', min: 0, max: 1 },
  presencePenalty: { name: 'presence_penalty', min: 0, max: 1 },
}

const sampling: readonly Parameter[] = ['temperature', 'topP', 'topK', 'frequencyPenalty', 'presencePenalty']
/** Said elsewhere, or true by itself. */
const settled: readonly Parameter[] = ['n', 'parallelToolCalls']
/** More are refused. */
const stopsMax = 5

function printParameters(request: ChatRequest, { facts, quirks }: TargetTraits) {
  const { parameters } = request
  const members: Record<string, Json> = {}
  const dropped: Dropped[] = []
  const drop = (parameter: Parameter) => void dropped.push({ parameter })
  for (const [parameter, value] of Object.entries(parameters) as [Parameter, Json][]) {
    if (value === undefined || settled.includes(parameter)) continue
    if ((sampling.includes(parameter) && facts.sampling === false) || quirks.drops?.has(parameter) === true) {
      drop(parameter)
      continue
    }
    switch (parameter) {
      case 'temperature':
      case 'seed':
        members[parameter] = value
        break
      case 'topP':
      case 'topK':
      case 'frequencyPenalty':
      case 'presencePenalty': {
        const { name, min, max } = bounded[parameter]!
        const nearest = Math.min(max, Math.max(min, parameters[parameter]!))
        members[name] = nearest
        if (nearest !== value) drop(parameter)
        break
      }
      case 'maxOutputTokens':
        members['max_tokens'] = value
        break
      case 'stop':
        members['stop_sequences'] = parameters.stop!.slice(0, stopsMax)
        if (parameters.stop!.length > stopsMax) drop(parameter)
        break
      case 'reasoning':
        if (facts.reasoning === 'none') {
          // Not to think is what such a model does anyway.
          if (parameters.reasoning!.effort !== 'none') drop(parameter)
        } else members['thinking'] = printThinking(parameters.reasoning!)
        break
      default:
        if (!isMet(parameter, request)) drop(parameter)
    }
  }
  return { members, dropped }
}

/** In tokens; without a number the model decides (wire 84). */
function printThinking(wish: ReasoningWish): JsonObject {
  const budget = budgetOf(wish)
  return budget === 0 ? { type: 'disabled' } : { type: 'enabled', token_budget: budget }
}
