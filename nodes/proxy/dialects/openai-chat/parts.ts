// Chat completions: parses and prints the parts of content.
import type { Json, JsonObject, Media, MediaPart, OpaquePart, TextPart } from '../../../../shared/chat/parts.ts'
import { done, fail, type Result } from '../../../../shared/result.ts'
import type { BodyReader } from '../common/body-reader.ts'
import { printCache, readCache } from '../common/cache-control.ts'
import { kindOfMedia, mediaOfUrl, mediaTypeOfName, plainBase64, typedByName, urlOfMedia } from '../common/media.ts'

export function readChatPart(reader: BodyReader, value: Json, path: string): TextPart | MediaPart | OpaquePart {
  const part = reader.object(value, path)
  const type = reader.text(part['type'], `${path}.type`)
  const cache = readCache(part['cache_control'])
  switch (type) {
    case 'text':
      return { type, text: reader.text(part['text'], `${path}.text`), cache }
    case 'image_url':
      return { ...readLinked(reader, part[type], { path: `${path}.${type}`, usual: 'image' }), cache }
    case 'video_url':
      return { ...readLinked(reader, part[type], { path: `${path}.${type}`, usual: 'video' }), cache }
    case 'input_audio':
      return { type: 'audio', media: readAudio(reader, part[type], `${path}.${type}`), cache }
    case 'file':
      return { ...readFile(reader, reader.object(part['file'], `${path}.file`), `${path}.file`), cache }
    default:
      return { type: 'opaque', dialect: 'openai-chat', value: part }
  }
}

/** Some clients send the link alone instead of an object that holds it. */
function readLinked(
  reader: BodyReader,
  value: Json,
  { path, usual }: { readonly path: string; readonly usual: MediaPart['type'] },
): MediaPart {
  const linked = typeof value === 'string' ? { url: value } : reader.object(value, path)
  const media = mediaOfUrl(reader.text(linked['url'], `${path}.url`))
  return { type: kindOfMedia(media, usual), media, detail: reader.maybeText(linked['detail'], `${path}.detail`) }
}

function readAudio(reader: BodyReader, value: Json, path: string): Media {
  const audio = reader.object(value, path)
  const format = reader.text(audio['format'], `${path}.format`).toLowerCase()
  const base64 = plainBase64(reader.text(audio['data'], `${path}.data`))
  return { from: 'bytes', base64, mediaType: audioTypes[format] ?? `audio/${format}` }
}

const audioTypes: Readonly<Record<string, string>> = { mp3: 'audio/mpeg', wav: 'audio/wav' }

function readFile(reader: BodyReader, file: JsonObject, path: string): MediaPart {
  const name = reader.maybeText(file['filename'], `${path}.filename`)
  const id = reader.maybeText(file['file_id'], `${path}.file_id`)
  if (id !== undefined) return { type: 'file', name, media: { from: 'file', id } }
  const data = reader.text(file['file_data'], `${path}.file_data`)
  const media = mediaOfUrl(data)
  if (media.from === 'bytes' || /^https?:/.test(data)) return { type: 'file', name, media: typedByName(media, name) }
  // Base64 without a data URL: the file name tells the type.
  const mediaType = mediaTypeOfName(name ?? '') ?? 'application/pdf'
  return { type: 'file', name, media: { from: 'bytes', base64: plainBase64(data), mediaType } }
}

/** System messages hold text only. */
export function readChatText(reader: BodyReader, content: Json, path: string): TextPart[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  return reader.list(content, path).flatMap((part, i): TextPart[] => {
    const read = readChatPart(reader, part, `${path}[${i}]`)
    if (read.type === 'text') return [read]
    reader.wrong(`${path}[${i}].type`, 'must be "text" in a system message')
    return []
  })
}

// ── to an upstream ───────────────────────────────────────────────────────────────────────────────────────────────────

export type Unsayable = { capability: 'files' | 'audio' | 'video' | 'foreign content' | 'images'; what: string }

export function printChatPart(part: TextPart | MediaPart | OpaquePart, cacheMarkers: boolean): Result<Json, Unsayable> {
  if (part.type === 'opaque') return done(part.value)
  const printed = part.type === 'text' ? done<JsonObject>({ type: 'text', text: part.text }) : printMedia(part)
  if (!printed.ok) return printed
  return done({ ...printed.value, cache_control: cacheMarkers ? printCache(part.cache) : undefined })
}

function printMedia(part: MediaPart): Result<JsonObject, Unsayable> {
  const { type, media } = part
  const url = urlOfMedia(media)
  if (type === 'image' && url !== undefined) {
    return done({ type: 'image_url', image_url: { url, detail: part.detail } })
  }
  if (type === 'video' && url !== undefined) return done({ type: 'video_url', video_url: { url } })
  if (type === 'audio' && media.from === 'bytes') {
    return done({ type: 'input_audio', input_audio: { data: media.base64, format: audioFormat(media.mediaType) } })
  }
  if (type === 'file') return printFile(part, media)
  return fail({ capability: type === 'image' ? 'images' : type, what: `${type} ${media.from}` })
}

function printFile({ name, context }: MediaPart, media: Media): Result<JsonObject, Unsayable> {
  switch (media.from) {
    case 'file':
      return done({ type: 'file', file: { file_id: media.id } })
    case 'bytes': {
      const filename = name ?? `file.${media.mediaType.split('/')[1] ?? 'bin'}`
      return done({ type: 'file', file: { filename, file_data: urlOfMedia(media) } })
    }
    case 'text': {
      const head = [name, context].filter((line) => line !== undefined).join('\n')
      return done({ type: 'text', text: head === '' ? media.text : `${head}\n\n${media.text}` })
    }
    case 'url':
      return fail({ capability: 'files', what: 'a file by its URL' })
  }
}

function audioFormat(mediaType: string): string {
  const known = Object.entries(audioTypes).find(([, type]) => type === mediaType)
  return known?.[0] ?? (isWave(mediaType) ? 'wav' : (mediaType.split('/')[1] ?? 'wav'))
}

function isWave(mediaType: string): boolean {
  return /^audio\/(x-|vnd\.)?wave?$/.test(mediaType)
}

/** Joins parts into one text, which every host accepts; undefined when one of them is not text. */
export function plainText(
  parts: readonly { readonly type: string; readonly text?: string }[],
  between: string,
): string | undefined {
  let text = ''
  for (const [i, part] of parts.entries()) {
    if (part.type !== 'text') return undefined
    text += (i === 0 ? '' : between) + part.text
  }
  return text
}
