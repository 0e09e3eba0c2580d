// Anthropic Messages: tools and tool choice.
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import type { CustomTool, FunctionTool, Tool, ToolChoice } from '../../../../shared/chat/tools.ts'
import type { BodyReader } from '../common/body-reader.ts'
import { printCache, readCache } from '../common/cache-control.ts'
import { customSchema, functionDescription } from '../common/custom-tools.ts'
import { topSchema } from '../common/top-schema.ts'
import { fitSchema } from './fit-schema.ts'

export function readAnthropicTools(reader: BodyReader, tools: Json): Tool[] {
  return reader.maybeList(tools, 'tools').map((item, i): Tool => {
    const path = `tools[${i}]`
    const tool = reader.object(item, path)
    const type = reader.maybeText(tool['type'], `${path}.type`)
    if (type !== undefined && type !== 'custom')
      return { type: 'hosted', dialect: 'anthropic', name: type, value: tool }
    return {
      type: 'function',
      name: reader.text(tool['name'], `${path}.name`),
      description: reader.maybeText(tool['description'], `${path}.description`),
      parameters: reader.object(tool['input_schema'], `${path}.input_schema`),
      strict: reader.maybeFlag(tool['strict'], `${path}.strict`),
      cache: readCache(tool['cache_control']),
    }
  })
}

export interface ReadChoice {
  readonly type: ToolChoice | undefined
  /** The wish of the caller for parallel calls; undefined when the caller does not say. */
  readonly parallel: boolean | undefined
}

export function readChoice(reader: BodyReader, value: Json): ReadChoice {
  const choice = reader.maybeObject(value, 'tool_choice')
  if (choice === undefined) return { type: undefined, parallel: undefined }
  const parallel = choice['disable_parallel_tool_use'] === true ? false : undefined
  switch (choice['type']) {
    case 'auto':
    case 'none':
      return { type: { type: choice['type'] }, parallel }
    case 'any':
      return { type: { type: 'required' }, parallel }
    case 'tool':
      return { type: { type: 'tool', name: reader.text(choice['name'], 'tool_choice.name') }, parallel }
    default:
      reader.wrong('tool_choice.type', 'must be auto, any, tool or none')
      return { type: undefined, parallel }
  }
}

// ── to an upstream ───────────────────────────────────────────────────────────────────────────────────────────────────

/** `keepsStrict`: whether the model supports `strict`. */
export function printAnthropicTool(tool: Tool, keepsStrict: boolean): Json {
  if (tool.type === 'hosted') return tool.value
  const { name, cache } = tool
  const description = functionDescription(tool)
  const strict = tool.type === 'function' && keepsStrict ? tool.strict : undefined
  const schema = inputSchema(tool)
  const input_schema = strict === true ? fitSchema(schema) : schema
  return { name, description, input_schema, strict, cache_control: printCache(cache) }
}

function inputSchema(tool: FunctionTool | CustomTool): JsonObject {
  if (tool.type === 'custom') return customSchema
  const { parameters } = tool
  if (parameters === undefined) return { type: 'object', properties: {} }
  return topSchema(parameters)
}

export function printChoice(choice: ToolChoice | undefined, parallel: boolean | undefined): Json {
  // The flag is sent only with choices that allow several calls.
  const single = parallel === false ? { disable_parallel_tool_use: true } : {}
  switch (choice?.type) {
    case undefined:
      return parallel === false ? { type: 'auto', ...single } : undefined
    case 'none':
      return { type: 'none' }
    case 'required':
      return { type: 'any', ...single }
    case 'tool':
      return { type: 'tool', name: choice.name, ...single }
    case 'allowed':
      return { type: choice.required ? 'any' : 'auto', ...single }
    case 'auto':
      return { type: 'auto', ...single }
  }
}
