// What a stream puts out, in order.
import type { StreamSink } from './answer-stream.ts'

export type Put = 'first' | 'error' | { readonly bytes: string } | { readonly last: string }

export class TestSink implements StreamSink {
  readonly puts: Put[] = []

  onFirstByte(): void {
    this.puts.push('first')
  }

  onBytes(bytes: Buffer | string): void {
    this.puts.push({ bytes: bytes.toString('utf8') })
  }

  onDone(last: Buffer | string): void {
    this.puts.push({ last: last.toString('utf8') })
  }

  onErrorEvent(): void {
    this.puts.push('error')
  }

  /** All bytes before the terminal event. */
  get text(): string {
    return this.puts.map((put) => (typeof put === 'object' && 'bytes' in put ? put.bytes : '')).join('')
  }

  get last(): string | undefined {
    for (const put of this.puts) if (typeof put === 'object' && 'last' in put) return put.last
    return undefined
  }
}
