// Edits the body of a request that continues responses stored here, for a provider that speaks the Responses API: the provider gets the
// whole conversation as input, because it has none of it.
import type { Json, JsonObject } from '../../../shared/chat/parts.ts'
import { parseExact } from '../../../shared/json/exact.ts'
import type { BodyScan } from '../../../shared/json/scan.ts'
import { type Edit, editOut } from '../../../shared/json/splice.ts'
import type { Target } from '../providers/endpoint.ts'
import type { Continuation } from './continuation.ts'
import type { ProviderResponse } from './stored-response.ts'

/** The edits of a body; none where the provider has the conversation itself. */
export function stateEdits(scan: BodyScan, { history, referred }: StoredState): readonly Edit[] {
  if (history === undefined && referred === undefined) return []
  const earlier = history?.items() ?? []
  const own = referred === undefined ? ownInput(scan) : printed(referred.resolve(inputOf(scan)).forOthers)
  const list = `[${[printed(earlier), own].filter((items) => items !== '').join(',')}]`
  const span = scan.field('input')
  const at = scan.open + 1
  const edit: Edit =
    span === undefined
      ? { start: at, end: at, replacement: `"input":${list}`, member: 'in' }
      : { start: span.start, end: span.end, replacement: list }
  const previous = history === undefined ? undefined : editOut(scan, 'previous_response_id')
  return previous === undefined ? [edit] : [edit, previous]
}

/** What a request continues and refers to, as it is stored. */
export type StoredState = Pick<Continuation, 'history' | 'referred'>

function inputOf(scan: BodyScan): readonly Json[] {
  const span = scan.field('input')
  return span?.kind === 'array' ? (parseExact(scan.bytes.utf8Slice(span.start, span.end)) as Json[]) : []
}

function printed(items: readonly JsonObject[]): string {
  return items.map((item) => JSON.stringify(item)).join(',')
}

/** The caller's own input as items of a list, without its brackets. */
function ownInput(scan: BodyScan): string {
  const span = scan.field('input')
  if (span === undefined) return ''
  const text = scan.bytes.utf8Slice(span.start, span.end)
  return span.kind === 'array' ? text.slice(1, -1).trim() : `{"role":"user","content":${text}}`
}

/** Whether a response that a provider holds can be continued at this target. */
export function isPinned(target: Target, { provider }: ProviderResponse): boolean {
  return target.provider === provider && target.speaks.has('openai-responses')
}
