// Runs callbacks after the event loop has looked at every socket once more. What a client sent in the same breath as a request
// is then known: the end of its side, or another request. All callbacks of one turn share two immediates.

export class AfterPoll {
  #waiting: (() => void)[] = []

  add(run: () => void): void {
    if (this.#waiting.push(run) === 1) setImmediate(this.#afterTurn)
  }

  readonly #afterTurn = (): void => {
    const due = this.#waiting
    this.#waiting = []
    // An immediate that is asked for within one runs in the next turn, behind its poll.
    setImmediate(() => {
      for (const run of due) run()
    })
  }
}
