// Why an upstream cannot be talked to, for operators: a caller is only told that it could not. Once a minute for each
// origin, however many requests fail on it. Lost connections are not told: they are part of every day.
import type { Clock } from '../../../shared/clock.ts'
import type { Notify } from '../../../shared/notice.ts'
import type { UpstreamError, UpstreamOrigin } from './upstream.ts'

export type ReportUnreachable = (origin: UpstreamOrigin, failure: Pick<UpstreamError, 'type' | 'message'>) => void

const silenceMs = 60_000
const originsMax = 1_024

export function unreachableReporter({ clock, notify }: { clock: Clock; notify: Notify }): ReportUnreachable {
  const toldAtMs = new Map<string, number>()
  return ({ key }, { type, message }) => {
    if (type === 'reset') return
    const nowMs = clock.monotonicMs()
    const told = toldAtMs.get(key)
    if (told !== undefined && nowMs - told < silenceMs) return
    if (toldAtMs.size >= originsMax) toldAtMs.clear()
    toldAtMs.set(key, nowMs)
    notify({ type: 'upstream-unreachable', problem: type, message })
  }
}
