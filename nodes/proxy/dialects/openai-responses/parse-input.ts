// The Responses API: parses the items of the input into messages. Items of one turn are parts of one message.
import type {
  AssistantPart,
  Json,
  JsonObject,
  Media,
  MediaPart,
  OpaquePart,
  ReasoningPart,
  TextPart,
  UserPart,
} from '../../../../shared/chat/parts.ts'
import type { Message } from '../../../../shared/chat/request.ts'
import { type BodyReader, isObject, saidIn } from '../common/body-reader.ts'
import { kindOfMedia, mediaOfUrl, mediaTypeOfName, plainBase64, typedByName } from '../common/media.ts'
import { MergedTurns } from '../common/merged-turns.ts'
import { readSeal } from '../common/sealed-parts.ts'
import { readAnnotations } from '../openai/annotations.ts'
import { isMadeThought } from './made-ids.ts'
import { ToolGroups } from './tool-groups.ts'

/** The kind of seal that `encrypted_content` holds. */
export const encryptedContent = { family: 'openai', kind: 'encrypted' } as const

export interface InputContext {
  /** The earlier turns. Results of their calls are merged into them. */
  readonly history?: readonly Message[] | undefined
  /** Names the tools of groups that were called. */
  readonly groups?: ToolGroups
}

export function readInput(
  reader: BodyReader,
  input: Json,
  { history = [], groups = new ToolGroups() }: InputContext = {},
): Message[] {
  const turns = new MergedTurns('merged', [...history])
  if (typeof input === 'string') {
    turns.messages.push({ role: 'user', parts: [{ type: 'text', text: input }] })
    return turns.messages
  }
  for (const [i, value] of reader.list(input, 'input').entries()) {
    const path = `input[${i}]`
    turns.add(readItem(reader, reader.object(value, path), { path, groups }))
  }
  return turns.messages
}

function readItem(
  reader: BodyReader,
  item: JsonObject,
  { path, groups }: { path: string; groups: ToolGroups },
): Message | undefined {
  const type = reader.maybeText(item['type'], `${path}.type`) ?? 'message'
  switch (type) {
    case 'message':
      return readMessage(reader, item, path)
    case 'function_call':
    case 'custom_tool_call':
      return { role: 'assistant', parts: [readCall(reader, item, { path, groups })] }
    case 'function_call_output':
    case 'custom_tool_call_output':
      return { role: 'user', parts: [readOutput(reader, item, path)] }
    case 'reasoning':
      return { role: 'assistant', parts: [withProviderId(readThought(item))] }
    case 'additional_tools':
      // They are among the request's tools.
      return undefined
    case 'item_reference':
      reader.wrong(path, 'names an item that is not kept here; send the item itself', 'item_not_found')
      return undefined
    default:
      return { role: 'assistant', parts: [{ type: 'opaque', dialect: 'openai-responses', value: item }] }
  }
}

function readMessage(reader: BodyReader, item: JsonObject, path: string): Message | undefined {
  const { role, content } = item
  switch (role) {
    case 'system':
    case 'developer': {
      const parts = readContent(reader, content, `${path}.content`).filter((part) => part.type === 'text')
      return { role: 'system', developer: role === 'developer', parts }
    }
    case 'user':
      return { role, parts: readContent(reader, content, `${path}.content`) }
    case 'assistant':
      return { role, parts: readSaid(reader, content, `${path}.content`) }
    default:
      reader.wrong(`${path}.role`, 'must be user, assistant, system or developer')
      return undefined
  }
}

function readContent(reader: BodyReader, content: Json, path: string): (TextPart | MediaPart | OpaquePart)[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  return reader.list(content, path).map((value, i) => {
    const at = `${path}[${i}]`
    return readPart(reader, reader.object(value, at), at)
  })
}

function readSaid(reader: BodyReader, content: Json, path: string): AssistantPart[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  return reader.list(content, path).map((value, i): AssistantPart => {
    const at = `${path}[${i}]`
    const part = reader.object(value, at)
    if (part['type'] === 'refusal') return { type: 'refusal', text: reader.text(part['refusal'], `${at}.refusal`) }
    return readPart(reader, part, at)
  })
}

function readPart(reader: BodyReader, part: JsonObject, path: string): TextPart | MediaPart | OpaquePart {
  const text = (name: string) => reader.text(part[name], `${path}.${name}`)
  const maybe = (name: string) => reader.maybeText(part[name], `${path}.${name}`)
  switch (part['type']) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return { type: 'text', text: text('text'), citations: readAnnotations(part['annotations']) }
    case 'input_image': {
      const id = maybe('file_id')
      const media = id === undefined ? mediaOfUrl(text('image_url')) : ({ from: 'file', id } as const)
      return { type: kindOfMedia(media, 'image'), media, detail: maybe('detail') }
    }
    case 'input_file':
      return readFile(reader, part, path)
    case 'input_audio':
      return { type: 'audio', media: readAudio(reader, part['input_audio'], `${path}.input_audio`) }
    default:
      reader.text(part['type'], `${path}.type`)
      return { type: 'opaque', dialect: 'openai-responses', value: part }
  }
}

function readAudio(reader: BodyReader, value: Json, path: string): Media {
  const audio = reader.object(value, path)
  const format = reader.text(audio['format'], `${path}.format`).toLowerCase()
  const base64 = plainBase64(reader.text(audio['data'], `${path}.data`))
  return { from: 'bytes', base64, mediaType: format === 'mp3' ? 'audio/mpeg' : `audio/${format}` }
}

function readFile(reader: BodyReader, part: JsonObject, path: string): MediaPart {
  const maybe = (name: string) => reader.maybeText(part[name], `${path}.${name}`)
  const name = maybe('filename')
  const id = maybe('file_id')
  const url = maybe('file_url')
  if (id !== undefined) return { type: 'file', name, media: { from: 'file', id } }
  if (url !== undefined) return { type: 'file', name, media: { from: 'url', url } }
  const data = reader.text(part['file_data'], `${path}.file_data`)
  const media = mediaOfUrl(data)
  if (media.from === 'bytes') return { type: 'file', name, media: typedByName(media, name) }
  const mediaType = mediaTypeOfName(name ?? '') ?? 'application/pdf'
  return { type: 'file', name, media: { from: 'bytes', base64: plainBase64(data), mediaType } }
}

function readCall(
  reader: BodyReader,
  item: JsonObject,
  { path, groups }: { path: string; groups: ToolGroups },
): AssistantPart {
  const custom = item['type'] === 'custom_tool_call'
  const input = custom ? 'input' : 'arguments'
  const name = reader.text(item['name'], `${path}.name`)
  const group = reader.maybeText(item['namespace'], `${path}.namespace`)
  return {
    type: 'tool-call',
    form: custom ? 'custom' : 'function',
    id: reader.text(item['call_id'], `${path}.call_id`),
    name: group === undefined ? name : groups.write({ group, name }),
    input: reader.text(item[input], `${path}.${input}`),
  }
}

function readOutput(reader: BodyReader, item: JsonObject, path: string): UserPart {
  const callId = reader.text(item['call_id'], `${path}.call_id`)
  return { type: 'tool-result', callId, parts: readContent(reader, item['output'], `${path}.output`) }
}

/** The gateway's own ids say nothing to a provider. */
function withProviderId({ id, ...thought }: ReasoningPart): ReasoningPart {
  return id === undefined || isMadeThought(id) ? thought : { ...thought, id }
}

/** The text is the reasoning itself where the model shows it, otherwise its summary. */
export function readThought(item: JsonObject): ReasoningPart {
  const { encrypted_content: encrypted } = item
  const id = saidIn(item['id'])
  const content = textsOf(item['content'])
  const part = { type: 'reasoning', text: content === '' ? textsOf(item['summary']) : content } as const
  if (typeof encrypted !== 'string' || encrypted === '') return id === undefined ? part : { ...part, id }
  const seal = readSeal(encrypted, encryptedContent)
  const sealed = { ...part, [seal.kind]: seal.sealed }
  // A tag may hold the provider's id; the item then has one of the gateway.
  const own = seal.id ?? id
  return own === undefined ? sealed : { ...sealed, id: own }
}

function textsOf(value: Json): string {
  if (!Array.isArray(value)) return ''
  const texts = value.flatMap((one) => (isObject(one) && typeof one['text'] === 'string' ? [one['text']] : []))
  return texts.join('\n\n')
}
