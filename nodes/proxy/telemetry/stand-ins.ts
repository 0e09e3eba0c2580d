// What stands for records until they are safe. Records that the spool did not take are safe when they are confirmed.

/** Something that is kept until a record is safe: in the spool, or confirmed by an aggregator. */
export interface StandIn {
  close(): void
}

export class StandIns {
  #open: StandIn[] = []
  readonly #held: { readonly last: number; readonly standIns: readonly StandIn[] }[] = []

  add(standIns: readonly StandIn[]): void {
    for (const one of standIns) this.#open.push(one)
  }

  /** The records are in the spool. */
  close(): void {
    for (const one of this.#open) one.close()
    this.#open.length = 0
  }

  /** The records, the last of which has the sequence `last`, wait in memory. */
  hold(last: number): void {
    if (this.#open.length === 0) return
    this.#held.push({ last, standIns: this.#open })
    this.#open = []
  }

  /** The records up to `sequence` are confirmed. */
  confirm(sequence: number): void {
    for (let [first] = this.#held; first !== undefined && first.last <= sequence; [first] = this.#held) {
      for (const one of first.standIns) one.close()
      this.#held.shift()
    }
  }
}
