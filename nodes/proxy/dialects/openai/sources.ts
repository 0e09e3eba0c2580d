// Sources that hosts list beside the choices of an answer: `search_results` with titles, or `citations` with links alone
// (Perplexity, xAI). Perplexity's text refers to them by their number in brackets.
// source: https://docs.perplexity.ai/api-reference/chat-completions-post
import type { Citation, Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { isObject, objectsIn, saidIn } from '../common/body-reader.ts'

/** The sources that an answer lists; undefined where it lists none. */
export function readSources(body: JsonObject): Citation[] | undefined {
  const { search_results: results, citations } = body
  if (results === undefined && citations === undefined) return undefined
  const links = Array.isArray(citations) ? citations.flatMap(linkOf) : []
  const titled = objectsIn(results).flatMap(resultOf)
  const byLink = new Map(titled.map((one) => [one.url, one]))
  // The numbers in the text count the links where both lists are there.
  const sources = links.length === 0 ? titled : links.map((url) => byLink.get(url) ?? { url })
  return sources.length === 0 ? undefined : sources
}

/** A source that the text refers to has the place of each reference; another one belongs to the whole text. `text`: undefined
 *  where its numbers mean nothing. */
export function citedIn(text: string | undefined, sources: readonly Citation[]): Citation[] {
  const cited: Citation[] = []
  const seen = new Set<Citation>()
  for (const reference of text?.matchAll(/\[(\d{1,4})\]/g) ?? []) {
    const source = sources[Number(reference[1]) - 1]
    if (source === undefined) continue
    seen.add(source)
    cited.push({ ...source, start: reference.index, end: reference.index + reference[0].length })
  }
  return [...cited, ...sources.filter((source) => !seen.has(source))]
}

function linkOf(value: Json): string[] {
  const link = isObject(value) ? saidIn(value['url']) : saidIn(value)
  return link === undefined ? [] : [link]
}

function resultOf({ url, title, snippet }: JsonObject): Citation[] {
  const link = saidIn(url)
  return link === undefined ? [] : [{ url: link, title: saidIn(title), citedText: saidIn(snippet) }]
}
