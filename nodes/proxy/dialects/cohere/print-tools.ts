// Cohere's tools. A forced tool cannot be named, so it is the only tool that is offered.
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import type { ChatRequest } from '../../../../shared/chat/request.ts'
import type { CustomTool, FunctionTool, ToolChoice } from '../../../../shared/chat/tools.ts'
import { customSchema, functionDescription } from '../common/custom-tools.ts'
import type { NameRules, ToolNames } from '../common/tool-names.ts'
import type { Dropped } from '../dialect.ts'

export const cohereNames: NameRules = {
  forbidden: /[^A-Za-z0-9_]/g,
  start: { wrong: /^[0-9]/, prefix: '_' },
}

export interface PrintedTools {
  readonly members: JsonObject
  readonly dropped: readonly Dropped[]
}

/** Tools keep their order, so that the prompt cache stays warm (wire 87). */
export function printCohereTools(request: ChatRequest, names: ToolNames): PrintedTools {
  const { toolChoice, parameters, legacyFunctions } = request
  const declared = request.tools.filter((tool) => tool.type !== 'hosted')
  const asked = offeredNames(toolChoice)
  const offered = declared.filter(({ name }) => asked === undefined || asked.has(name))
  if (offered.length === 0) return { members: {}, dropped: [] }
  const functions = offered.filter((tool) => tool.type === 'function')
  const strict = functions.filter((tool) => tool.strict === true)
  // Cohere has one `strict` flag for all tools.
  const areStrict = strict.length > 0 && strict.length === offered.length
  const dropped: Dropped[] = []
  if (strict.length > 0 && !areStrict) dropped.push({ member: 'strict' })
  if (parameters.parallelToolCalls === false || legacyFunctions === true)
    dropped.push({ parameter: 'parallelToolCalls' })
  const tools = offered.map((tool) => printTool(tool, names))
  const members = { tools, tool_choice: printChoice(toolChoice), strict_tools: areStrict ? true : undefined }
  return { members, dropped }
}

/** The names of the tools that the choice allows; undefined when it allows all of them. */
function offeredNames(choice: ToolChoice | undefined): ReadonlySet<string> | undefined {
  if (choice?.type === 'tool') return new Set([choice.name])
  return choice?.type === 'allowed' ? new Set(choice.names) : undefined
}

function printTool(tool: FunctionTool | CustomTool, names: ToolNames): Json {
  const given = tool.type === 'custom' ? customSchema : tool.parameters
  const parameters = given !== undefined && Object.keys(given).length > 0 ? given : noParameters
  return {
    type: 'function',
    function: { name: names.write(tool.name), description: functionDescription(tool) || undefined, parameters },
  }
}

const noParameters: JsonObject = { type: 'object', properties: {} }

/** The word for a choice. No word means that the model decides. */
function printChoice(choice: ToolChoice | undefined): string | undefined {
  switch (choice?.type) {
    case 'none':
      return 'NONE'
    case 'required':
    case 'tool':
      return 'REQUIRED'
    case 'allowed':
      return choice.required ? 'REQUIRED' : undefined
    default:
      return undefined
  }
}
