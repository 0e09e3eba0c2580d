// Tools, tool choice and response formats of OpenAI: nested in chat completions, flat in the Responses API.
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import type { ChatRequest } from '../../../../shared/chat/request.ts'
import type { CustomTool, FunctionTool, ResponseFormat, Tool, ToolChoice } from '../../../../shared/chat/tools.ts'
import { absent, type BodyReader, isObject } from '../common/body-reader.ts'
import { printCache, readCache } from '../common/cache-control.ts'
import { customSchema, flatFormat, functionDescription, nestedFormat } from '../common/custom-tools.ts'
import type { Quirks } from '../dialect.ts'
import { formatName, functionSchema } from './limits.ts'
import { fitsStrict } from './strict-schema.ts'

export type Nesting = 'nested' | 'flat'

export function readTools(reader: BodyReader, tools: Json, nesting: Nesting): Tool[] {
  return lastOfEach(reader.maybeList(tools, 'tools').map((tool, i) => readTool(reader, tool, `tools[${i}]`, nesting)))
}

/** A tool that is told again is the newer one, in its old place: Anthropic and Google refuse two of one name. */
export function lastOfEach(tools: readonly Tool[]): Tool[] {
  const byName = new Map<string, Tool>()
  for (const tool of tools) byName.set(tool.type === 'hosted' ? JSON.stringify(tool.value) : tool.name, tool)
  return [...byName.values()]
}

export function readTool(reader: BodyReader, value: Json, path: string, nesting: Nesting): Tool {
  const tool = reader.object(value, path)
  const type = reader.text(tool['type'], `${path}.type`)
  const cache = readCache(tool['cache_control'])
  if (type === 'function') {
    const at = nesting === 'nested' ? `${path}.function` : path
    return { ...readFunction(reader, nesting === 'nested' ? tool['function'] : tool, at), cache }
  }
  if (type === 'custom') {
    const at = nesting === 'nested' ? `${path}.custom` : path
    return { ...readCustom(reader, nesting === 'nested' ? tool['custom'] : tool, at), cache }
  }
  const dialect = nesting === 'nested' ? 'openai-chat' : 'openai-responses'
  return { type: 'hosted', dialect, name: type, value: tool }
}

function readFunction(reader: BodyReader, value: Json, path: string): FunctionTool {
  const described = reader.object(value, path)
  return {
    type: 'function',
    name: reader.text(described['name'], `${path}.name`),
    description: reader.maybeText(described['description'], `${path}.description`),
    parameters: reader.maybeObject(described['parameters'], `${path}.parameters`),
    strict: reader.maybeFlag(described['strict'], `${path}.strict`),
  }
}

function readCustom(reader: BodyReader, value: Json, path: string): CustomTool {
  const described = reader.object(value, path)
  return {
    type: 'custom',
    name: reader.text(described['name'], `${path}.name`),
    description: reader.maybeText(described['description'], `${path}.description`),
    format: flatFormat(reader.maybeObject(described['format'], `${path}.format`)),
  }
}

/** Parses the deprecated `functions`. */
export function readFunctions(reader: BodyReader, functions: Json): Tool[] {
  return reader.maybeList(functions, 'functions').map((one, i) => readFunction(reader, one, `functions[${i}]`))
}

export function readFunctionCall(reader: BodyReader, choice: Json): ToolChoice | undefined {
  if (isObject(choice)) return { type: 'tool', name: reader.text(choice['name'], 'function_call.name') }
  return readToolChoice(reader, choice, 'nested', 'function_call')
}

export function readToolChoice(
  reader: BodyReader,
  choice: Json,
  nesting: Nesting,
  path = 'tool_choice',
): ToolChoice | undefined {
  if (absent(choice)) return undefined
  const word = choiceWords[String(isObject(choice) ? choice['type'] : choice)]
  if (word !== undefined) return { type: word }
  const value = isObject(choice) ? choice : {}
  const type = value['type']
  if (type === 'function' || type === 'custom') {
    const named = nesting === 'nested' ? reader.object(value[type], `${path}.${type}`) : value
    return { type: 'tool', name: reader.text(named['name'], `${path}.name`) }
  }
  if (type === 'allowed_tools') return readAllowed(reader, value, nesting, path)
  // A hosted tool is named by its type.
  if (typeof type === 'string') return { type: 'tool', name: type }
  reader.wrong(path, 'must be "auto", "none", "required" or an object that names a tool')
  return undefined
}

/** Clients also send Mistral's word `any`, and words in the object of other APIs. No hosted tool has such a name. */
const choiceWords: Readonly<Partial<Record<string, 'auto' | 'none' | 'required'>>> = {
  auto: 'auto',
  none: 'none',
  required: 'required',
  any: 'required',
}

function readAllowed(reader: BodyReader, value: JsonObject, nesting: Nesting, path: string): ToolChoice {
  const inner = nesting === 'nested' ? reader.object(value['allowed_tools'], `${path}.allowed_tools`) : value
  const names = reader.list(inner['tools'], `${path}.tools`).map((tool, i) => {
    const at = `${path}.tools[${i}]`
    const one = reader.object(tool, at)
    const named = nesting === 'nested' ? reader.object(one['function'] ?? one['custom'] ?? one, at) : one
    return reader.maybeText(named['name'], `${at}.name`) ?? reader.text(one['type'], `${at}.type`)
  })
  return { type: 'allowed', names, required: inner['mode'] === 'required' }
}

export function readFormat(reader: BodyReader, format: Json, path: string): ResponseFormat | undefined {
  const value = reader.maybeObject(format, path)
  if (value === undefined) return undefined
  switch (value['type']) {
    case 'text':
      return { type: 'text' }
    case 'json_object':
      // The form of Together, Fireworks and llama.cpp.
      return isObject(value['schema']) ? readSchema(reader, value, path) : { type: 'json-object' }
    case 'json_schema':
      return readSchema(reader, value, path)
    default:
      reader.wrong(`${path}.type`, 'must be "text", "json_object" or "json_schema"')
      return undefined
  }
}

/** The schema is nested in chat completions, and flat in the Responses API. */
function readSchema(reader: BodyReader, value: JsonObject, path: string): ResponseFormat {
  const described = isObject(value['json_schema']) ? value['json_schema'] : value
  return {
    type: 'json-schema',
    name: reader.maybeText(described['name'], `${path}.name`) ?? 'answer',
    schema: reader.object(described['schema'], `${path}.schema`),
    description: reader.maybeText(described['description'], `${path}.description`),
    strict: reader.maybeFlag(described['strict'], `${path}.strict`),
  }
}

// ── to an upstream ───────────────────────────────────────────────────────────────────────────────────────────────────

/** Cache markers are sent only to hosts that know them: OpenAI caches without them, and refuses unknown members. */
function printTools(tools: readonly Tool[], { customTools = false, cacheMarkers = false }: ToolQuirks): Json[] {
  return tools.map((tool) => {
    if (tool.type === 'hosted') return tool.value
    const { name, cache } = tool
    const cache_control = cacheMarkers ? printCache(cache) : undefined
    if (tool.type === 'custom' && customTools) {
      return {
        type: 'custom',
        custom: { name, description: tool.description, format: nestedFormat(tool.format) },
        cache_control,
      }
    }
    const description = functionDescription(tool)
    if (tool.type === 'custom')
      return { type: 'function', function: { name, description, parameters: customSchema }, cache_control }
    const strict = tool.strict === true && !fitsStrict(tool.parameters) ? undefined : tool.strict
    const parameters = functionSchema(tool)
    return { type: 'function', function: { name, description, parameters, strict }, cache_control }
  })
}

type ToolQuirks = Pick<Quirks, 'customTools' | 'cacheMarkers'>

function printToolChoice(choice: ToolChoice, tools: readonly Tool[], { customTools = false }: ToolQuirks): Json {
  const types = new Map(tools.toReversed().map(({ name, type }) => [name, type]))
  const named = (name: string) => {
    if (types.get(name) === 'hosted') return { type: name }
    const type = types.get(name) === 'custom' && customTools ? 'custom' : 'function'
    return { type, [type]: { name } }
  }
  switch (choice.type) {
    case 'tool':
      return named(choice.name)
    case 'allowed': {
      if (!customTools) return choice.required ? 'required' : 'auto'
      const allowed = { mode: choice.required ? 'required' : 'auto', tools: choice.names.map(named) }
      return { type: 'allowed_tools', allowed_tools: allowed }
    }
    default:
      return choice.type
  }
}

function printFormat(format: ResponseFormat): Json {
  if (format.type !== 'json-schema') return { type: format.type === 'text' ? 'text' : 'json_object' }
  const { schema, description } = format
  const name = formatName(format.name)
  const strict = format.strict === true && !fitsStrict(schema) ? undefined : format.strict
  return { type: 'json_schema', json_schema: { name, description, schema, strict } }
}

/** The API refuses a choice without tools. */
export function printToolMembers({ tools, toolChoice, responseFormat }: ChatRequest, quirks: ToolQuirks): JsonObject {
  const offered = offeredAt(tools, toolChoice, quirks)
  const choice =
    toolChoice === undefined || offered.length === 0 ? undefined : printToolChoice(toolChoice, tools, quirks)
  return {
    tools: offered.length === 0 ? undefined : printTools(offered, quirks),
    tool_choice: choice,
    response_format: responseFormat === undefined ? undefined : printFormat(responseFormat),
  }
}

/** Hosts that know no list of allowed tools are offered those alone. OpenAI has the list since it has custom tools. */
function offeredAt(
  tools: readonly Tool[],
  choice: ToolChoice | undefined,
  { customTools }: ToolQuirks,
): readonly Tool[] {
  if (choice?.type !== 'allowed' || customTools === true) return tools
  const names = new Set(choice.names)
  return tools.filter(({ name }) => names.has(name))
}
