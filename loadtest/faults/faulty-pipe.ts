// One direction of one connection. Reads are handled one after the other, so bytes never overtake each other whatever
// the jitter; the sender is paused meanwhile, so nothing piles up here.
import type { Socket } from 'node:net'
import type { Chance, Clock } from '../../shared/clock.ts'
import type { DirectionFaults } from './faults.ts'

// libuv tells a reset that arrives together with data as a clean end, so the data is given time to be read first.
const resetPauseMs = 10

export interface FaultyPipeOptions {
  from: Socket
  to: Socket
  /** Read at every step, so that a change acts on open connections too. */
  faults: () => DirectionFaults
  clock: Clock
  chance: Chance
  reset: () => void
}

export class FaultyPipe {
  readonly #options: FaultyPipeOptions
  #passedBytes = 0
  #stopped = false

  constructor(options: FaultyPipeOptions) {
    this.#options = options
  }

  start(): void {
    const { from, to } = this.#options
    let last = Promise.resolve()
    from.on('data', (data: Buffer) => {
      from.pause()
      last = last.then(() => this.#pass(data)).then(() => void from.resume())
    })
    from.on('end', () => {
      void last.then(() => {
        if (!this.#stopped) to.end()
      })
    })
  }

  async #pass(data: Buffer): Promise<void> {
    await this.#wait()
    let at = 0
    while (at < data.length && !this.#stopped) {
      const size = Math.min(this.#pieceBytes(), data.length - at)
      if (size > 0) await this.#write(this.#flipped(data.subarray(at, at + size)))
      at += size
      this.#passedBytes += size
      this.#breakOff()
    }
  }

  #wait(): Promise<void> {
    const { faults, clock, chance } = this.#options
    const { latencyMs, jitterMs } = faults()
    const delayMs = latencyMs + jitterMs * chance()
    if (delayMs === 0) return Promise.resolve()
    return new Promise((resolve) => clock.after(delayMs, resolve))
  }

  /** Largest size of the next piece, which never passes the byte at which a fault is to happen. */
  #pieceBytes(): number {
    const { sliceBytes, stallAfterBytes, resetAfterBytes, endAfterBytes } = this.#options.faults()
    const ends = [stallAfterBytes, resetAfterBytes, endAfterBytes].map((end) => (end ?? Infinity) - this.#passedBytes)
    return Math.max(0, Math.min(sliceBytes ?? Infinity, ...ends))
  }

  #write(piece: Buffer): Promise<void> {
    const { to } = this.#options
    // The next piece waits until this one is with the kernel and a turn of the event loop has passed: with Nagle off
    // each is then a segment, and for a reader that keeps up a read, of its own.
    return new Promise((resolve) => {
      if (to.destroyed) resolve()
      else to.write(piece, () => setImmediate(resolve))
    })
  }

  #flipped(piece: Buffer): Buffer {
    const { flipByteAt } = this.#options.faults()
    const at = flipByteAt === undefined ? -1 : flipByteAt - this.#passedBytes
    if (at < 0 || at >= piece.length) return piece
    const changed = Buffer.from(piece)
    changed.writeUInt8(piece.readUInt8(at) ^ 1, at)
    return changed
  }

  #breakOff(): void {
    const { faults, to, clock, reset } = this.#options
    const { stallAfterBytes, resetAfterBytes, endAfterBytes } = faults()
    const reached = (end: number | undefined) => end !== undefined && this.#passedBytes >= end
    if (!reached(stallAfterBytes) && !reached(resetAfterBytes) && !reached(endAfterBytes)) return
    this.#stopped = true
    if (reached(resetAfterBytes)) clock.after(resetPauseMs, reset)
    else if (reached(endAfterBytes)) to.end()
  }
}
