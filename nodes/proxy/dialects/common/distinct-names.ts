// Names that must differ from each other: a name that is taken gets a number. The cost of a name does not grow with their
// count, because callers send requests with any number of them.

export interface NumberedName {
  readonly name: string
  /** The form of the name with the number `n`. */
  readonly numbered: (n: number) => string
}

export class DistinctNames {
  readonly #taken = new Set<string>()
  /** The next number for names that are numbered alike. */
  readonly #next = new Map<string, number>()
  readonly #keyOf: (name: string) => string

  /** `keyOf`: names with the same key do not count as distinct. */
  constructor(keyOf = (name: string) => name) {
    this.#keyOf = keyOf
  }

  /** Returns the name, or its first numbered form that is not taken. */
  take({ name, numbered }: NumberedName): string {
    const free = this.#isTaken(name) ? this.#free(numbered) : name
    this.#taken.add(this.#keyOf(free))
    return free
  }

  #free(numbered: NumberedName['numbered']): string {
    // Names that are cut for their number may differ, and be numbered alike all the same.
    const kind = this.#keyOf(numbered(0))
    let n = this.#next.get(kind) ?? 2
    while (this.#isTaken(numbered(n))) n++
    this.#next.set(kind, n + 1)
    return numbered(n)
  }

  #isTaken(name: string): boolean {
    return this.#taken.has(this.#keyOf(name))
  }
}
