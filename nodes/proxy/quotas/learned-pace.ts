// The rate at which a provider takes requests that tells no limits: it is found by additive increase and multiplicative decrease, as
// TCP finds the capacity of a path. Every proxy finds its own; what they find together is what the provider takes.

/** A rejection leaves this part of the rate that was taken. */
const decrease = 0.92
/** The part of the rate at the last rejection that is added in a second. It doubles for each `surePeriodMs` beyond that rate without a rejection. */
const increase = 0.001
const surePeriodMs = 15_000
const increaseMax = 0.1
/** Requests that were on the way together are rejected together: they count as one rejection. */
const togetherMs = 2_000
/** What was not used can be used later, up to this long. */
const savedMs = 1_000
/** The time over which the taken rate is measured. */
const measuredMs = 10_000

export class LearnedPace {
  /** Amount per millisecond; undefined before a second rejection has shown what is taken. */
  #perMs: number | undefined
  #atRejection = 0
  #level = 0
  #filledMs: number
  #rejectedMs = Number.NEGATIVE_INFINITY
  /** When somebody last had to wait, or was rejected. */
  heldUpMs: number
  /** When the rate passed that of the last rejection. */
  #surpassedMs: number | undefined
  readonly #taken = new TakenRate()

  constructor(nowMs: number) {
    this.#filledMs = nowMs
    this.heldUpMs = nowMs
    this.#taken.begin(nowMs)
  }

  get perMs(): number | undefined {
    return this.#perMs
  }

  /** The provider took an amount. */
  took(amount: number, nowMs: number): void {
    this.#taken.add(amount, nowMs)
  }

  /** The provider rejected an attempt because of its limits. */
  rejected(nowMs: number): void {
    this.heldUpMs = nowMs
    if (nowMs - this.#rejectedMs < togetherMs) return
    const isFirst = this.#rejectedMs === Number.NEGATIVE_INFINITY
    this.#rejectedMs = nowMs
    if (isFirst) return
    const taken = this.#taken.perMs(nowMs)
    // A rejection while little was sent says that somebody else uses the account: the pace follows down all the same.
    const from = this.#perMs === undefined ? taken : Math.min(this.#perMs, Math.max(taken, this.#perMs / 2))
    if (!(from > 0)) return
    this.#atRejection = from
    this.#perMs = from * decrease
    this.#surpassedMs = undefined
    this.#level = Math.min(this.#level, 0)
  }

  /** The wait until there is room for another attempt; 0: there is. */
  waitMs(nowMs: number): number {
    const perMs = this.#refill(nowMs)
    if (perMs === undefined || this.#level >= 0) return 0
    this.heldUpMs = nowMs
    return -this.#level / perMs
  }

  /** Takes an amount. Its own size is owed afterwards, so that a large one passes too. */
  take(amount: number): void {
    if (this.#perMs !== undefined) this.#level -= amount
  }

  /** Adds to what was taken, or gives a part of it back. */
  adjust(amount: number): void {
    if (this.#perMs !== undefined) this.#level = Math.min(this.#level - amount, this.#perMs * savedMs)
  }

  #refill(nowMs: number): number | undefined {
    const passedMs = Math.max(0, nowMs - this.#filledMs)
    this.#filledMs = nowMs
    if (this.#perMs === undefined) return undefined
    this.#perMs += this.#growth(nowMs) * (passedMs / 1_000)
    this.#level = Math.min(this.#level + this.#perMs * passedMs, this.#perMs * savedMs)
    return this.#perMs
  }

  #growth(nowMs: number): number {
    const perMs = this.#perMs ?? 0
    // Nothing is learned while nobody is held up.
    if (nowMs - this.heldUpMs > measuredMs) return 0
    if (perMs <= this.#atRejection) return this.#atRejection * increase
    this.#surpassedMs ??= nowMs
    const part = increase * 2 ** Math.floor((nowMs - this.#surpassedMs) / surePeriodMs)
    return perMs * Math.min(increaseMax, part)
  }
}

/** The rate of the last seconds: of the present period and the one before. */
class TakenRate {
  #beganMs = 0
  #now = 0
  #before = 0
  #hasBefore = false

  begin(nowMs: number): void {
    this.#beganMs = nowMs
  }

  add(amount: number, nowMs: number): void {
    this.#roll(nowMs)
    this.#now += amount
  }

  perMs(nowMs: number): number {
    this.#roll(nowMs)
    const passedMs = nowMs - this.#beganMs + (this.#hasBefore ? measuredMs : 0)
    return passedMs <= 0 ? 0 : (this.#now + this.#before) / passedMs
  }

  #roll(nowMs: number): void {
    const passedMs = nowMs - this.#beganMs
    if (passedMs < measuredMs) return
    const isNext = passedMs < 2 * measuredMs
    this.#before = isNext ? this.#now : 0
    this.#hasBefore = isNext
    this.#now = 0
    this.#beganMs = isNext ? this.#beganMs + measuredMs : nowMs
  }
}
