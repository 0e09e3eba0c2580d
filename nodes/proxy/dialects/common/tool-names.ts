// Tool names for providers with narrower rules than the caller's: names that break the rules are replaced, and restored
// in the answer (wire 66).
import type { AssistantPart } from '../../../../shared/chat/parts.ts'
import type { ChatRequest, Message } from '../../../../shared/chat/request.ts'
import type { ToolChoice } from '../../../../shared/chat/tools.ts'
import type { PrintedFacts } from '../dialect.ts'
import { DistinctNames, type NumberedName } from './distinct-names.ts'

export interface NameRules {
  /** Characters that a name must not contain. */
  readonly forbidden: RegExp
  /** A prefix for names that begin with a forbidden character. */
  readonly start?: { readonly wrong: RegExp; readonly prefix: string } | undefined
  /** Default: 64. */
  readonly charactersMax?: number | undefined
}

const nameCharactersMax = 64

/** Replaces names, and knows the original of each replaced name (`read`). */
export class ToolNames {
  readonly #rules: NameRules
  readonly #written = new Map<string, string>()
  readonly #distinct = new DistinctNames()
  readonly read = new Map<string, string>()

  constructor(rules: NameRules) {
    this.#rules = rules
  }

  write(name: string): string {
    const known = this.#written.get(name)
    if (known !== undefined) return known
    const written = this.#distinct.take(this.#fitting(name))
    this.#written.set(name, written)
    if (written !== name) this.read.set(written, name)
    return written
  }

  #fitting(name: string): NumberedName {
    const { forbidden, start, charactersMax = nameCharactersMax } = this.#rules
    const plain = name.replace(forbidden, '_') || '_'
    const fitting = (start?.wrong.test(plain) === true ? start.prefix + plain : plain).slice(0, charactersMax)
    const numbered = (n: number) => {
      const ending = `_${n}`
      return fitting.slice(0, charactersMax - ending.length) + ending
    }
    return { name: fitting, numbered }
  }
}

/** The request with names that fit, in its tools, its choice and its conversation alike. Names of tools come first, so
 *  that they are kept when names of earlier calls collide with them. */
export function withFittingNames(request: ChatRequest, names: ToolNames): ChatRequest {
  const tools = request.tools.map((tool) => (tool.type === 'hosted' ? tool : renamed(tool, names)))
  const messages = request.messages.map((message) => renameIn(message, names))
  if (names.read.size === 0) return request
  return { ...request, tools, messages, toolChoice: renameChoice(request.toolChoice, names) }
}

function renamed<Named extends { readonly name: string }>(one: Named, names: ToolNames): Named {
  const name = names.write(one.name)
  return name === one.name ? one : { ...one, name }
}

function renameIn(message: Message, names: ToolNames): Message {
  if (message.role !== 'assistant' || !message.parts.some(({ type }) => type === 'tool-call')) return message
  return { ...message, parts: message.parts.map((part) => (part.type === 'tool-call' ? renamed(part, names) : part)) }
}

function renameChoice(choice: ToolChoice | undefined, names: ToolNames): ToolChoice | undefined {
  if (choice?.type === 'tool') return renamed(choice, names)
  if (choice?.type !== 'allowed') return choice
  return { ...choice, names: choice.names.map((name) => names.write(name)) }
}

/** What the parser of the answer must know about the printed tools. Parsers restore names first, so the tools are named as in
 *  `request`. */
export function printedTools(
  request: ChatRequest,
  names: ToolNames,
  jsonTool: string | undefined,
): Pick<PrintedFacts, 'jsonTool' | 'customTools' | 'toolNames'> {
  return {
    jsonTool,
    customTools: customToolsOf(request),
    toolNames: names.read.size === 0 ? undefined : names.read,
  }
}

export function customToolsOf({ tools }: ChatRequest): ReadonlySet<string> | undefined {
  const names = tools.flatMap((tool) => (tool.type === 'custom' ? [tool.name] : []))
  return names.length === 0 ? undefined : new Set(names)
}

/** A part of an answer, with the caller's name of the tool that it calls. */
export function withOwnName(part: AssistantPart, toolNames: PrintedFacts['toolNames']): AssistantPart {
  const name = part.type === 'tool-call' ? toolNames?.get(part.name) : undefined
  return part.type !== 'tool-call' || name === undefined ? part : { ...part, name }
}
