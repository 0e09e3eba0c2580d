// `If-Match`, as section 13.1.1 of RFC 9110 has it, with revisions for entity tags.
import type { ExpectedRevision } from '../../../shared/config/decide.ts'

/** A revision, `*` as 'exists', undefined without the header. A tag that is none of ours matches nothing. */
export function parseIfMatch(header: string | undefined): { expectedRevision?: ExpectedRevision } {
  if (header === undefined) return {}
  if (header.trim() === '*') return { expectedRevision: 'exists' }
  const revision = /^\s*"?(\d{1,15})"?\s*$/.exec(header)?.[1]
  return { expectedRevision: revision === undefined ? -1 : Number(revision) }
}

export function etag(revision: number): Record<string, string> {
  return { etag: `"${revision}"` }
}
