// Tools that take free text, and the grammars of that text. The neutral form of a grammar is flat, as in the Responses API;
// chat completions nest it. Targets that know functions only are told the grammar in the description.
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import type { CustomTool, FunctionTool, Tool } from '../../../../shared/chat/tools.ts'
import type { Dropped } from '../dialect.ts'
import { absent, isObject } from './body-reader.ts'

export function flatFormat(format: JsonObject | undefined): JsonObject | undefined {
  const grammar = format?.['grammar']
  if (isObject(grammar)) return { type: 'grammar', ...grammar }
  return absent(format?.['type']) ? undefined : format
}

export function nestedFormat(format: JsonObject | undefined): Json {
  if (format?.['type'] !== 'grammar') return format
  const { type, ...grammar } = format
  return { type, grammar }
}

/** Schema of a custom tool, which takes free text, where only functions exist. */
export const customSchema: JsonObject = {
  type: 'object',
  properties: { input: { type: 'string' } },
  required: ['input'],
  additionalProperties: false,
}

/** What a target that knows functions only is told of a tool. */
export function functionDescription(tool: FunctionTool | CustomTool): string | undefined {
  const { description } = tool
  if (!hasGrammar(tool)) return description
  const { syntax, definition } = tool.format
  const rule = `The input must match this ${syntax === 'regex' ? 'regular expression' : 'Lark grammar'}:\n${definition}`
  return description ? `${description}\n\n${rule}` : rule
}

/** A grammar in a description binds nobody, so callers are told. */
export function droppedGrammars(tools: readonly Tool[]): Dropped[] {
  return tools.some(hasGrammar) ? [{ member: 'format' }] : []
}

function hasGrammar(tool: Tool): tool is CustomTool & { readonly format: JsonObject } {
  return tool.type === 'custom' && tool.format?.['type'] === 'grammar'
}
