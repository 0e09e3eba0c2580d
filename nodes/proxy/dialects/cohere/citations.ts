// Citations of Cohere answers: documents that came with the request, and tool results.
import type { Citation, Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { isObject } from '../common/body-reader.ts'

/** Returns one citation per source. `text` is the text of the cited part: Cohere counts its characters, and `Citation`
 *  its UTF-16 units. */
export function readCohereCitations(value: JsonObject, text: string): Citation[] {
  const { start, end, sources } = value
  const place = {
    start: typeof start === 'number' ? unitsBefore(text, start) : undefined,
    end: typeof end === 'number' ? unitsBefore(text, end) : undefined,
  }
  const raw = { dialect: 'cohere', value } as const
  const listed = Array.isArray(sources) ? sources.filter(isObject) : []
  if (listed.length === 0) return [{ ...place, raw }]
  return listed.map((source) => ({ ...sourceOf(source), ...place, raw }))
}

function sourceOf(source: JsonObject): Pick<Citation, 'url' | 'title' | 'citedText'> {
  const document = [source['document'], source['tool_output']].find(isObject) ?? {}
  return {
    url: textOf(document['url']),
    title: textOf(document['title']) ?? textOf(source['id']),
    citedText: textOf(document['text']) ?? textOf(document['snippet']),
  }
}

function textOf(value: Json): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function unitsBefore(text: string, characters: number): number {
  let units = 0
  for (let seen = 0; seen < characters && units < text.length; seen++)
    units += (text.codePointAt(units) ?? 0) > 0xffff ? 2 : 1
  return units
}
