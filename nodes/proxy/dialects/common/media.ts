// Converts media between data URLs, links, and base64 with a media type.
import type { Media, MediaPart } from '../../../../shared/chat/parts.ts'

/** A data URL holds bytes, in base64 or percent-encoded (RFC 2397); any other URL is a link. */
export function mediaOfUrl(url: string): Media {
  const head = /^\s*data:([^;,]*)((?:;[^;,]*)*),/i.exec(url)
  if (head === null) return { from: 'url', url }
  const [whole, told = '', attributes = ''] = head
  const data = url.slice(whole.length)
  const mediaType = told.trim().toLowerCase()
  if (/;\s*base64$/i.test(attributes)) return { from: 'bytes', mediaType, base64: plainBase64(data) }
  const base64 = Buffer.from(unescaped(data), 'utf8').toString('base64')
  return { from: 'bytes', mediaType: mediaType || 'text/plain', base64 }
}

/** Base64 in the alphabet that providers want, without line breaks. Google's SDKs write the alphabet of URLs, which Google takes
 *  (source: the JSON mapping of Protocol Buffers, `bytes`). */
export function plainBase64(text: string): string {
  const isPlain = unusual.every((character) => !text.includes(character))
  if (isPlain) return text
  const whole = text.includes('%') ? unescaped(text) : text
  const standard = whole
    .replace(/[\s=]+/g, '')
    .replaceAll('-', '+')
    .replaceAll('_', '/')
  return standard.padEnd(Math.ceil(standard.length / 4) * 4, '=')
}

const unusual = ['\n', '\r', ' ', '-', '_', '%'] as const

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The kind of a medium, by its type: links to images are often used for other media. */
export function kindOfMedia(media: Media, usual: MediaPart['type']): MediaPart['type'] {
  const mediaType = media.from === 'bytes' ? media.mediaType : ''
  const [kind] = mediaType.split('/')
  if (kind === 'image' || kind === 'audio' || kind === 'video') return kind
  return kind === 'text' || mediaType === 'application/pdf' ? 'file' : usual
}

/** Bytes of a type that says nothing are of the type that the name tells. */
export function typedByName(media: Media, name: string | undefined): Media {
  if (media.from !== 'bytes' || name === undefined || !vague.has(media.mediaType)) return media
  return { ...media, mediaType: mediaTypeOfName(name) ?? media.mediaType }
}

const vague: ReadonlySet<string> = new Set(['', 'application/octet-stream', 'binary/octet-stream'])

/** The URL of media; undefined for media that have none. */
export function urlOfMedia(media: Media): string | undefined {
  if (media.from === 'url') return media.url
  return media.from === 'bytes' ? `data:${media.mediaType};base64,${media.base64}` : undefined
}

const typeByEnding: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  pdf: 'application/pdf',
  txt: 'text/plain',
  md: 'text/markdown',
  csv: 'text/csv',
  doc: 'application/msword',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xls: 'application/vnd.ms-excel',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  html: 'text/html',
  json: 'application/json',
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
  mp4: 'video/mp4',
  webm: 'video/webm',
  mov: 'video/quicktime',
}

/** The media type by the extension of a name or URL; undefined for an unknown extension. */
export function mediaTypeOfName(name: string): string | undefined {
  return typeByEnding[/\.([A-Za-z0-9]+)(?:[?#]|$)/.exec(name)?.[1]?.toLowerCase() ?? '']
}

/** Detects the type by the first bytes: images often come without a type, or with a wrong one that strict providers
 *  refuse. */
export function imageTypeOf(base64: string): string | undefined {
  if (base64.startsWith('iVBORw0KGgo')) return 'image/png'
  if (base64.startsWith('/9j/')) return 'image/jpeg'
  if (base64.startsWith('R0lGOD')) return 'image/gif'
  return base64.startsWith('UklGR') && base64.slice(8, 24).includes('XRUJQ') ? 'image/webp' : undefined
}
