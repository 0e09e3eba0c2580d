// When a client reads too slowly: the time within a minute in which it accepted no bytes, less what it accepted since.
import { bounds } from '../../../shared/bounds.ts'

export const slowWindowMs = 60_000
/** 16 KB/s, which is also the parser's floor for uploads. A reader that is at least this fast is never too slow. */
const floorBytesPerMs = 16

/** What is left of the time of a client that has accepted these bytes. */
export function creditedMs(fullMs: number, bytes: number): number {
  return Math.max(0, fullMs - bytes / floorBytesPerMs)
}

export function isTooSlow(fullMs: number): boolean {
  return fullMs > bounds.slowReaderMsPerMinuteMax
}
