// Records the callbacks of a parser in a form that does not depend on how the bytes were cut. Tests only.
import assert from 'node:assert/strict'
import type { AnswerHead } from './answer-head.ts'
import { AnswerParser, type AnswerSink } from './answer-parser.ts'

export class AnswerRecord implements AnswerSink {
  readonly heads: AnswerHead[] = []
  readonly parser: AnswerParser = new AnswerParser(this)
  ended = false
  #chunks: Buffer[] = []

  get body(): string {
    return Buffer.concat(this.#chunks).toString('latin1')
  }

  get chunkCount(): number {
    return this.#chunks.length
  }

  /** Pushes copies, because the parser may move bytes. */
  push(pieces: readonly Uint8Array[]): this {
    for (const piece of pieces) this.parser.push(Buffer.from(piece), piece.length)
    return this
  }

  onHead(head: AnswerHead): void {
    assert(!this.ended && this.heads.length === 0, 'a head out of order')
    this.heads.push(head)
  }

  onData(chunk: Uint8Array): void {
    assert(!this.ended && this.heads.length === 1, 'data out of order')
    assert(chunk.length > 0, 'an empty chunk')
    this.#chunks.push(Buffer.from(chunk))
  }

  onEnd(): void {
    assert(!this.ended && this.heads.length === 1, 'an end out of order')
    this.ended = true
  }

  /** All that was reported, without the places of the cuts. */
  summary() {
    const { failure, keepAlive, keepAliveMs, extraBytes } = this.parser
    const { status } = this.heads[0] ?? {}
    const contentType = this.heads[0]?.header('content-type')
    return { status, contentType, body: this.body, ended: this.ended, failure, keepAlive, keepAliveMs, extraBytes }
  }
}

export function recordOf(answer: string): AnswerRecord {
  return new AnswerRecord().push([Buffer.from(answer, 'latin1')])
}

export function recordOfBytes(answer: string): AnswerRecord {
  return new AnswerRecord().push(Array.from(Buffer.from(answer, 'latin1'), (byte) => Uint8Array.of(byte)))
}
