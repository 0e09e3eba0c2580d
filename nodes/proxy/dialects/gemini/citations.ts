// Citations of Gemini answers: the pages of a grounding search, and recited sources. Google counts offsets in bytes of
// UTF-8, and `Citation` in UTF-16 units.
import type { AssistantPart, Citation, Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { isObject, objectsIn } from '../common/body-reader.ts'

/** `text`: the whole text that the metadata refers to. */
export function readGrounding(metadata: JsonObject, text: string): Citation[] {
  const chunks = objectsIn(metadata['groundingChunks'] ?? metadata['grounding_chunks']).map(sourceOf)
  const supports = objectsIn(metadata['groundingSupports'] ?? metadata['grounding_supports'])
  const supported = new Set<Citation>()
  const cited = supports.flatMap((support) => {
    const indices = support['groundingChunkIndices'] ?? support['grounding_chunk_indices']
    const place = placeOf(isObject(support['segment']) ? support['segment'] : {}, text)
    const sources = Array.isArray(indices) ? indices.flatMap((index: Json) => chunks[Number(index)] ?? []) : []
    for (const source of sources) supported.add(source)
    return sources.map((source) => ({ ...source, ...place }))
  })
  const rest = chunks.filter((chunk) => !supported.has(chunk))
  return [...cited, ...rest.filter(({ url, title }) => url !== undefined || title !== undefined)]
}

const chunkKinds = ['web', 'retrievedContext', 'maps']

/** A chunk is a web page, a map entry, or a document of a store. */
function sourceOf(chunk: JsonObject): Citation {
  const source = chunkKinds.map((kind) => chunk[kind]).find(isObject) ?? {}
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
    raw: { dialect: 'gemini', value: source },
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

/** The members of a candidate that tell its sources. Searched pages and documents ground the answer; what was recited is
 *  cited. */
export function printGeminiCitations(parts: readonly AssistantPart[]): JsonObject {
  const grounding = new Grounding()
  const recited: Json[] = []
  let offset = 0
  for (const part of parts) {
    if (part.type !== 'text') continue
    for (const citation of part.citations ?? []) {
      const segment = printSegment(citation, offset, part.text)
      if (isRecited(citation)) recited.push({ ...segment, uri: citation.url, title: citation.title })
      else grounding.add(citation, segment)
    }
    offset += Buffer.byteLength(part.text)
  }
  return {
    groundingMetadata: grounding.print(),
    citationMetadata: recited.length === 0 ? undefined : { citationSources: recited },
  }
}

/** The sources, each once, and the segments of the text that they support. */
class Grounding {
  readonly #chunks: Json[] = []
  readonly #numbers = new Map<string, number>()
  readonly #supports = new Map<string, { readonly segment: JsonObject; readonly numbers: number[] }>()

  add(citation: Citation, segment: JsonObject): void {
    const number = this.#numberOf(printChunk(citation))
    // A source without a range is listed alone.
    if (citation.end === undefined) return
    const key = `${segment['startIndex']}/${segment['endIndex']}`
    const support = this.#supports.get(key)
    if (support === undefined) this.#supports.set(key, { segment, numbers: [number] })
    else if (!support.numbers.includes(number)) support.numbers.push(number)
  }

  print(): JsonObject | undefined {
    if (this.#chunks.length === 0) return undefined
    const supports = [...this.#supports.values()]
    return {
      groundingChunks: this.#chunks,
      groundingSupports: supports.map(({ segment, numbers }) => ({ segment, groundingChunkIndices: numbers })),
    }
  }

  #numberOf(chunk: JsonObject): number {
    const key = JSON.stringify(chunk)
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    this.#numbers.set(key, this.#chunks.length)
    return this.#chunks.push(chunk) - 1
  }
}

function isRecited({ raw }: Citation): boolean {
  return raw?.dialect === 'gemini' && chunkKinds.every((kind) => !(kind in raw.value))
}

function printChunk({ url, title, fileId, citedText, raw }: Citation): JsonObject {
  if (raw?.dialect === 'gemini') return raw.value
  if (url !== undefined) return { web: { uri: url, title } }
  return { retrievedContext: { title: title ?? fileId, text: citedText } }
}

function printSegment({ start = 0, end }: Citation, offset: number, text: string): JsonObject {
  const bytesTo = (unit: number) => offset + Buffer.byteLength(text.slice(0, unit))
  return { startIndex: bytesTo(start), endIndex: bytesTo(end ?? text.length) }
}
