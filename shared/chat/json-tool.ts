// Emulates structured output for targets without a native form: the model is forced to call a tool whose input is the
// answer, and `tool-forms.ts` turns the call back into text.
import type { MissingCapability } from './capabilities.ts'
import type { ChatRequest } from './request.ts'
import type { FunctionTool, ResponseFormat, ToolChoice } from './tools.ts'

export function needsJsonTool({ responseFormat }: ChatRequest): boolean {
  return responseFormat !== undefined && responseFormat.type !== 'text'
}

/** Whether the answer is an object, as the input of a tool must be. */
export function isObjectFormat(format: ResponseFormat | undefined): boolean {
  if (format?.type !== 'json-schema') return true
  const { type } = format.schema
  const types: readonly unknown[] = Array.isArray(type) ? type : [type]
  return type === undefined || type === null || types.includes('object')
}

/** What a target lacks that takes objects alone. */
export const otherThanObject: MissingCapability = { capability: 'structured output', what: 'a schema of no object' }

export interface WithJsonTool {
  readonly request: ChatRequest
  /** The name of the tool that is added. There is none when the caller forces one of its own tools: then the answer is a call, and
   *  holds no text to be formatted. */
  readonly name: string | undefined
}

export function withJsonTool(request: ChatRequest): WithJsonTool {
  const { tools, toolChoice } = request
  if (tools.length > 0 && isForced(toolChoice))
    return { name: undefined, request: { ...request, responseFormat: undefined } }
  const name = freeName(request)
  const choice = choiceWith(name, request)
  return {
    name,
    request: { ...request, tools: [...tools, jsonTool(name, request)], toolChoice: choice, responseFormat: undefined },
  }
}

function isForced(choice: ToolChoice | undefined): boolean {
  return choice?.type === 'tool' || choice?.type === 'required' || (choice?.type === 'allowed' && choice.required)
}

/** Together with tools of the caller, any of those that he allows may be called first. */
function choiceWith(name: string, { tools, toolChoice }: ChatRequest): ToolChoice {
  if (tools.length === 0 || toolChoice?.type === 'none') return { type: 'tool', name }
  if (toolChoice?.type === 'allowed') return { type: 'allowed', names: [...toolChoice.names, name], required: true }
  return { type: 'required' }
}

function jsonTool(name: string, { responseFormat }: ChatRequest): FunctionTool {
  const schema = responseFormat?.type === 'json-schema' ? responseFormat : undefined
  return {
    type: 'function',
    name,
    description: schema?.description ?? 'Gives the answer. Call it once, with all of the answer as its input.',
    parameters: schema?.schema ?? { type: 'object', additionalProperties: true },
  }
}

function freeName({ tools }: ChatRequest): string {
  let name = 'json_answer'
  while (tools.some((tool) => tool.name === name)) name += '_'
  return name
}
