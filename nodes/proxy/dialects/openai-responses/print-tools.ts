// The Responses API: prints tools, tool choice and the format of the answer for an upstream.
import type { Dialect, Json, JsonObject } from '../../../../shared/chat/parts.ts'
import type { ChatRequest } from '../../../../shared/chat/request.ts'
import type { FunctionTool, ResponseFormat, Tool, ToolChoice } from '../../../../shared/chat/tools.ts'
import { customSchema, functionDescription } from '../common/custom-tools.ts'
import type { Quirks } from '../dialect.ts'
import { formatName, functionSchema } from '../openai/limits.ts'
import { fitsStrict } from '../openai/strict-schema.ts'

export function printResponsesTools(request: ChatRequest, { customTools = false }: Quirks): JsonObject {
  const { tools, toolChoice, dialect } = request
  if (tools.length === 0) return {}
  return {
    tools: tools.map((tool) => printTool(tool, dialect, customTools)),
    tool_choice: toolChoice === undefined ? undefined : printChoice(toolChoice, tools, customTools),
  }
}

function printTool(tool: Tool, dialect: Dialect, customTools: boolean): Json {
  if (tool.type === 'hosted') return tool.value
  const { name, description } = tool
  if (tool.type === 'function') return { ...printFunction(tool, dialect), description }
  if (customTools) return { type: 'custom', name, description, format: tool.format }
  return { type: 'function', name, description: functionDescription(tool), parameters: customSchema, strict: false }
}

/** Functions are strict here unless they say otherwise, and nowhere else. Source: OpenAI's guide on moving to Responses. */
function printFunction(tool: FunctionTool, dialect: Dialect): JsonObject {
  const { name, parameters, strict } = tool
  const isStrict = strict === true && !fitsStrict(parameters) ? false : strict
  return {
    type: 'function',
    name,
    parameters: functionSchema(tool) ?? { type: 'object', properties: {} },
    strict: isStrict ?? (dialect === 'openai-responses' ? null : false),
  }
}

function printChoice(choice: ToolChoice, tools: readonly Tool[], customTools: boolean): Json {
  const types = new Map(tools.toReversed().map(({ name, type }) => [name, type]))
  const named = (name: string) => {
    const type = types.get(name)
    if (type === 'hosted') return { type: name }
    return { type: type === 'custom' && customTools ? 'custom' : 'function', name }
  }
  switch (choice.type) {
    case 'tool':
      return named(choice.name)
    case 'allowed':
      return { type: 'allowed_tools', mode: choice.required ? 'required' : 'auto', tools: choice.names.map(named) }
    default:
      return choice.type
  }
}

export function printTextFormat(format: ResponseFormat): Json {
  if (format.type !== 'json-schema') return { type: format.type === 'text' ? 'text' : 'json_object' }
  const { schema, description } = format
  const name = formatName(format.name)
  const strict = format.strict === true && !fitsStrict(schema) ? false : format.strict
  return { type: 'json_schema', name, description, schema, strict }
}
