// Reports to the operator, at most once a minute, why state cannot be stored or read. Callers only learn that it
// cannot.
import type { Clock } from '../../shared/clock.ts'
import type { Notify } from '../../shared/notice.ts'
import type { Result } from '../../shared/result.ts'
import type { StateRefusal, StateStore, StateTrouble } from './state-store.ts'

const pauseMs = 60_000

export function announceState(store: StateStore, { clock, notify }: { clock: Clock; notify: Notify }): StateStore {
  let toldMs = Number.NEGATIVE_INFINITY
  const heard = <Outcome extends Result<unknown, StateTrouble | StateRefusal>>(outcome: Outcome): Outcome => {
    if (outcome.ok || (outcome.error.type !== 'unavailable' && outcome.error.type !== 'full')) return outcome
    if (clock.monotonicMs() - toldMs < pauseMs) return outcome
    toldMs = clock.monotonicMs()
    const { error } = outcome
    notify({ type: 'state-troubled', message: error.type === 'full' ? full : error.message })
    return outcome
  }
  return {
    get: async (key) => heard(await store.get(key)),
    put: async (key, value) => heard(await store.put(key, value)),
    delete: async (key) => heard(await store.delete(key)),
    forget: async (owner) => heard(await store.forget(owner)),
    close: () => store.close(),
  }
}

const full = 'there is no room for more stored responses until others have expired'
