// Endpoints that the server of a provider turned out not to have, though nobody said so: callers of them are translated. What was
// learned is forgotten after a while, because servers are updated.
import type { Dialect } from '../../../shared/chat/parts.ts'

const rememberedMs = 15 * 60_000

export class MissingEndpoints {
  /** By dialect, so there are never more than there are dialects. */
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

  /** It was something else that was missing. */
  delete(dialect: Dialect): void {
    this.#untilMs.delete(dialect)
  }
}
