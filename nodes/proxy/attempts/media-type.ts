// The media type that a caller is told. An upstream that somebody has taken over, or that hands out files of callers, could call its
// bytes a page or a script, and a browser would run them with the rights of the gateway's origin. So only types pass that no browser
// runs; other bytes are told as what they are to the gateway: bytes.

const unknownType = 'application/octet-stream'

export function bytesType(contentType: string): string {
  const essence = essenceOf(contentType)
  return essence !== undefined && isInert(essence) ? contentType : unknownType
}

/** The type of an answer that was read as JSON. */
export function jsonType(contentType: string): string {
  if (contentType === 'application/json') return contentType
  const essence = essenceOf(contentType)
  return essence !== undefined && jsonPattern.test(essence) ? contentType : 'application/json'
}

const jsonPattern = /^application\/(?:[\w.-]+\+)?json$/
/** One type with parameters. Of two types behind a comma browsers take the last. */
const typePattern = /^\s*([\w!#$&^.+-]+\/[\w!#$&^.+-]+)\s*(?:;\s*[\w-]+=(?:[\w!#$%&'*+.^`|~:/-]*|"[^"\\,]*")\s*)*;?\s*$/

/** The type without its parameters, in lower case; undefined where a browser could read another one. */
function essenceOf(contentType: string): string | undefined {
  return contentType.length > typeCharactersMax ? undefined : typePattern.exec(contentType)?.[1]?.toLowerCase()
}

const typeCharactersMax = 256

/** Whether no browser runs it. Any type that ends in `+xml` is a document to them, which may have scripts. */
function isInert(essence: string): boolean {
  if (essence.endsWith('+xml')) return false
  return /^(audio|video|font)\//.test(essence) || inertTypes.has(essence) || jsonPattern.test(essence)
}

const inertTypes = new Set([
  unknownType,
  'application/gzip',
  'application/jsonl',
  'application/json-lines',
  'application/x-jsonlines',
  'application/x-ndjson',
  'application/pdf',
  'application/x-subrip',
  'application/zip',
  'image/avif',
  'image/bmp',
  'image/gif',
  'image/heic',
  'image/jpeg',
  'image/jpg',
  'image/png',
  'image/tiff',
  'image/webp',
  'text/csv',
  'text/event-stream',
  'text/markdown',
  'text/plain',
  'text/srt',
  'text/tab-separated-values',
  'text/vtt',
])
