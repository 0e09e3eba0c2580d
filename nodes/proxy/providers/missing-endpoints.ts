// Endpoints that the server of a provider turned out not to have, though nobody said so: callers of them are translated. What was
// learned is forgotten after a while, because servers are updated.
import type { Dialect } from '../../../shared/chat/parts.ts'

const rememberedMs = 15 * 60_000

export class MissingEndpoints {
  /** The time at which each dialect is forgotten. There are never more entries than dialects. */
  readonly #untilMs = new Map<Dialect, number>()

  /** `nowMs` is monotonic, here and below. */
  has(dialect: Dialect, nowMs: number): boolean {
    if (this.#untilMs.size === 0) return false
    const untilMs = this.#untilMs.get(dialect)
    return untilMs !== undefined && nowMs < untilMs
  }

  add(dialect: Dialect, nowMs: number): void {
    this.#untilMs.set(dialect, nowMs + rememberedMs)
  }

  /** Forgets a dialect, because something else turned out to be missing. */
  delete(dialect: Dialect): void {
    this.#untilMs.delete(dialect)
  }
}
