// The Responses API: prints content for an upstream.
import type {
  Json,
  JsonObject,
  Media,
  MediaPart,
  OpaquePart,
  TextPart,
  UserPart,
} from '../../../../shared/chat/parts.ts'
import { done, fail, type Result } from '../../../../shared/result.ts'
import { urlOfMedia } from '../common/media.ts'

export type Unsayable = { capability: 'files' | 'audio' | 'video' | 'foreign content' | 'images'; what: string }

type Content = TextPart | MediaPart | OpaquePart

/** One text is printed as it is, unless `form` wants a list. */
export function printInputContent(parts: readonly UserPart[], form?: 'list'): Result<Json, Unsayable> {
  const [first, ...others] = parts
  if (form !== 'list' && first?.type === 'text' && others.length === 0) return done(first.text)
  const printed: Json[] = []
  for (const part of parts) {
    if (part.type === 'tool-result') continue
    const one = printPart(part)
    if (!one.ok) return one
    printed.push(one.value)
  }
  return done(printed)
}

function printPart(part: Content): Result<JsonObject, Unsayable> {
  switch (part.type) {
    case 'text':
      return done({ type: 'input_text', text: part.text })
    case 'image':
      return printImage(part)
    case 'file':
      return printFile(part)
    case 'opaque':
      return done(part.value)
    case 'audio':
    case 'video':
      return fail({ capability: part.type, what: part.type })
  }
}

function printImage({ media, detail = 'auto' }: MediaPart): Result<JsonObject, Unsayable> {
  if (media.from === 'file') return done({ type: 'input_image', file_id: media.id, detail })
  const url = urlOfMedia(media)
  if (url === undefined || !isFetched(media)) return fail({ capability: 'images', what: `image ${media.from}` })
  return done({ type: 'input_image', image_url: url, detail })
}

/** OpenAI fetches links of the web alone. */
function isFetched(media: Media): boolean {
  return media.from !== 'url' || /^https?:/i.test(media.url)
}

function printFile({ media, name, context }: MediaPart): Result<JsonObject, Unsayable> {
  switch (media.from) {
    case 'file':
      return done({ type: 'input_file', file_id: media.id })
    case 'url':
      if (!isFetched(media)) return fail({ capability: 'files', what: 'a file outside the web' })
      return done({ type: 'input_file', file_url: media.url })
    case 'bytes': {
      const filename = name ?? `file.${media.mediaType.split('/')[1] ?? 'bin'}`
      return done({ type: 'input_file', filename, file_data: urlOfMedia(media) })
    }
    case 'text': {
      const head = [name, context].filter((line) => line !== undefined).join('\n')
      return done({ type: 'input_text', text: head === '' ? media.text : `${head}\n\n${media.text}` })
    }
  }
}
