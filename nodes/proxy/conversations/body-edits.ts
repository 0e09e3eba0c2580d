// A request that goes on from responses that are kept here, for a provider that speaks the Responses API itself: it is told
// the whole conversation, because it knows none of it.
import type { JsonObject } from '../../../shared/chat/parts.ts'
import type { BodyScan } from '../../../shared/json/scan.ts'
import { type Edit, editOut } from '../../../shared/json/splice.ts'
import type { Target } from '../providers/endpoint.ts'
import type { Continuation } from './continuation.ts'
import type { ProviderResponse } from './stored-response.ts'

/** None where the provider itself knows what the request goes on from. */
export function stateEdits(scan: BodyScan, { history, input }: Continuation): readonly Edit[] {
  if (history === undefined && input === undefined) return []
  const earlier = history?.items ?? []
  const own = input === undefined ? ownInput(scan) : printed(input.forOthers)
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

function printed(items: readonly JsonObject[]): string {
  return items.map((item) => JSON.stringify(item)).join(',')
}

/** As the caller wrote it, without the brackets of the list. */
function ownInput(scan: BodyScan): string {
  const span = scan.field('input')
  if (span === undefined) return ''
  const text = scan.bytes.utf8Slice(span.start, span.end)
  return span.kind === 'array' ? text.slice(1, -1).trim() : `{"role":"user","content":${text}}`
}

/** Whether what a provider holds can be gone on with at this target. */
export function isPinned(target: Target, { provider }: ProviderResponse): boolean {
  return target.provider === provider && target.speaks.has('openai-responses')
}
