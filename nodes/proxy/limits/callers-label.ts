// Labels that callers name themselves: in the header `x-headgate-metadata`, a JSON object, else in the metadata of their bodies.
import type { BodyScan } from '../../../shared/json/scan.ts'
import type { RequestHead } from '../http/http.ts'

/** Metadata that is longer names nothing: it is read for the sake of a limit alone. */
const bytesMax = 16_384

/** '' where the caller names none. OpenAI's and Anthropic's bodies have `metadata`, those of Vertex AI `labels`. */
export function callersLabel(name: string, head: Pick<RequestHead, 'header'>, scan: BodyScan | undefined): string {
  const told = head.header('x-headgate-metadata')
  const fromHead = told === undefined ? '' : textIn(told, name)
  if (fromHead !== '' || scan === undefined) return fromHead
  for (const member of ['metadata', 'labels'] as const) {
    const span = scan.field(member)
    if (span?.kind !== 'object' || span.end - span.start > bytesMax) continue
    const text = textIn(scan.bytes.toString('utf8', span.start, span.end), name)
    if (text !== '') return text
  }
  return ''
}

function textIn(json: string, name: string): string {
  if (json.length > bytesMax) return ''
  const labels = tryParse(json)
  if (typeof labels !== 'object' || labels === null || !Object.hasOwn(labels, name)) return ''
  const value = (labels as Record<string, unknown>)[name]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

function tryParse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
