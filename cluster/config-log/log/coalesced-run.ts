/**
 * Runs an action, never twice at the same time. Calls that come during a run share one more run after it: the run under
 * way may have looked too early for them.
 */
export class CoalescedRun<Answer> {
  readonly #action: () => Promise<Answer>
  #current: Promise<Answer> | undefined
  #next: Promise<Answer> | undefined

  constructor(action: () => Promise<Answer>) {
    this.#action = action
  }

  /** The run under way. */
  get current(): Promise<Answer> | undefined {
    return this.#current
  }

  /** Resolves after a run that began at this call or later. */
  run(): Promise<Answer> {
    if (this.#current === undefined) {
      this.#current = this.#action().finally(() => {
        this.#current = undefined
      })
      return this.#current
    }
    this.#next ??= this.#current.then(() => {
      this.#next = undefined
      return this.run()
    })
    return this.#next
  }
}
