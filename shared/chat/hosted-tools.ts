// Tools that a provider runs itself, at a target that does not have them. A client with tools of its own can do without some of them,
// because it has other ways; without the others its answer would be another one, so the request is refused.
import type { Dialect, OpaquePart } from './parts.ts'
import type { ChatRequest, Message } from './request.ts'
import type { HostedTool, Tool, ToolChoice } from './tools.ts'

/** The types of tools that can be left out, under the caller's dialect. A version may follow behind an underscore. */
const dispensable: Readonly<Partial<Record<Dialect, RegExp>>> = {
  // Codex sends web_search, image_generation and tool_search beside its functions, older ones local_shell; it calls what it is given.
  'openai-responses':
    /^(web_search(_preview)?|image_generation|tool_search|local_shell|shell|apply_patch)(_\d{4}_\d\d_\d\d)?$/,
  // Tools that a search would find are in the request all the same.
  anthropic: /^(web_search|web_fetch|tool_search_tool_(regex|bm25))(_\d{8})?$/,
  gemini: /^(google_?search|google_?search_?retrieval|url_?context)$/i,
}

/** Items of a conversation that tell nothing without their tool: the model's words after them hold what was found. */
const dispensableItems: ReadonlySet<unknown> = new Set(['web_search_call', 'tool_search_call', 'tool_search_output'])

/** The tools of a request that it can be answered without. */
export function dispensableTools({ tools, toolChoice }: ChatRequest): ReadonlySet<Tool> {
  const hosted = tools.filter((tool) => tool.type === 'hosted')
  const isNeeded = hosted.length === tools.length || allowsOnly(hosted, toolChoice)
  if (isNeeded) return new Set()
  const forced = toolChoice?.type === 'tool' ? toolChoice.name : undefined
  return new Set(hosted.filter(({ dialect, name }) => name !== forced && dispensable[dialect]?.test(name) === true))
}

/** Whether the choice allows nothing but these tools. */
function allowsOnly(hosted: readonly HostedTool[], choice: ToolChoice | undefined): boolean {
  if (choice?.type !== 'allowed') return false
  const names = new Set(hosted.map(({ name }) => name))
  return choice.names.every((name) => names.has(name))
}

export function isDispensableItem({ dialect, value }: OpaquePart): boolean {
  return dialect === 'openai-responses' && dispensableItems.has(value['type'])
}

export interface Reduced {
  readonly request: ChatRequest
  /** Types of the tools that were left out. */
  readonly left: readonly string[]
}

/** The request without what a target can be spared: `has` tells of each tool whether the target has it. */
export function withoutDispensable(request: ChatRequest, has: (tool: HostedTool) => boolean): Reduced {
  const spared = dispensableTools(request)
  const isLeft = (tool: Tool) => tool.type === 'hosted' && spared.has(tool) && !has(tool)
  const left = request.tools.filter(isLeft).map(({ name }) => name)
  const messages = withoutItems(request.messages)
  if (left.length === 0 && messages === request.messages) return { request, left }
  const tools = request.tools.filter((tool) => !isLeft(tool))
  return {
    request: { ...request, messages, tools, toolChoice: choiceWithout(request.toolChoice, new Set(left)) },
    left,
  }
}

function choiceWithout(choice: ToolChoice | undefined, left: ReadonlySet<string>): ToolChoice | undefined {
  if (choice?.type !== 'allowed') return choice
  return { ...choice, names: choice.names.filter((name) => !left.has(name)) }
}

function withoutItems(messages: readonly Message[]): readonly Message[] {
  if (!messages.some(hasItem)) return messages
  return messages.flatMap((message) => {
    if (message.role !== 'assistant' || !hasItem(message)) return [message]
    const parts = message.parts.filter((part) => part.type !== 'opaque' || !isDispensableItem(part))
    return parts.length === 0 ? [] : [{ ...message, parts }]
  })
}

function hasItem(message: Message): boolean {
  return message.role === 'assistant' && message.parts.some((part) => part.type === 'opaque' && isDispensableItem(part))
}
