// A mean in which older values count less and less: after `tauMs` a value has 1/e of its weight. The weight of the mean
// says how much is known now, so that old knowledge can give way. Several means are combined by weight.

export class FadingMean {
  readonly #tauMs: number
  readonly #weightMax: number
  #sum = 0
  #weight = 0
  #atMs = Number.NEGATIVE_INFINITY

  /** `weightMax` limits the memory to about that many values, however fast they come. */
  constructor(tauMs: number, weightMax: number = Number.POSITIVE_INFINITY) {
    this.#tauMs = tauMs
    this.#weightMax = weightMax
  }

  add(value: number, atMs: number): void {
    this.#moveTo(atMs)
    // A late value has lost weight on the way.
    const weight = atMs < this.#atMs ? this.#faded(this.#atMs - atMs) : 1
    this.#sum += value * weight
    this.#weight += weight
    if (this.#weight > this.#weightMax) this.#scale(this.#weightMax / this.#weight)
  }

  /** Pulls the mean up, as if half of the knowledge were `value`. */
  pullUp(value: number): void {
    if (this.#weight > 0) this.#sum = (this.#weight * (this.mean + value)) / 2
  }

  /** Corrects the time after the clock stepped back; otherwise all new values would count as old. */
  settle(nowMs: number): void {
    this.#atMs = Math.min(this.#atMs, nowMs)
  }

  get mean(): number {
    return this.#weight === 0 ? 0 : this.#sum / this.#weight
  }

  /** The weight, as a number of new values. */
  weightAt(nowMs: number): number {
    return this.#weight === 0 ? 0 : this.#weight * this.#faded(Math.max(0, nowMs - this.#atMs))
  }

  #moveTo(atMs: number): void {
    if (atMs <= this.#atMs) return
    if (this.#weight > 0) this.#scale(this.#faded(atMs - this.#atMs))
    this.#atMs = atMs
  }

  #scale(kept: number): void {
    this.#sum *= kept
    this.#weight *= kept
  }

  #faded(ageMs: number): number {
    return Math.exp(-ageMs / this.#tauMs)
  }
}
