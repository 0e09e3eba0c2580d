// Chat completions: prints the conversation for an upstream.
import { append } from '../../../../shared/append.ts'
import type {
  AssistantPart,
  Json,
  MediaPart,
  ToolCallPart,
  ToolResultPart,
  UserPart,
} from '../../../../shared/chat/parts.ts'
import type { ChatRequest, Message } from '../../../../shared/chat/request.ts'
import { done, type Result } from '../../../../shared/result.ts'
import { placeholder } from '../anthropic/print-content.ts'
import type { Quirks, TargetTraits } from '../dialect.ts'
import { plainText, printChatPart, type Unsayable } from './parts.ts'
import { printReasoningBack } from './reasoning-back.ts'
import { withStrictTurns } from './strict-turns.ts'
import { printSignature, signatureOfTexts } from './thought-signature.ts'

export function printChatMessages(
  { messages }: ChatRequest,
  target: Pick<TargetTraits, 'model' | 'quirks'>,
): Result<Json[], Unsayable> {
  const printed: Json[] = []
  for (const message of target.quirks.systemFirst === undefined ? messages : withSystemFirst(messages)) {
    const added = printMessage(message, target)
    if (!added.ok) return added
    append(printed, added.value)
  }
  // OpenAI refuses an empty list.
  if (printed.length === 0) return done([{ role: 'user', content: placeholder }])
  return done(target.quirks.strictTurns === true ? withStrictTurns(printed) : printed)
}

/** One system message with all instructions, before all others: many chat templates refuse a second one. */
function withSystemFirst(messages: readonly Message[]): readonly Message[] {
  const system = messages.filter((message) => message.role === 'system')
  const [first] = system
  if (first === undefined) return messages
  const parts = system.flatMap((message) => message.parts)
  return [{ ...first, parts }, ...messages.filter((message) => message.role !== 'system')]
}

function printMessage(message: Message, target: Pick<TargetTraits, 'model' | 'quirks'>): Result<Json[], Unsayable> {
  const { quirks } = target
  switch (message.role) {
    case 'system': {
      const role = message.developer === true && quirks.systemOnly !== true ? 'developer' : 'system'
      const content = printContent(message.parts, quirks, '\n\n')
      return content.ok ? done([{ role, content: content.value }]) : content
    }
    case 'user':
      return printUser(message, quirks)
    case 'assistant':
      return printAssistant(message, target)
  }
}

/** Tool results come first, because they must follow the calls they answer. Images in them follow in a user message,
 *  because a tool message holds text only. */
function printUser({ parts, name }: Message & { role: 'user' }, quirks: Quirks): Result<Json[], Unsayable> {
  const results = parts.filter((part) => part.type === 'tool-result')
  const printed: Json[] = results.map(printResult)
  const lifted = results.flatMap(({ parts }) => parts.filter(({ type }) => type !== 'text')) as MediaPart[]
  const rest: UserPart[] = [...lifted, ...parts.filter((part) => part.type !== 'tool-result')]
  if (rest.length === 0) return done(printed)
  const content = printContent(rest, quirks, undefined)
  if (!content.ok) return content
  return done([...printed, { role: 'user', name: fittingName(name), content: content.value }])
}

function printResult({ callId, parts, isError }: ToolResultPart): Json {
  const text = parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n\n')
  const lifted = parts.some(({ type }) => type !== 'text')
  const said = text === '' && lifted ? 'The result is in the next message.' : text
  // The dialect has no error flag, and a model must not take an error for a result.
  return { role: 'tool', tool_call_id: callId, content: isError === true ? `Error: ${said}` : said }
}

function printAssistant(
  { parts, name }: Message & { role: 'assistant' },
  target: Pick<TargetTraits, 'model' | 'quirks'>,
): Result<Json[], Unsayable> {
  const { quirks } = target
  const said = parts.filter((part) => isSaid(part))
  const content = said.length === 0 ? done(undefined) : printContent(said, quirks, '')
  if (!content.ok) return content
  const refusal = parts.flatMap((part) => (part.type === 'refusal' ? [part.text] : [])).join('')
  const calls = parts.flatMap((part) => (part.type === 'tool-call' ? [printToolCall(part, quirks)] : []))
  const message = {
    role: 'assistant',
    name: fittingName(name),
    content: content.value ?? (calls.length > 0 || refusal !== '' ? null : undefined),
    refusal: refusal === '' ? undefined : refusal,
    ...printReasoningBack(parts, target),
    tool_calls: calls.length === 0 ? undefined : calls,
    extra_content: quirks.thoughtSignatures === true ? signatureOfTexts(parts) : undefined,
  }
  // A message that held only reasoning is left out.
  return done(message['content'] === undefined ? [] : [message])
}

/** OpenAI's pattern is `^[^\s<|\\/>]+$`. */
function fittingName(name: string | undefined): string | undefined {
  return name?.replace(/[\s<|\\/>]/g, '_').slice(0, 64) || undefined
}

function isSaid(part: AssistantPart): part is Extract<AssistantPart, { type: 'text' | 'opaque' | MediaPart['type'] }> {
  return part.type !== 'tool-call' && part.type !== 'reasoning' && part.type !== 'refusal'
}

export function printToolCall(
  { id, name, input, form, signature }: ToolCallPart,
  { customTools = false, thoughtSignatures = false }: Pick<Quirks, 'customTools' | 'thoughtSignatures'>,
): Json {
  if (form === 'custom' && customTools) return { id, type: 'custom', custom: { name, input } }
  // A call without arguments gets an empty object, because '' is not JSON.
  const args = form === 'custom' ? JSON.stringify({ input }) : input === '' ? '{}' : input
  return {
    id,
    type: 'function',
    function: { name, arguments: args },
    extra_content: thoughtSignatures ? printSignature(signature) : undefined,
  }
}

/** `between`: the separator that joins several texts into one. Undefined keeps them as separate parts. */
function printContent(
  parts: readonly (UserPart | AssistantPart)[],
  quirks: Quirks,
  between: string | undefined,
): Result<Json, Unsayable> {
  const cacheMarkers = quirks.cacheMarkers === true
  const marked = cacheMarkers && parts.some((part) => 'cache' in part && part.cache !== undefined)
  if (!marked && (between !== undefined || parts.length === 1)) {
    const text = plainText(parts, between ?? '')
    if (text !== undefined) return done(text)
  }
  return printParts(parts, cacheMarkers)
}

function printParts(parts: readonly (UserPart | AssistantPart)[], cacheMarkers: boolean): Result<Json[], Unsayable> {
  const printed: Json[] = []
  for (const part of parts) {
    const one = printChatPart(part as Parameters<typeof printChatPart>[0], cacheMarkers)
    if (!one.ok) return one
    printed.push(one.value)
  }
  return done(printed)
}
