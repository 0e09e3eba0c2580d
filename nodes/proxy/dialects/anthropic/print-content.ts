// Anthropic Messages: prints the conversation for an upstream.

import { append } from '../../../../shared/append.ts'
import type { MissingCapability } from '../../../../shared/chat/capabilities.ts'
import type {
  AssistantPart,
  Json,
  JsonObject,
  Media,
  MediaPart,
  ReasoningPart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
  UserPart,
} from '../../../../shared/chat/parts.ts'
import type { Message } from '../../../../shared/chat/request.ts'
import { tryParseExact } from '../../../../shared/json/exact.ts'
import { done, fail, type Result } from '../../../../shared/result.ts'
import { isObject } from '../common/body-reader.ts'
import { printCache } from '../common/cache-control.ts'
import { imageTypeOf } from '../common/media.ts'
import { continuation } from './prefill.ts'

export interface PrintedConversation {
  readonly system: readonly Json[]
  readonly messages: readonly PrintedMessage[]
}

export interface PrintedMessage {
  readonly role: 'user' | 'assistant' | 'system'
  readonly content: JsonObject[]
}

/** What the model takes. */
export interface TakenTurns {
  /** Instructions between the turns. For other models they move to `system`. */
  readonly systemTurns: boolean
  /** An answer that the caller has begun. */
  readonly prefill: boolean
}

export function printConversation(
  messages: readonly Message[],
  takes: TakenTurns,
): Result<PrintedConversation, MissingCapability> {
  const system: JsonObject[] = []
  const printed: PrintedMessage[] = []
  /** Instructions from between the turns that wait for a place. */
  let waiting: JsonObject[] = []
  for (const message of messages) {
    if (message.role === 'system') {
      const texts = message.parts.filter(({ text }) => !isBlank(text)).map(printText)
      if (takes.systemTurns && printed.length > 0) append(waiting, texts)
      else append(system, texts)
      continue
    }
    const content = printBlocks(message.parts)
    if (!content.ok) return content
    if (message.role === 'assistant' && content.value.length > 0) waiting = addSystemTurn(printed, waiting)
    addMessage(printed, message.role, content.value)
  }
  append(system, addSystemTurn(printed, waiting))
  const last = printed.at(-1)
  if (last === undefined) return done({ system: [], messages: [instructionsAsTurn(system)] })
  trimLast(last)
  if (last.role === 'assistant' && !takes.prefill)
    printed.push({ role: 'user', content: [{ type: 'text', text: continuation }] })
  return done({ system, messages: withFirstTurn(printed).map(resultsFirst) })
}

/** A system message stands behind a user's turn, and before the assistant's or at the end. Returns what finds no place there. */
function addSystemTurn(printed: PrintedMessage[], waiting: JsonObject[]): JsonObject[] {
  if (waiting.length === 0 || printed.at(-1)?.role !== 'user') return waiting
  printed.push({ role: 'system', content: waiting })
  return []
}

/** Stands where the API wants a text and the caller has none. */
export const placeholder = '…'

/** The API wants a turn, so instructions without a conversation become one. */
function instructionsAsTurn(system: JsonObject[]): PrintedMessage {
  return { role: 'user', content: system.length === 0 ? [{ type: 'text', text: placeholder }] : system }
}

/** The first message must be the user's. */
function withFirstTurn(messages: readonly PrintedMessage[]): readonly PrintedMessage[] {
  if (messages[0]?.role === 'user') return messages
  return [{ role: 'user', content: [{ type: 'text', text: placeholder }] }, ...messages]
}

/** The API refuses text blocks of white space. */
export function isBlank(text: string): boolean {
  return text.trim() === ''
}

/** Consecutive turns of one role are merged into one message. An empty turn is left out. */
function addMessage(printed: PrintedMessage[], role: PrintedMessage['role'], content: readonly JsonObject[]): void {
  if (content.length === 0) return
  const last = printed.at(-1)
  if (last?.role === role) append(last.content, content)
  else printed.push({ role, content: [...content] })
}

/** Tool results must be the first blocks after the message that holds their calls. */
function resultsFirst(message: PrintedMessage): PrintedMessage {
  const isResult = (block: JsonObject) => block['type'] === 'tool_result'
  if (message.role !== 'user' || !message.content.some(isResult)) return message
  const results = message.content.filter(isResult)
  return { role: 'user', content: [...results, ...message.content.filter((block) => !isResult(block))] }
}

/** A final assistant message, which the model continues, must not end in white space. */
function trimLast({ role, content }: PrintedMessage): void {
  const last = content.at(-1)
  if (role !== 'assistant' || last?.['type'] !== 'text') return
  content[content.length - 1] = { ...last, text: String(last['text']).trimEnd() }
}

function printBlocks(parts: readonly (UserPart | AssistantPart)[]): Result<JsonObject[], MissingCapability> {
  const blocks: JsonObject[] = []
  for (const part of parts) {
    const block = printBlock(part)
    if (!block.ok) return block
    if (block.value !== undefined) blocks.push(block.value)
  }
  return done(blocks)
}

/** The block of a part; none for a part that has no block in this dialect, such as a text of white space. */
function printBlock(part: UserPart | AssistantPart): Result<JsonObject | undefined, MissingCapability> {
  switch (part.type) {
    case 'text':
      return done(isBlank(part.text) ? undefined : printText(part))
    case 'refusal':
      return done(isBlank(part.text) ? undefined : { type: 'text', text: part.text })
    case 'reasoning':
      return done(printThought(part))
    case 'tool-call':
      return done(printCall(part))
    case 'tool-result':
      return printResult(part)
    case 'opaque':
      return done(part.value)
    default:
      return printMedia(part)
  }
}

function printText({ text, citations, cache }: TextPart): JsonObject {
  const own = citations?.flatMap(({ raw }) => (raw?.dialect === 'anthropic' ? [raw.value] : []))
  return {
    type: 'text',
    text,
    citations: own?.length === 0 ? undefined : own,
    cache_control: printCache(cache),
  }
}

/** Reasoning is sent back only to the model family that signed or encrypted it. */
function printThought({ text, signature, encrypted }: ReasoningPart): JsonObject | undefined {
  if (signature?.family === 'anthropic') return { type: 'thinking', thinking: text, signature: signature.data }
  if (encrypted?.family === 'anthropic') return { type: 'redacted_thinking', data: encrypted.data }
  return undefined
}

function printCall({ id, name, input, form, cache }: ToolCallPart): JsonObject {
  return { type: 'tool_use', id, name, input: toolInput(input, form), cache_control: printCache(cache) }
}

/** The input must be an object, so text that is not a JSON object is wrapped in one. */
export function toolInput(text: string, form: ToolCallPart['form']): Json {
  if (form === 'custom') return { input: text }
  if (text.trim() === '') return {}
  const value = tryParseExact(text)
  return isObject(value) ? value : { invalid_json: text }
}

function printResult(part: ToolResultPart): Result<JsonObject, MissingCapability> {
  const content = printBlocks(part.parts)
  if (!content.ok) return content
  const { callId, isError, cache } = part
  return done({
    type: 'tool_result',
    tool_use_id: callId,
    content: content.value.length === 0 ? emptyResult(isError === true) : content.value,
    is_error: isError === true ? true : undefined,
    cache_control: printCache(cache),
  })
}

/** A result may be empty, but the result of an error may not. */
function emptyResult(isError: boolean): Json {
  return isError ? [{ type: 'text', text: '(no output)' }] : undefined
}

/** The API refuses documents without text, as it does other texts. */
function printMedia(part: MediaPart): Result<JsonObject | undefined, MissingCapability> {
  const { type, media, name, context, citable, cache } = part
  if (type === 'audio' || type === 'video') return fail({ capability: type, what: type })
  const source = type === 'image' ? imageSource(media) : documentSource(media)
  if (source === undefined) {
    const what = media.from === 'bytes' ? media.mediaType : media.from
    return fail({ capability: type === 'image' ? 'images' : 'files', what })
  }
  if (source['type'] === 'text' && isBlank(String(source['data']))) return done(undefined)
  const cache_control = printCache(cache)
  if (type === 'image') return done({ type, source, cache_control })
  const citations = citable === true ? { enabled: true } : undefined
  return done({ type: 'document', source, title: name, context, citations, cache_control })
}

/** Source: @anthropic-ai/sdk, `Base64ImageSource.media_type`. */
const imageTypes: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp'])

/** The API fetches links of the web alone. */
function linkSource(url: string): JsonObject | undefined {
  return /^https?:/i.test(url) ? { type: 'url', url } : undefined
}

function imageSource(media: Media): JsonObject | undefined {
  switch (media.from) {
    case 'bytes': {
      const media_type = imageTypeOf(media.base64) ?? (media.mediaType === 'image/jpg' ? 'image/jpeg' : media.mediaType)
      return imageTypes.has(media_type) ? { type: 'base64', media_type, data: media.base64 } : undefined
    }
    case 'url':
      return linkSource(media.url)
    case 'file':
      return { type: 'file', file_id: media.id }
    case 'text':
      return undefined
  }
}

/** Documents that are text, whatever their type is called. */
const textTypes = /^text\/|[/+-](json|xml|yaml|javascript|typescript|toml|sql)$/

function documentSource(media: Media): JsonObject | undefined {
  switch (media.from) {
    case 'bytes':
      if (media.mediaType === 'application/pdf')
        return { type: 'base64', media_type: media.mediaType, data: media.base64 }
      if (!textTypes.test(media.mediaType)) return undefined
      return { type: 'text', media_type: 'text/plain', data: Buffer.from(media.base64, 'base64').toString('utf8') }
    case 'text':
      return { type: 'text', media_type: 'text/plain', data: media.text }
    case 'url':
      return linkSource(media.url)
    case 'file':
      return { type: 'file', file_id: media.id }
  }
}
