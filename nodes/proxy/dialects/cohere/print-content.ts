// Cohere's chat: prints the conversation for an upstream.
import type {
  AssistantPart,
  Json,
  MediaPart,
  ReasoningPart,
  ToolCallPart,
  ToolResultPart,
  UserPart,
} from '../../../../shared/chat/parts.ts'
import type { Message } from '../../../../shared/chat/request.ts'
import { tryParseExact } from '../../../../shared/json/exact.ts'
import { placeholder, toolInput } from '../anthropic/print-content.ts'
import { isObject } from '../common/body-reader.ts'
import { urlOfMedia } from '../common/media.ts'
import type { ToolNames } from '../common/tool-names.ts'

/** System messages keep their place: Cohere accepts them anywhere. */
export function printCohereMessages(messages: readonly Message[], names: ToolNames): Json[] {
  const printed = messages.flatMap((message) => printMessage(message, names))
  // The list must not be empty.
  return printed.length === 0 ? [{ role: 'user', content: placeholder }] : printed
}

function printMessage(message: Message, names: ToolNames): Json[] {
  switch (message.role) {
    case 'system': {
      const content = message.parts.map(({ text }) => text).join('\n\n')
      return content === '' ? [] : [{ role: 'system', content }]
    }
    case 'user':
      return printUser(message.parts)
    case 'assistant':
      return printAssistant(message.parts, names)
  }
}

/** Tool results come first, because they must follow the calls they answer. Images in them follow in a user message,
 *  because a tool message holds text only. */
function printUser(parts: readonly UserPart[]): Json[] {
  const results = parts.filter((part) => part.type === 'tool-result')
  const lifted = results.flatMap((result) => result.parts.filter((part) => part.type === 'image'))
  const rest = [...lifted, ...parts.filter((part) => part.type !== 'tool-result')]
  const content = printContent(rest)
  const printed = results.map(printResult)
  return content.length === 0 ? printed : [...printed, { role: 'user', content: textAlone(content) ?? content }]
}

function printResult({ callId, parts, isError }: ToolResultPart): Json {
  const text = parts.flatMap((part) => textOf(part) ?? []).join('\n\n')
  const isLifted = parts.some(({ type }) => type === 'image')
  const said = text === '' && isLifted ? 'The result is in the next message.' : text
  // The dialect has no error flag, and a model must not take an error for a result.
  return { role: 'tool', tool_call_id: callId, content: isError === true ? `Error: ${said}` : said }
}

function printAssistant(parts: readonly AssistantPart[], names: ToolNames): Json[] {
  const calls = parts.flatMap((part) => (part.type === 'tool-call' ? [printCall(part, names)] : []))
  const thoughts = parts.flatMap((part) => (part.type === 'reasoning' ? thoughtIn(part) : []))
  const said = parts.flatMap((part): Json[] => {
    const text = part.type === 'refusal' ? part.text : textOf(part as UserPart)
    return text === undefined || text === '' ? [] : [{ type: 'text', text }]
  })
  // Cohere calls the reasoning before tool calls their plan.
  if (calls.length > 0) {
    const tool_plan = thoughts.length === 0 ? undefined : thoughts.join('\n\n')
    const content = said.length === 0 ? undefined : (textAlone(said) ?? said)
    return [{ role: 'assistant', tool_plan, content, tool_calls: calls }]
  }
  if (said.length === 0) return []
  const thinking = thoughts.map((text) => ({ type: 'thinking', thinking: text }))
  return [{ role: 'assistant', content: thinking.length > 0 ? [...thinking, ...said] : (textAlone(said) ?? said) }]
}

function printCall(call: ToolCallPart, names: ToolNames): Json {
  return { id: call.id, type: 'function', function: { name: names.write(call.name), arguments: argumentsOf(call) } }
}

/** Reasoning that another provider's model signed is left out (wire 36). */
function thoughtIn({ text, signature }: ReasoningPart): string[] {
  return signature === undefined && text !== '' ? [text] : []
}

/** The text as the model wrote it, if it is a JSON object, so that no digit is lost. */
function argumentsOf({ input, form }: ToolCallPart): string {
  const isWhole = form === 'function' && isObject(tryParseExact(input))
  return isWhole ? input : JSON.stringify(toolInput(input, form))
}

function printContent(parts: readonly UserPart[]): Json[] {
  return parts.flatMap((part): Json[] => {
    if (part.type === 'image') return printImage(part)
    const text = textOf(part)
    return text === undefined || text === '' ? [] : [{ type: 'text', text }]
  })
}

function printImage({ media, detail }: MediaPart): Json[] {
  const url = urlOfMedia(media)
  return url === undefined ? [] : [{ type: 'image_url', image_url: { url, detail } }]
}

/** The text of a text part or of a plain-text document. */
function textOf(part: UserPart): string | undefined {
  if (part.type === 'text') return part.text
  return part.type === 'file' && part.media.from === 'text' ? part.media.text : undefined
}

/** The only text of the content; undefined when there is more than one part. */
function textAlone(content: readonly Json[]): string | undefined {
  const [only] = content as { type: string; text?: string }[]
  return content.length === 1 && only?.type === 'text' ? only.text : undefined
}
