// Anthropic Messages: parses the content blocks of requests and answers.
import type {
  AssistantPart,
  Citation,
  Json,
  JsonObject,
  Media,
  MediaPart,
  ReasoningPart,
  TextPart,
  UserPart,
} from '../../../../shared/chat/parts.ts'
import type { Message } from '../../../../shared/chat/request.ts'
import { tryParseExact } from '../../../../shared/json/exact.ts'
import { absent, type BodyReader, isObject, saidIn, textIn } from '../common/body-reader.ts'
import { readCache, withOuterMarker } from '../common/cache-control.ts'
import { uncarried } from '../common/carried-signatures.ts'
import { plainBase64 } from '../common/media.ts'
import { readSeal, type Seal } from '../common/sealed-parts.ts'

export function readSystem(reader: BodyReader, system: Json, path: string): Message[] {
  if (absent(system)) return []
  if (typeof system === 'string') return [{ role: 'system', parts: [{ type: 'text', text: system }] }]
  const parts = reader
    .list(system, path)
    .map((block, i) => readText(reader, reader.object(block, `${path}[${i}]`), `${path}[${i}]`))
  return parts.length === 0 ? [] : [{ role: 'system', parts }]
}

export function readUserContent(reader: BodyReader, content: Json, path: string): UserPart[] {
  return readBlocks(reader, content, path, (block, at) => {
    if (block['type'] !== 'tool_result') return readUserBlock(reader, block, at)
    const { content: inner, is_error: isError } = block
    return {
      type: 'tool-result',
      callId: reader.text(block['tool_use_id'], `${at}.tool_use_id`),
      ...withOuterMarker(
        readBlocks(reader, inner ?? '', `${at}.content`, (one, place) => readUserBlock(reader, one, place)),
        readCache(block['cache_control']),
      ),
      isError: isError === true ? true : undefined,
    }
  })
}

export function readAssistantContent(reader: BodyReader, content: Json, path: string): readonly AssistantPart[] {
  const parts = readBlocks<AssistantPart>(reader, content, path, (block, at) => {
    if (block['type'] === 'text') return readText(reader, block, at)
    if (block['type'] === 'tool_use') {
      reader.text(block['id'], `${at}.id`)
      reader.text(block['name'], `${at}.name`)
      reader.object(block['input'], `${at}.input`)
    }
    return readAssistantBlock(block)
  })
  return uncarried(parts)
}

function readBlocks<Part>(
  reader: BodyReader,
  content: Json,
  path: string,
  read: (block: JsonObject, path: string) => Part,
): (Part | TextPart)[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  return reader.list(content, path).map((item, i) => {
    const at = `${path}[${i}]`
    const block = reader.object(item, at)
    reader.text(block['type'], `${at}.type`)
    return read(block, at)
  })
}

function readText(reader: BodyReader, block: JsonObject, path: string): TextPart {
  const citations = readCitations(block['citations'])
  return {
    type: 'text',
    text: reader.text(block['text'], `${path}.text`),
    citations,
    cache: readCache(block['cache_control']),
  }
}

function readUserBlock(
  reader: BodyReader,
  block: JsonObject,
  path: string,
): Exclude<UserPart, { type: 'tool-result' }> {
  const { type } = block
  if (type === 'text') return readText(reader, block, path)
  if (type === 'image' || type === 'document') {
    const media = readSource(reader, block['source'], `${path}.source`)
    const cache = readCache(block['cache_control'])
    if (media === undefined) return { type: 'opaque', dialect: 'anthropic', value: block }
    return type === 'image' ? { type, media, cache } : { ...readDocument(reader, block, media, path), cache }
  }
  return { type: 'opaque', dialect: 'anthropic', value: block }
}

function readDocument(reader: BodyReader, block: JsonObject, media: Media, path: string): MediaPart {
  const { citations } = block
  return {
    type: 'file',
    media,
    name: reader.maybeText(block['title'], `${path}.title`),
    context: reader.maybeText(block['context'], `${path}.context`),
    citable: isObject(citations) && citations['enabled'] === true ? true : undefined,
  }
}

/** The medium of a source; none for a source that consists of content blocks. */
function readSource(reader: BodyReader, value: Json, path: string): Media | undefined {
  const source = reader.object(value, path)
  const { type, media_type: mediaType } = source
  const text = (name: string) => reader.text(source[name], `${path}.${name}`)
  switch (type) {
    case 'base64':
      return { from: 'bytes', base64: plainBase64(text('data')), mediaType: text('media_type').toLowerCase() }
    case 'url':
      return { from: 'url', url: text('url'), mediaType: saidIn(mediaType) }
    case 'file':
      return { from: 'file', id: text('file_id') }
    case 'text':
      return { from: 'text', text: text('data'), mediaType: 'text/plain' }
    case 'content':
      return undefined
    default:
      reader.wrong(`${path}.type`, 'must be base64, url, file, text or content')
      return undefined
  }
}

// ── what a model said ────────────────────────────────────────────────────────────────────────────────────────────────

/** Parses a block of an assistant message, from the history of a request or from an answer. An unknown block becomes an
 *  opaque part. */
export function readAssistantBlock(block: JsonObject): AssistantPart {
  const { type, text, id, name } = block
  const cache = readCache(block['cache_control'])
  switch (type) {
    case 'text':
      return { type, text: textIn(text), citations: readCitations(block['citations']) }
    case 'thinking':
    case 'redacted_thinking':
      return readThought(block)
    case 'tool_use': {
      const input = inputOf(block['input'])
      return { type: 'tool-call', form: 'function', id: textIn(id), name: textIn(name), input, cache }
    }
    default:
      return { type: 'opaque', dialect: 'anthropic', value: block }
  }
}

/** Hosts that imitate the API write the input as the JSON that it is, or as nothing. */
function inputOf(input: Json): string {
  if (typeof input !== 'string') return JSON.stringify(input ?? {})
  return input === '' ? '{}' : isObject(tryParseExact(input)) ? input : JSON.stringify(input)
}

export function readThought(block: JsonObject): ReasoningPart {
  const { thinking, signature, data } = block
  const text = textIn(thinking)
  if (typeof data === 'string') return sealedThought(text, readSeal(data, redaction))
  if (typeof signature !== 'string' || signature === '') return { type: 'reasoning', text }
  return sealedThought(text, readSeal(signature, proof))
}

function sealedThought(text: string, { kind, sealed, id }: Seal): ReasoningPart {
  const part: ReasoningPart = id === undefined ? { type: 'reasoning', text } : { type: 'reasoning', text, id }
  return kind === 'signature' ? { ...part, signature: sealed } : { ...part, encrypted: sealed }
}

/** The kinds of seal that this dialect has: the signature of a `thinking` block and the data of a `redacted_thinking`
 *  block. */
export const proof = { family: 'anthropic', kind: 'signature' } as const
export const redaction = { family: 'anthropic', kind: 'encrypted' } as const

export function readCitations(value: Json): Citation[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined
  return value.filter(isObject).map(readCitation)
}

/** The ranges in the value are places in the source; the citation belongs to the whole text block. */
export function readCitation(value: JsonObject): Citation {
  const { url, title, document_title: document, cited_text: cited, file_id: fileId } = value
  const name = typeof title === 'string' ? title : document
  return {
    url: typeof url === 'string' ? url : undefined,
    title: typeof name === 'string' ? name : undefined,
    fileId: typeof fileId === 'string' ? fileId : undefined,
    citedText: typeof cited === 'string' ? cited : undefined,
    raw: { dialect: 'anthropic', value },
  }
}
