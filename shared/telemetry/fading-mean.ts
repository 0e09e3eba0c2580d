// A mean of which older values count ever less: after `tauMs` a value has 1/e of its weight. Its weight says how much is
// known now, so that what was learned long ago can give way. Several of them are one: the mean of their means by weight.

export class FadingMean {
  readonly #tauMs: number
  readonly #weightMax: number
  #sum = 0
  #weight = 0
  #atMs = Number.NEGATIVE_INFINITY

  /** With a largest weight it remembers no more than about so many values, however fast they come. */
  constructor(tauMs: number, weightMax: number = Number.POSITIVE_INFINITY) {
    this.#tauMs = tauMs
    this.#weightMax = weightMax
  }

  add(value: number, atMs: number): void {
    this.#moveTo(atMs)
    // What comes late has faded on the way.
    const weight = atMs < this.#atMs ? this.#faded(this.#atMs - atMs) : 1
    this.#sum += value * weight
    this.#weight += weight
    if (this.#weight > this.#weightMax) this.#scale(this.#weightMax / this.#weight)
  }

  /** Makes the mean at least `value`, as if half of what is known were that. */
  pullUp(value: number): void {
    if (this.#weight > 0) this.#sum = (this.#weight * (this.mean + value)) / 2
  }

  /** After the clock stepped back: what seemed to be later is of now, else all that comes would count as long past. */
  settle(nowMs: number): void {
    this.#atMs = Math.min(this.#atMs, nowMs)
  }

  get mean(): number {
    return this.#weight === 0 ? 0 : this.#sum / this.#weight
  }

  /** In values as good as new. */
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
