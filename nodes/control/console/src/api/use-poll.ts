// Asks again and again while the page is looked at. A failed call doubles the wait, so that a control node that comes back
// is not met by a stampede of open tabs; the last good answer stays on the page meanwhile, with the error beside it.
import { useEffect, useEffectEvent, useState } from 'react'
import type { Answer } from './client.ts'
import type { ApiProblem } from './problem.ts'

const waitMsMax = 30_000

export interface Poll<Value> {
  value: Value | undefined
  problem: ApiProblem | undefined
}

export function usePoll<Value>(options: {
  load: (signal: AbortSignal) => Answer<Value>
  intervalMs: number
  /** What is asked for: when it changes, the call under way is aborted and the new one starts at once. */
  question?: string
  /** False asks no more, and aborts a call that is under way. */
  enabled?: boolean
}): Poll<Value> {
  const { intervalMs, enabled = true, question = '' } = options
  const [poll, setPoll] = useState<Poll<Value>>({ value: undefined, problem: undefined })
  const load = useEffectEvent(options.load)

  // biome-ignore lint/correctness/useExhaustiveDependencies: `load` reads what `question` stands for.
  useEffect(() => {
    if (!enabled) return
    const abort = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    let failures = 0
    let busy = false

    async function ask(): Promise<void> {
      if (busy) return
      busy = true
      clearTimeout(timer)
      const answer = await load(abort.signal)
      busy = false
      if (abort.signal.aborted) return
      failures = answer.ok ? 0 : failures + 1
      if (answer.ok) setPoll({ value: answer.value, problem: undefined })
      else setPoll((before) => ({ value: before.value, problem: answer.error }))
      if (!document.hidden) timer = setTimeout(ask, waitMs(intervalMs, failures))
    }
    function onVisibility(): void {
      clearTimeout(timer)
      if (!document.hidden) void ask()
    }

    document.addEventListener('visibilitychange', onVisibility)
    void ask()
    return () => {
      document.removeEventListener('visibilitychange', onVisibility)
      clearTimeout(timer)
      abort.abort()
    }
  }, [enabled, intervalMs, question])

  return poll
}

export function waitMs(intervalMs: number, failures: number): number {
  return Math.min(intervalMs * 2 ** Math.min(failures, 10), Math.max(waitMsMax, intervalMs))
}
