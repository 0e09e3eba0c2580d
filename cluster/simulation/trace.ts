// Records what happened, in order: as lines for people, and as one hash, which is equal for two runs of one seed.
export class Trace {
  readonly #lines: string[] = []
  readonly counts: Record<string, number> = {}
  readonly #nowMs: () => number

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  get lines(): readonly string[] {
    return this.#lines
  }

  count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1
  }

  add(who: string, what: string): void {
    this.#lines.push(`${this.#nowMs().toFixed(1).padStart(9)} ${who.padEnd(10)} ${what}`)
  }

  /** Returns the FNV-1a hash of all lines in hex. */
  hash(): string {
    let mixed = 0x811c9dc5
    for (const line of this.#lines) {
      for (let i = 0; i < line.length; i++) mixed = Math.imul(mixed ^ line.charCodeAt(i), 0x01000193)
    }
    return (mixed >>> 0).toString(16).padStart(8, '0')
  }
}
