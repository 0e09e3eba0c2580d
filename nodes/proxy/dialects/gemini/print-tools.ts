// Gemini's tools: prints all functions in one declaration, followed by Google's hosted tools.
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import type { ChatRequest } from '../../../../shared/chat/request.ts'
import type { CustomTool, FunctionTool, Tool, ToolChoice } from '../../../../shared/chat/tools.ts'
import { customSchema, functionDescription } from '../common/custom-tools.ts'
import type { NameRules, ToolNames } from '../common/tool-names.ts'
import type { Dropped } from '../dialect.ts'
import { ExpansionRoom, openApiSchemaOf } from './print-schema.ts'
import type { GeminiTraits } from './traits.ts'

export const geminiNames: NameRules = {
  forbidden: /[^A-Za-z0-9_.:-]/g,
  start: { wrong: /^[^A-Za-z_]/, prefix: '_' },
}

export interface PrintedTools {
  readonly tools: readonly Json[] | undefined
  readonly toolConfig: JsonObject | undefined
  readonly dropped: readonly Dropped[]
}

/** Tools keep their order, so that the prompt cache stays warm (wire 87). */
export function printGeminiTools(request: ChatRequest, traits: GeminiTraits, names: ToolNames): PrintedTools {
  const { toolChoice } = request
  const allowed = toolChoice?.type === 'allowed' ? new Set(toolChoice.names) : undefined
  const offered = request.tools.filter(({ name }) => allowed === undefined || allowed.has(name))
  const declared = offered.filter((tool) => tool.type !== 'hosted')
  const hosted = offered.flatMap((tool) => (tool.type === 'hosted' ? [tool.value] : []))
  const room = new ExpansionRoom()
  const functions = declared.map((tool) => printFunction(tool, { jsonSchema: traits.jsonSchema, names, room }))
  const tools = [...(functions.length === 0 ? [] : [{ functionDeclarations: functions }]), ...hosted]
  return {
    tools: tools.length === 0 ? undefined : tools,
    toolConfig: functions.length === 0 ? undefined : printChoice(toolChoice, names),
    dropped: droppedOf(declared, request),
  }
}

function droppedOf(declared: readonly Tool[], { parameters, legacyFunctions }: ChatRequest): Dropped[] {
  const dropped: Dropped[] = []
  if (declared.some((tool) => tool.type === 'function' && tool.strict === true)) dropped.push({ member: 'strict' })
  const isSingle = parameters.parallelToolCalls === false || legacyFunctions === true
  if (isSingle && declared.length > 0) dropped.push({ parameter: 'parallelToolCalls' })
  return dropped
}

interface FunctionPrinting {
  readonly jsonSchema: boolean
  readonly names: ToolNames
  readonly room: ExpansionRoom
}

function printFunction(tool: FunctionTool | CustomTool, { jsonSchema, names, room }: FunctionPrinting): JsonObject {
  const description = functionDescription(tool)
  const parameters = tool.type === 'custom' ? customSchema : tool.parameters
  const name = names.write(tool.name)
  // Gemini refuses an object schema without properties, but accepts a function without parameters.
  const given = parameters !== undefined && Object.keys(parameters).length > 0 ? parameters : undefined
  if (given === undefined) return { name, description }
  if (jsonSchema) return { name, description, parametersJsonSchema: given }
  const schema = openApiSchemaOf(given, room)
  return schema['properties'] === undefined ? { name, description } : { name, description, parameters: schema }
}

function printChoice(choice: ToolChoice | undefined, names: ToolNames): JsonObject | undefined {
  switch (choice?.type) {
    case undefined:
      return undefined
    case 'auto':
      return calling({ mode: 'AUTO' })
    case 'none':
      return calling({ mode: 'NONE' })
    case 'required':
      return calling({ mode: 'ANY' })
    case 'tool':
      return calling({ mode: 'ANY', allowedFunctionNames: [names.write(choice.name)] })
    case 'allowed':
      return calling({ mode: choice.required ? 'ANY' : 'AUTO' })
  }
}

function calling(functionCallingConfig: JsonObject): JsonObject {
  return { functionCallingConfig }
}
