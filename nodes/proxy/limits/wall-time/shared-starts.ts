// Shares the beginnings of sessions with the other proxies over the bus. No request waits for it.
import { type Bus, decodeJson, encodeJson, subjects } from '../../../../cluster/bus/bus.ts'
import type { Clock, Timer } from '../../../../shared/clock.ts'
import type { SessionStart, SessionStarts } from './session-starts.ts'

/** The wait before news are told, so that a burst makes one message. */
const tellMs = 20
const startsInMessageMax = 512
/** News beyond that are not told: the next request of the session tells them. */
const newsMax = 65_536

export interface SharedStartsOptions {
  readonly starts: SessionStarts
  readonly bus: Bus
  readonly clock: Clock
}

export function shareStarts({ starts, bus, clock }: SharedStartsOptions): { stop(): void } {
  const news = new Map<number, SessionStart>()
  let timer: Timer | undefined
  const tell = () => {
    timer = undefined
    const all = [...news.values()]
    news.clear()
    for (let from = 0; from < all.length; from += startsInMessageMax)
      bus.publish(subjects.sessionStarts, encodeJson(all.slice(from, from + startsInMessageMax).map(packed)))
  }
  starts.onNews = (start) => {
    if (news.size < newsMax) news.set(start.key, start)
    timer ??= clock.after(tellMs, tell)
  }
  const listening = bus.subscribe(subjects.sessionStarts, (payload) => {
    for (const start of decodeStarts(payload)) starts.hear(start, clock.wallMs())
  })
  return {
    stop() {
      starts.onNews = undefined
      timer?.cancel()
      listening.stop()
    },
  }
}

function packed({ key, startMs, untilMs }: SessionStart): [number, number, number] {
  return [key, startMs, untilMs]
}

/** What is no list of whole numbers says nothing. */
export function decodeStarts(payload: Uint8Array): SessionStart[] {
  const told = decoded(payload)
  if (!Array.isArray(told)) return []
  return told.slice(0, startsInMessageMax).flatMap((one) => {
    if (!Array.isArray(one) || !one.every((part) => Number.isSafeInteger(part) && part >= 0)) return []
    const [key, startMs, untilMs] = one as [number, number, number]
    return untilMs === undefined ? [] : [{ key, startMs, untilMs }]
  })
}

function decoded(payload: Uint8Array): unknown {
  try {
    return decodeJson(payload)
  } catch {
    return undefined
  }
}
