// Emulates structured output for targets without a native form: the model is forced to call a tool whose input is the
// answer, and `tool-forms.ts` turns the call back into text.
import type { ChatRequest } from './request.ts'
import type { FunctionTool } from './tools.ts'

export function needsJsonTool({ responseFormat }: ChatRequest): boolean {
  return responseFormat !== undefined && responseFormat.type !== 'text'
}

export function withJsonTool(request: ChatRequest): { readonly request: ChatRequest; readonly name: string } {
  const format = request.responseFormat
  const schema = format?.type === 'json-schema' ? format : undefined
  const name = freeName(request)
  const tool: FunctionTool = {
    type: 'function',
    name,
    description: schema?.description ?? 'Gives the answer. Call it once, with all of the answer as its input.',
    parameters: schema?.schema ?? { type: 'object', additionalProperties: true },
  }
  const tools = [...request.tools, tool]
  // Together with tools of the caller, any of them may be called first.
  const own = request.tools.length > 0 && request.toolChoice?.type !== 'none'
  const toolChoice = own ? ({ type: 'required' } as const) : ({ type: 'tool', name } as const)
  return { name, request: { ...request, tools, toolChoice, responseFormat: undefined } }
}

function freeName({ tools }: ChatRequest): string {
  let name = 'json_answer'
  while (tools.some((tool) => tool.name === name)) name += '_'
  return name
}
