// Gemini: parses the contents of a request. Only newer versions give ids to calls, so other calls get generated ids,
// and a result without an id answers the first open call of its function.
import type {
  AssistantPart,
  Json,
  JsonObject,
  Media,
  MediaPart,
  ReasoningPart,
  Sealed,
  TextPart,
  UserPart,
} from '../../../../shared/chat/parts.ts'
import type { Message } from '../../../../shared/chat/request.ts'
import { absent, type BodyReader, isObject, textIn } from '../common/body-reader.ts'
import { mediaTypeOfName, plainBase64 } from '../common/media.ts'
import { readSeal } from '../common/sealed-parts.ts'
import { member } from './members.ts'

/** The kind of seal that `thoughtSignature` holds. */
export const thoughtSignature = { family: 'google', kind: 'signature' } as const

export function readGeminiContents(reader: BodyReader, contents: Json): Message[] {
  if (typeof contents === 'string') return [{ role: 'user', parts: [{ type: 'text', text: contents }] }]
  const list = Array.isArray(contents) ? contents : isObject(contents) ? [contents] : reader.list(contents, 'contents')
  const calls = new OpenCalls()
  return list.map((value, i): Message => {
    const path = `contents[${i}]`
    const content = reader.object(value, path)
    const parts = reader.list(content['parts'], `${path}.parts`)
    const objects = parts.map((part, j) => reader.object(part, `${path}.parts[${j}]`))
    if (content['role'] === 'model') return { role: 'assistant', parts: readModelParts(objects, calls) }
    return { role: 'user', parts: objects.map((part) => readUser(part, calls)) }
  })
}

/** Instructions are a content with text parts, or the text itself. */
export function readGeminiText(reader: BodyReader, value: Json, path: string): TextPart[] {
  if (absent(value)) return []
  if (typeof value === 'string') return [{ type: 'text', text: value }]
  const parts = reader.list(reader.object(value, path)['parts'], `${path}.parts`)
  return parts.map((part, i) => {
    const at = `${path}.parts[${i}]`
    return { type: 'text', text: reader.text(reader.object(part, at)['text'], `${at}.text`) }
  })
}

function readUser(part: JsonObject, calls: OpenCalls): UserPart {
  const response = member(part, 'functionResponse')
  if (isObject(response)) return readResult(response, calls)
  return readShared(part) ?? { type: 'opaque', dialect: 'gemini', value: part }
}

function readResult(response: JsonObject, calls: OpenCalls): UserPart {
  const name = textIn(response['name'])
  const { response: value, id } = response
  const text = typeof value === 'string' && value !== '' ? value : JSON.stringify(absent(value) ? {} : value)
  const more = Array.isArray(response['parts']) ? response['parts'].filter(isObject) : []
  const media = more.flatMap((one) => readShared(one) ?? [])
  const isError = isObject(value) && Object.keys(value).length === 1 && value['error'] !== undefined
  return {
    type: 'tool-result',
    callId: calls.answered(name, typeof id === 'string' && id !== '' ? id : undefined),
    name,
    parts: [{ type: 'text', text }, ...media],
    isError: isError ? true : undefined,
  }
}

/** A thought that was streamed comes back in pieces, the last of which holds its seal. */
function readModelParts(objects: readonly JsonObject[], calls: OpenCalls): AssistantPart[] {
  const parts: AssistantPart[] = []
  for (const object of objects) {
    const part = readSaid(object, calls)
    const last = parts.at(-1)
    const goesOn = part.type === 'reasoning' && last?.type === 'reasoning' && !isSealed(last)
    if (goesOn) parts[parts.length - 1] = { ...part, text: last.text + part.text }
    else parts.push(part)
  }
  return parts
}

function isSealed({ signature, encrypted }: ReasoningPart): boolean {
  return (signature ?? encrypted) !== undefined
}

function readSaid(part: JsonObject, calls: OpenCalls): AssistantPart {
  const signature = readSignature(part)
  const call = member(part, 'functionCall')
  if (isObject(call)) {
    const name = textIn(call['name'])
    const { id, args } = call
    const input = JSON.stringify(absent(args) ? {} : args)
    return { type: 'tool-call', form: 'function', id: calls.begin(name, id), name, input, signature }
  }
  if (part['thought'] === true) return { type: 'reasoning', text: textIn(part['text']), ...thoughtSeal(part) }
  const shared = readShared(part)
  if (shared === undefined) return { type: 'opaque', dialect: 'gemini', value: part }
  return { ...shared, signature }
}

/** Parts that both roles may have. */
function readShared(part: JsonObject): TextPart | MediaPart | undefined {
  return typeof part['text'] === 'string' ? { type: 'text', text: part['text'] } : readGeminiMedia(part)
}

/** The media of a part; undefined when the part is not media. */
export function readGeminiMedia(part: JsonObject): MediaPart | undefined {
  const inline = member(part, 'inlineData')
  if (isObject(inline)) {
    const mediaType = textIn(member(inline, 'mimeType')).toLowerCase()
    return mediaPart({ from: 'bytes', base64: plainBase64(textIn(inline['data'])), mediaType }, mediaType)
  }
  const file = member(part, 'fileData')
  if (!isObject(file)) return undefined
  const uri = textIn(member(file, 'fileUri'))
  const mediaType = textIn(member(file, 'mimeType')).toLowerCase() || mediaTypeOfName(uri) || 'application/octet-stream'
  const known = /^https?:/.test(uri) && !uri.includes('generativelanguage.googleapis.com')
  const media: Media = known ? { from: 'url', url: uri, mediaType } : { from: 'file', id: uri, mediaType }
  return mediaPart(media, mediaType)
}

function mediaPart(media: Media, mediaType: string): MediaPart {
  const [kind] = mediaType.split('/')
  return { type: kind === 'image' || kind === 'audio' || kind === 'video' ? kind : 'file', media }
}

function readSignature(part: JsonObject): Sealed | undefined {
  const text = member(part, 'thoughtSignature')
  return typeof text === 'string' && text !== '' ? readSeal(text, thoughtSignature).sealed : undefined
}

function thoughtSeal(part: JsonObject): { id?: string; signature?: Sealed; encrypted?: Sealed } {
  const text = member(part, 'thoughtSignature')
  if (typeof text !== 'string' || text === '') return {}
  const { kind, sealed, id } = readSeal(text, thoughtSignature)
  return id === undefined ? { [kind]: sealed } : { id, [kind]: sealed }
}

interface OpenCall {
  readonly id: string
  isAnswered: boolean
}

/** Matches results with calls: by id, or where they have none, with the oldest open call of their name. */
class OpenCalls {
  #count = 0
  readonly #byId = new Map<string, CallList>()
  readonly #byName = new Map<string, CallList>()

  begin(name: string, id: Json): string {
    const given = typeof id === 'string' && id !== '' ? id : `call_${this.#count}`
    this.#count++
    const call: OpenCall = { id: given, isAnswered: false }
    addCall(this.#byId, given, call)
    addCall(this.#byName, name, call)
    return given
  }

  answered(name: string, id: string | undefined): string {
    const call = oldestOpen(id === undefined ? this.#byName.get(name) : this.#byId.get(id))
    if (call !== undefined) call.isAnswered = true
    return call?.id ?? id ?? `call_${name}`
  }
}

/** Calls in their order. Those before `first` are answered: to shift them out would cost the length of the list. */
interface CallList {
  readonly calls: OpenCall[]
  first: number
}

function addCall(lists: Map<string, CallList>, key: string, call: OpenCall): void {
  const known = lists.get(key)
  if (known === undefined) lists.set(key, { calls: [call], first: 0 })
  else known.calls.push(call)
}

function oldestOpen(list: CallList | undefined): OpenCall | undefined {
  if (list === undefined) return undefined
  while (list.calls[list.first]?.isAnswered === true) list.first++
  return list.calls[list.first]
}
