// The bytes of an answer that is read as a whole before anything of it goes on.

export class BodyBuffer {
  #chunks: Buffer[] = []
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Adds a copy of `bytes`, because the upstream uses its buffer again. */
  push(bytes: Buffer): void {
    this.#chunks.push(Buffer.from(bytes))
    this.#length += bytes.length
  }

  /** What was pushed, in pieces. */
  get pieces(): readonly Buffer[] {
    return this.#chunks
  }

  whole(): Buffer {
    const [first] = this.#chunks
    if (first !== undefined && this.#chunks.length === 1) return first
    const whole = Buffer.concat(this.#chunks)
    this.#chunks = [whole]
    return whole
  }

  clear(): void {
    if (this.#chunks.length === 0) return
    this.#chunks = []
    this.#length = 0
  }
}
