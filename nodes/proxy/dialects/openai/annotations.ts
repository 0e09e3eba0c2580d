// Citations as OpenAI annotates them: a link with the range of the text that it supports. OpenAI has no form for a
// source without a link, so such sources go into a separate member `citations`.
import type { AssistantPart, Citation, Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { isObject, saidIn } from '../common/body-reader.ts'

export function readAnnotations(value: Json): Citation[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined
  return value.filter(isObject).map(readAnnotation)
}

/** The annotation is nested in chat completions and flat in the Responses API. */
export function readAnnotation(value: JsonObject): Citation {
  const inner = isObject(value['url_citation']) ? value['url_citation'] : value
  const { url, title, start_index: start, end_index: end, file_id: fileId, filename } = inner
  const name = saidIn(title) ?? filename
  return {
    url: saidIn(url),
    title: saidIn(name),
    fileId: saidIn(fileId),
    start: typeof start === 'number' ? start : undefined,
    end: typeof end === 'number' ? end : undefined,
  }
}

export function printAnnotations(parts: readonly AssistantPart[]): Json[] {
  const printed: Json[] = []
  let offset = 0
  for (const part of parts) {
    if (part.type !== 'text') continue
    for (const citation of part.citations ?? []) {
      const one = printAnnotation(citation, offset, part.text.length)
      if (one !== undefined) printed.push(one)
    }
    offset += part.text.length
  }
  return printed
}

/** A citation without a range covers the whole part. `offset` is where the part begins in the message. */
export function printAnnotation({ url, title, start, end }: Citation, offset: number, length: number): Json {
  if (url === undefined) return undefined
  const range = { start_index: offset + (start ?? 0), end_index: offset + (end ?? length) }
  return { type: 'url_citation', url_citation: { ...range, url, title: title ?? url } }
}

export function printSources(parts: readonly AssistantPart[]): Json[] | undefined {
  const printed = parts.flatMap((part) => (part.type === 'text' ? (part.citations ?? []) : [])).flatMap(printSource)
  return printed.length === 0 ? undefined : printed
}

export function printSource({ url, title, fileId, citedText }: Citation): Json[] {
  return url === undefined ? [{ title, file_id: fileId, cited_text: citedText }] : []
}
