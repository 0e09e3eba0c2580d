// Gemini: prints the conversation for an upstream.
import { append } from '../../../../shared/append.ts'
import type {
  AssistantPart,
  Json,
  JsonObject,
  Media,
  MediaPart,
  ReasoningPart,
  Sealed,
  TextPart,
  ToolCallPart,
  ToolResultPart,
  UserPart,
} from '../../../../shared/chat/parts.ts'
import type { Message } from '../../../../shared/chat/request.ts'
import { tryParseExact } from '../../../../shared/json/exact.ts'
import { placeholder, toolInput } from '../anthropic/print-content.ts'
import { isObject } from '../common/body-reader.ts'
import { imageTypeOf, mediaTypeOfName } from '../common/media.ts'
import type { ToolNames } from '../common/tool-names.ts'
import type { GeminiTraits } from './traits.ts'

export interface GeminiConversation {
  readonly systemInstruction: JsonObject | undefined
  readonly contents: readonly GeminiContent[]
}

export interface GeminiContent {
  readonly role: 'user' | 'model'
  readonly parts: JsonObject[]
}

export interface ContentFacts {
  readonly names: ToolNames
  readonly traits: GeminiTraits
  readonly host: { readonly callIds: boolean }
}

export function printGeminiConversation(messages: readonly Message[], facts: ContentFacts): GeminiConversation {
  const system: JsonObject[] = []
  const contents: GeminiContent[] = []
  const calls = new Map<string, Call>()
  for (const message of messages) {
    if (message.role === 'system') {
      for (const { text } of message.parts) if (text !== '') system.push({ text })
      continue
    }
    const isModel = message.role === 'assistant'
    const parts = isModel ? printSaid(message.parts, facts, calls) : printHeard(message.parts, facts, calls)
    addContent(contents, isModel ? 'model' : 'user', parts)
  }
  // Gemini refuses a request without contents, so instructions become a user turn.
  if (contents.length === 0) {
    const parts = system.length === 0 ? [{ text: placeholder }] : system
    return { systemInstruction: undefined, contents: [{ role: 'user', parts }] }
  }
  // Gemini refuses a call that no turn of the user stands before.
  const callsFirst = contents[0]?.role === 'model' && contents[0].parts.some((part) => 'functionCall' in part)
  if (callsFirst) contents.unshift({ role: 'user', parts: [{ text: placeholder }] })
  return { systemInstruction: system.length === 0 ? undefined : { role: 'user', parts: system }, contents }
}

/** Consecutive turns of one role are merged into one. An empty turn is left out. */
function addContent(contents: GeminiContent[], role: GeminiContent['role'], parts: readonly JsonObject[]): void {
  if (parts.length === 0) return
  const last = contents.at(-1)
  if (last?.role === role) append(last.parts, parts)
  else contents.push({ role, parts: [...parts] })
}

// ── the model's side ─────────────────────────────────────────────────────────────────────────────────────────────────

interface Call {
  readonly name: string
  /** The place among all calls of the conversation. */
  readonly place: number
}

/** Google's documented signature for calls that another model made, or that were written by hand. */
const unsignedCall = 'skip_thought_signature_validator'

function printSaid(parts: readonly (AssistantPart | UserPart)[], facts: ContentFacts, calls: Map<string, Call>) {
  let isFirstCall = true
  return parts.flatMap((part): JsonObject[] => {
    switch (part.type) {
      case 'text':
        return printSaidText(part)
      case 'refusal':
        return part.text === '' ? [] : [{ text: part.text }]
      case 'reasoning':
        return printThought(part)
      case 'tool-call': {
        calls.set(part.id, { name: part.name, place: calls.size })
        const printed = printCall(part, facts, isFirstCall)
        isFirstCall = false
        return [printed]
      }
      case 'tool-result':
        return []
      case 'opaque':
        return part.dialect === 'gemini' ? [part.value] : []
      default:
        return [{ ...printMedia(part), ...signed(part.signature) }]
    }
  })
}

function printSaidText({ text, signature }: TextPart): JsonObject[] {
  return text === '' && ownSignature(signature) === undefined ? [] : [{ text, ...signed(signature) }]
}

/** A thought is sent back only with its signature (wire 36). */
function printThought({ text, signature }: ReasoningPart): JsonObject[] {
  return ownSignature(signature) === undefined ? [] : [{ text, thought: true, ...signed(signature) }]
}

/** Newer models want a signature on the first call of a turn. */
function printCall(
  { id, name, input, form, signature }: ToolCallPart,
  { names, traits, host }: ContentFacts,
  isFirst: boolean,
): JsonObject {
  const functionCall = { id: host.callIds ? id : undefined, name: names.write(name), args: toolInput(input, form) }
  const needsStandIn = isFirst && traits.signedCalls && ownSignature(signature) === undefined
  return { functionCall, ...(needsStandIn ? { thoughtSignature: unsignedCall } : signed(signature)) }
}

function ownSignature(signature: Sealed | undefined): string | undefined {
  return signature?.family === 'google' ? signature.data : undefined
}

function signed(signature: Sealed | undefined): JsonObject {
  const thoughtSignature = ownSignature(signature)
  return thoughtSignature === undefined ? {} : { thoughtSignature }
}

// ── the user's side ──────────────────────────────────────────────────────────────────────────────────────────────────

function printHeard(
  parts: readonly (AssistantPart | UserPart)[],
  facts: ContentFacts,
  calls: Map<string, Call>,
): JsonObject[] {
  const results = parts.filter((part) => part.type === 'tool-result')
  const place = ({ callId }: ToolResultPart) => calls.get(callId)?.place ?? Number.MAX_SAFE_INTEGER
  // Older models match results to calls by order.
  const inOrder = [...results].sort((a, b) => place(a) - place(b))
  const lifted: JsonObject[] = []
  const printed = inOrder.map((part) => printResult(part, facts, calls, lifted))
  const rest = parts.flatMap((part) => printOther(part))
  return [...printed, ...lifted, ...rest]
}

function printOther(part: AssistantPart | UserPart): JsonObject[] {
  switch (part.type) {
    case 'text':
      return part.text === '' ? [] : [{ text: part.text }]
    case 'image':
    case 'audio':
    case 'video':
    case 'file':
      return [printMedia(part)]
    case 'opaque':
      return part.dialect === 'gemini' ? [part.value] : []
    default:
      return []
  }
}

/** `lifted` collects the media of results for models whose results cannot hold media. */
function printResult(
  part: ToolResultPart,
  { names, traits, host }: ContentFacts,
  calls: ReadonlyMap<string, Call>,
  lifted: JsonObject[],
): JsonObject {
  const { callId, isError } = part
  const name = names.write(calls.get(callId)?.name ?? part.name ?? 'unknown_function')
  const texts = part.parts.flatMap((inner) => (inner.type === 'text' ? [inner.text] : []))
  const media = part.parts.flatMap((inner) => (inner.type === 'text' ? [] : printOther(inner)))
  if (!traits.mediaInResults) append(lifted, media.splice(0))
  const response = responseOf(texts.join('\n'), isError === true)
  const id = host.callIds ? callId : undefined
  return { functionResponse: { id, name, response, parts: media.length === 0 ? undefined : media } }
}

/** A response must be an object. Google's names for a plain text are `output` and `error`. */
function responseOf(text: string, isError: boolean): Json {
  const value = text.trimStart().startsWith('{') ? tryParseExact(text) : undefined
  if (!isObject(value)) return { [isError ? 'error' : 'output']: text }
  const saysSo = Object.keys(value).length === 1 && value['error'] !== undefined
  return isError && !saysSo ? { error: value } : value
}

// ── media ────────────────────────────────────────────────────────────────────────────────────────────────────────────

function printMedia({ type, media }: MediaPart): JsonObject {
  switch (media.from) {
    case 'bytes':
      return { inlineData: { mimeType: mimeTypeOf(media), data: media.base64 } }
    case 'text':
      return { text: media.text }
    case 'url':
      // Google fetches links itself: Cloud Storage (gs://), YouTube and the web.
      return { fileData: { fileUri: media.url, mimeType: media.mediaType ?? typeOfLink(media.url, type) } }
    case 'file':
      return { fileData: { fileUri: media.id, mimeType: media.mediaType } }
  }
}

const imageTypes: Readonly<Record<string, string>> = { 'image/jpg': 'image/jpeg' }

function mimeTypeOf({ base64, mediaType }: Extract<Media, { from: 'bytes' }>): string {
  const told = imageTypes[mediaType] ?? mediaType
  return told === '' || told.startsWith('image/') ? (imageTypeOf(base64) ?? told) : told
}

/** Default media types, for links whose extension says nothing. */
const usualTypes = { image: 'image/jpeg', audio: 'audio/mpeg', video: 'video/mp4', file: 'application/pdf' } as const

function typeOfLink(url: string, type: MediaPart['type']): string {
  return mediaTypeOfName(url) ?? usualTypes[type]
}
