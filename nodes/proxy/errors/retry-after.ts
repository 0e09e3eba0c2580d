// The wait that an upstream asks for: `retry-after-ms`, then `retry-after` in seconds or as a date (RFC 9110, section 10.2.3).
import type { UpstreamHead } from '../upstream/upstream.ts'

/** The wait in milliseconds; undefined when the head has no readable one. `wallMs` is the wall clock. */
export function retryAfterMsOf(head: UpstreamHead, wallMs: number): number | undefined {
  const exact = Number(head.header('retry-after-ms') ?? Number.NaN)
  if (exact >= 0) return exact
  const text = head.header('retry-after')
  if (text === undefined || text.trim() === '') return undefined
  const seconds = Number(text)
  if (seconds >= 0) return seconds * 1_000
  const dateMs = Date.parse(text)
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - wallMs)
}
