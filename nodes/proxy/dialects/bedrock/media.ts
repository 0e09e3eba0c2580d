// Bedrock Converse: images, documents and videos, as bytes or as S3 objects. Neither Bedrock nor the gateway fetches
// links.
import type { MissingCapability } from '../../../../shared/chat/capabilities.ts'
import type { JsonObject, Media, MediaPart } from '../../../../shared/chat/parts.ts'
import { done, fail, type Result } from '../../../../shared/result.ts'
import { imageTypeOf, mediaTypeOfName, typedByName } from '../common/media.ts'
import type { DocumentNames } from './document-names.ts'

const imageFormats: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpeg',
  'image/jpg': 'jpeg',
  'image/gif': 'gif',
  'image/webp': 'webp',
}
const documentFormats: Readonly<Record<string, string>> = {
  'application/pdf': 'pdf',
  'text/csv': 'csv',
  'application/msword': 'doc',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/vnd.ms-excel': 'xls',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  'text/html': 'html',
  'text/plain': 'txt',
  'text/markdown': 'md',
}
const videoFormats: Readonly<Record<string, string>> = {
  'video/mp4': 'mp4',
  'video/quicktime': 'mov',
  'video/x-matroska': 'mkv',
  'video/webm': 'webm',
  'video/x-flv': 'flv',
  'video/mpeg': 'mpeg',
  'video/x-ms-wmv': 'wmv',
  'video/3gpp': 'three_gp',
}

export function printBedrockMedia(part: MediaPart, names: DocumentNames): Result<JsonObject, MissingCapability> {
  switch (part.type) {
    case 'image':
      return printed('images', part.media, imageFormats, (format, source) => ({ image: { format, source } }))
    case 'video':
      return printed('video', part.media, videoFormats, (format, source) => ({ video: { format, source } }))
    case 'file':
      return printDocument(part, names)
    case 'audio':
      return fail({ capability: 'audio', what: 'audio' })
  }
}

function printDocument(part: MediaPart, names: DocumentNames): Result<JsonObject, MissingCapability> {
  const { name, context, citable } = part
  const citations = citable === true ? { enabled: true } : undefined
  return printed('files', typedByName(part.media, name), documentFormats, (format, source) => ({
    document: { format, name: names.write(name), source, context, citations },
  }))
}

function printed(
  capability: 'images' | 'video' | 'files',
  media: Media,
  formats: Readonly<Record<string, string>>,
  block: (format: string, source: JsonObject) => JsonObject,
): Result<JsonObject, MissingCapability> {
  const source = sourceOf(media)
  if (source === undefined) return fail({ capability, what: media.from })
  const mediaType = mediaTypeOf(media)
  const format = formats[mediaType]
  return format === undefined ? fail({ capability, what: mediaType || media.from }) : done(block(format, source))
}

function sourceOf(media: Media): JsonObject | undefined {
  switch (media.from) {
    case 'bytes':
      return { bytes: media.base64 }
    case 'text':
      return { text: media.text }
    case 'url':
      return media.url.startsWith('s3://') ? { s3Location: { uri: media.url } } : undefined
    case 'file':
      return undefined
  }
}

function mediaTypeOf(media: Media): string {
  if (media.from === 'text') return 'text/plain'
  if (media.from === 'url') return media.mediaType ?? mediaTypeOfName(media.url) ?? ''
  const told = media.mediaType ?? ''
  return media.from === 'bytes' ? (imageTypeOf(media.base64) ?? told) : told
}
