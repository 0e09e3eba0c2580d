// Bedrock Converse: tools. Tool names are replaced where Bedrock's rules forbid them, and restored in the answer (wire
// 66). A conversation with tool calls in it must declare tools even when the caller offers none (wire 65).
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import type { ChatRequest } from '../../../../shared/chat/request.ts'
import type { Tool, ToolChoice } from '../../../../shared/chat/tools.ts'
import { fitSchema } from '../anthropic/fit-schema.ts'
import { isBlank } from '../anthropic/print-content.ts'
import { functionDescription } from '../common/custom-tools.ts'
import type { NameRules, ToolNames } from '../common/tool-names.ts'
import { topSchema } from '../common/top-schema.ts'
import type { CachePoints } from './cache-points.ts'

export const bedrockNames: NameRules = { forbidden: /[^A-Za-z0-9_-]/g }

export interface ToolFacts {
  readonly names: ToolNames
  readonly cachePoints: CachePoints
  /** Whether the model supports `strict`. */
  readonly keepsStrict: boolean
}

export function printToolConfig(request: ChatRequest, facts: ToolFacts): JsonObject | undefined {
  const { names } = facts
  const { toolChoice } = request
  const allowed = toolChoice?.type === 'allowed' ? new Set(toolChoice.names) : undefined
  const asked = request.tools.filter(({ name }) => allowed === undefined || allowed.has(name))
  // Bedrock cannot forbid tool calls, so `none` offers no tools.
  const offered = toolChoice?.type === 'none' ? [] : asked
  const tools = offered.flatMap((tool) => printTool(tool, facts))
  if (tools.length > 0) return { tools, toolChoice: printChoice(toolChoice, names) }
  const called = calledBefore(request)
  if (called.length === 0) return undefined
  return {
    tools: called.map((name) => ({ toolSpec: { name: names.write(name), inputSchema: { json: { type: 'object' } } } })),
  }
}

function printTool(tool: Tool, { names, cachePoints, keepsStrict }: ToolFacts): Json[] {
  if (tool.type === 'hosted') return [tool.value]
  const { name, cache } = tool
  const description = functionDescription(tool)
  const strict = tool.type === 'function' && keepsStrict && tool.strict === true ? true : undefined
  const given =
    tool.type === 'custom'
      ? { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] }
      : topSchema(tool.parameters ?? {})
  const json = strict === true ? fitSchema(given) : given
  // Bedrock refuses an empty description.
  const said = isBlank(description ?? '') ? undefined : description
  const spec = { name: names.write(name), description: said, inputSchema: { json }, strict }
  return [{ toolSpec: spec }, ...cachePoints.print(cache, 'tools')]
}

function printChoice(choice: ToolChoice | undefined, names: ToolNames): Json {
  switch (choice?.type) {
    case 'required':
      return { any: {} }
    case 'tool':
      return { tool: { name: names.write(choice.name) } }
    case 'allowed':
      return choice.required ? { any: {} } : { auto: {} }
    case 'auto':
      return { auto: {} }
    default:
      return undefined
  }
}

function calledBefore({ messages }: ChatRequest): string[] {
  const names = messages.flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'tool-call' ? [part.name] : [])))
  return [...new Set(names)]
}
