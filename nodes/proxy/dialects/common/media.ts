// Converts media between data URLs, links, and base64 with a media type.
import type { Media } from '../../../../shared/chat/parts.ts'

/** A base64 data URL holds bytes; any other URL is a link. */
export function mediaOfUrl(url: string): Media {
  const head = /^data:([^;,]*)((?:;[^;,]*)*),/i.exec(url)
  if (head === null) return { from: 'url', url }
  const [whole, mediaType = '', attributes = ''] = head
  if (!/;base64$/i.test(attributes)) return { from: 'url', url }
  return { from: 'bytes', mediaType: mediaType.trim().toLowerCase(), base64: url.slice(whole.length) }
}

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
