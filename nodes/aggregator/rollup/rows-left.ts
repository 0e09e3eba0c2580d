// How many rows may still be made: of one table, and of all tables that share a bound on memory.
export class RowsLeft {
  #left: number
  readonly #within: RowsLeft | undefined

  constructor(rowsMax: number, within?: RowsLeft) {
    this.#left = rowsMax
    this.#within = within
  }

  /** False when there is none left. */
  take(): boolean {
    if (this.#left <= 0 || this.#within?.take() === false) return false
    this.#left--
    return true
  }
}
