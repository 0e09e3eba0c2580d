// Endpoints that the server of a provider turned out not to have, though nobody said so: callers of them are translated, and numbers of
// tokens are estimated. What was learned is forgotten after a while, because servers are updated.
const rememberedMs = 15 * 60_000

export class MissingEndpoints {
  /** The time at which each endpoint is forgotten, by the name of its operation. There are never more entries than operations. */
  readonly #untilMs = new Map<string, number>()

  /** `nowMs` is monotonic, here and below. */
  has(operation: string, nowMs: number): boolean {
    if (this.#untilMs.size === 0) return false
    const untilMs = this.#untilMs.get(operation)
    return untilMs !== undefined && nowMs < untilMs
  }

  add(operation: string, nowMs: number): void {
    this.#untilMs.set(operation, nowMs + rememberedMs)
  }

  /** Forgets an endpoint, because something else turned out to be missing. */
  delete(operation: string): void {
    this.#untilMs.delete(operation)
  }
}
