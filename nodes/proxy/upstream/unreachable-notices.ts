// Tells operators why an upstream cannot be reached; callers are only told that it cannot. Each origin is reported once a
// minute, however many requests fail on it. Connections that are reset are not reported, because they are normal.
import type { Clock } from '../../../shared/clock.ts'
import type { Notify } from '../../../shared/notice.ts'
import type { UpstreamError, UpstreamOrigin } from './upstream.ts'

export type ReportUnreachable = (origin: UpstreamOrigin, failure: Pick<UpstreamError, 'type' | 'message'>) => void

const intervalMsMin = 60_000
const originsMax = 1_024

export function unreachableReporter({ clock, notify }: { clock: Clock; notify: Notify }): ReportUnreachable {
  const toldAtMs = new Map<string, number>()
  return ({ key }, { type, message }) => {
    if (type === 'reset') return
    const nowMs = clock.monotonicMs()
    const told = toldAtMs.get(key)
    if (told !== undefined && nowMs - told < intervalMsMin) return
    if (toldAtMs.size >= originsMax) toldAtMs.clear()
    toldAtMs.set(key, nowMs)
    notify({ type: 'upstream-unreachable', problem: type, message })
  }
}
