// Signs of life in a stream that is silent: what stands between us and the caller closes connections on which nothing happens.
export const keepAliveMs = 15_000

export class KeepAlive {
  #beatMs: number

  /** `nowMs` is the monotonic time at which the head of the answer went out. */
  constructor(nowMs: number) {
    this.#beatMs = nowMs
  }

  /** Whether a sign is due: nothing was sent since `lastEventMs`. */
  isDue(nowMs: number, lastEventMs: number): boolean {
    if (nowMs - Math.max(this.#beatMs, lastEventMs) < keepAliveMs) return false
    this.#beatMs = nowMs
    return true
  }
}
