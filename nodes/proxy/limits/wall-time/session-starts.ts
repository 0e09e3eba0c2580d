// When sessions began: at their first request at any proxy. Each proxy keeps what it has seen and heard, tells the others of each session
// that is new to it, and whoever knows of an earlier beginning says so. The earliest one counts, so messages may be lost, repeated and late.

/** One session under one limit. Times are of the wall clock. */
export interface SessionStart {
  readonly key: number
  readonly startMs: number
  /** When the name is forgotten, and a request under it begins anew. */
  readonly untilMs: number
}

interface Known {
  startMs: number
  untilMs: number
  /** Whose session it is; '' for one that another proxy told of. */
  readonly caller: string
}

/** Sessions that are kept, and those of one key: who names ever new ones forgets its own. */
const startsMax = 131_072
const startsPerCallerMax = 4_096
/** A clock that is further ahead is not believed. */
const aheadMsMax = 600_000
const keptMsMax = 90 * 86_400_000

export class SessionStarts {
  /** Is told of what the others do not know yet. */
  onNews: ((start: SessionStart) => void) | undefined
  readonly #known = new Map<number, Known>()
  readonly #byCaller = new Map<string, Set<number>>()

  get size(): number {
    return this.#known.size
  }

  /** When a session began, which is now for one that nobody knows. */
  begin(key: number, caller: string, { nowMs, keptMs }: { nowMs: number; keptMs: number }): number {
    const startMs = this.startOf(key, nowMs)
    if (startMs !== undefined) return startMs
    this.#keep(key, { startMs: nowMs, untilMs: nowMs + keptMs, caller })
    this.onNews?.({ key, startMs: nowMs, untilMs: nowMs + keptMs })
    return nowMs
  }

  /** Undefined for a session that nobody knows, or whose name was forgotten. */
  startOf(key: number, nowMs: number): number | undefined {
    const known = this.#known.get(key)
    if (known === undefined) return undefined
    if (known.untilMs > nowMs) return known.startMs
    this.#forget(key)
    return undefined
  }

  /** What another proxy says. */
  hear({ key, startMs, untilMs }: SessionStart, nowMs: number): void {
    if (startMs > nowMs + aheadMsMax || untilMs <= nowMs || untilMs <= startMs || untilMs - startMs > keptMsMax) return
    const mine = this.startOf(key, nowMs) === undefined ? undefined : this.#known.get(key)
    if (mine === undefined) this.#keep(key, { startMs, untilMs, caller: '' })
    else if (mine.startMs < startMs) this.onNews?.({ key, startMs: mine.startMs, untilMs: mine.untilMs })
    else {
      mine.startMs = startMs
      mine.untilMs = Math.min(mine.untilMs, untilMs)
    }
  }

  #keep(key: number, known: Known): void {
    if (this.#known.size >= startsMax) this.#forget(first(this.#known))
    this.#known.set(key, known)
    if (known.caller === '') return
    const own = this.#byCaller.get(known.caller) ?? new Set<number>()
    this.#byCaller.set(known.caller, own)
    if (own.size >= startsPerCallerMax) this.#forget(first(own))
    own.add(key)
  }

  #forget(key: number | undefined): void {
    const known = key === undefined ? undefined : this.#known.get(key)
    if (key === undefined || known === undefined) return
    this.#known.delete(key)
    const own = this.#byCaller.get(known.caller)
    own?.delete(key)
    if (own?.size === 0) this.#byCaller.delete(known.caller)
  }
}

function first(keys: { keys(): Iterator<number> }): number | undefined {
  const next = keys.keys().next()
  return next.done === true ? undefined : next.value
}
