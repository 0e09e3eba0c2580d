// What follows when a provider rejects attempts because of a limit: the account is left alone for a while. Where no limit is known to be used
// up, one rejection says little: it may be of that request alone, because it is too large, or of a limit that others use up.

/** How a provider rejects an attempt. */
export interface Rejection {
  /** The wait until it may take another one, as far as it told. */
  readonly retryAfterMs: number | undefined
  /** It asked for a wait in so many words. */
  readonly isAsked: boolean
  readonly nowMs: number
}

/** Rejections in a row after which a limit is believed to be reached that nobody knows. */
const rowMin = 4
/** The same for rejections between answers, in so long a time. */
const countedMin = 12
const countedMs = 10_000
/** The wait after a rejection that names none; it doubles with each further one in a row, up to the longest. */
const waitMsMin = 500
const waitMsMax = 30_000
/** A provider is not left alone for longer, so that a new limit is found out. */
const askedMsMax = 3_600_000

export class Rejections {
  /** The time until which the provider is left alone. */
  untilMs = 0
  #inRow = 0
  #counted = 0
  #sinceMs = Number.NEGATIVE_INFINITY

  /** The provider took an attempt. */
  answered(): void {
    this.#inRow = 0
  }

  /** Whether the rejection is believed to be of a limit of the account. `isSure`: that is known. */
  add({ retryAfterMs, nowMs }: Rejection, isSure: boolean): boolean {
    this.#inRow++
    const areMany = this.#areMany(nowMs)
    if (!isSure && !areMany) return false
    const waitMs = waitMsMin * 2 ** Math.max(0, this.#inRow - rowMin)
    const blockedMs = retryAfterMs === undefined ? Math.min(waitMs, waitMsMax) : Math.min(retryAfterMs, askedMsMax)
    this.untilMs = Math.max(this.untilMs, nowMs + blockedMs)
    return true
  }

  #areMany(nowMs: number): boolean {
    if (nowMs - this.#sinceMs > countedMs) {
      this.#sinceMs = nowMs
      this.#counted = 0
    }
    this.#counted++
    return this.#inRow >= rowMin || this.#counted >= countedMin
  }
}
