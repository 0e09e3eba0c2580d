// Citations of Gemini answers: the pages of a grounding search, and recited sources. Google counts offsets in bytes of
// UTF-8, and `Citation` in UTF-16 units.
import type { AssistantPart, Citation, Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { isObject, objectsIn } from '../common/body-reader.ts'

/** `text`: the whole text that the metadata refers to. */
export function readGrounding(metadata: JsonObject, text: string): Citation[] {
  const chunks = objectsIn(metadata['groundingChunks'] ?? metadata['grounding_chunks']).map(sourceOf)
  const supports = objectsIn(metadata['groundingSupports'] ?? metadata['grounding_supports'])
  if (supports.length === 0) return chunks.filter(({ url, title }) => url !== undefined || title !== undefined)
  return supports.flatMap((support) => {
    const indices = support['groundingChunkIndices'] ?? support['grounding_chunk_indices']
    const place = placeOf(isObject(support['segment']) ? support['segment'] : {}, text)
    const cited = Array.isArray(indices) ? indices.flatMap((index: Json) => chunks[Number(index)] ?? []) : []
    return cited.map((chunk) => ({ ...chunk, ...place }))
  })
}

/** A chunk is a web page, a map entry, or a document of a store. */
function sourceOf(chunk: JsonObject): Citation {
  const source = [chunk['web'], chunk['retrievedContext'], chunk['maps']].find(isObject) ?? {}
  const { uri, title, text } = source
  return {
    url: typeof uri === 'string' ? uri : undefined,
    title: typeof title === 'string' ? title : undefined,
    citedText: typeof text === 'string' ? text : undefined,
    raw: { dialect: 'gemini', value: chunk },
  }
}

export function readRecitations(metadata: JsonObject, text: string): Citation[] {
  const sources = metadata['citationSources'] ?? metadata['citations'] ?? metadata['citation_sources']
  return objectsIn(sources).map((source) => ({
    url: typeof source['uri'] === 'string' ? source['uri'] : undefined,
    title: typeof source['title'] === 'string' ? source['title'] : undefined,
    ...placeOf(source, text),
  }))
}

/** The passage, where it is given, is more reliable than its offsets. */
function placeOf(segment: JsonObject, text: string): Pick<Citation, 'start' | 'end'> {
  const passage = segment['text']
  const from = Number(segment['startIndex'] ?? segment['start_index'] ?? 0)
  const to = segment['endIndex'] ?? segment['end_index']
  if (typeof to !== 'number' || !(from >= 0) || to <= from) return {}
  const bytes = Buffer.from(text)
  const start = bytes.utf8Slice(0, from).length
  const end = bytes.utf8Slice(0, to).length
  if (typeof passage !== 'string' || text.slice(start, end) === passage) return { start, end }
  const found = text.indexOf(passage)
  return found < 0 ? {} : { start: found, end: found + passage.length }
}

// ── to a caller ──────────────────────────────────────────────────────────────────────────────────────────────────────

export function printGeminiCitations(parts: readonly AssistantPart[]): Json {
  let offset = 0
  const sources: Json[] = []
  for (const part of parts) {
    if (part.type !== 'text') continue
    for (const citation of part.citations ?? []) sources.push(printSource(citation, offset, part.text))
    offset += Buffer.byteLength(part.text)
  }
  return sources.length === 0 ? undefined : { citationSources: sources }
}

function printSource({ url, title, start = 0, end }: Citation, offset: number, text: string): Json {
  const bytesTo = (unit: number) => offset + Buffer.byteLength(text.slice(0, unit))
  return { startIndex: bytesTo(start), endIndex: bytesTo(end ?? text.length), uri: url, title }
}
