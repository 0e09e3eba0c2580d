// Messages between the proxy and a process that does jobs: a head of plain data and bodies of bytes. A frame is the number of its
// parts, the length of each in four bytes, and the parts.
import { deserialize, serialize } from 'node:v8'

export interface Frame {
  readonly head: unknown
  readonly bodies: readonly Buffer[]
}

const numberBytes = 4

/** The bytes before the bodies. */
export function frameStart(head: unknown, bodies: readonly (readonly Uint8Array[])[]): Buffer {
  const told = serialize(head)
  const lengths = [told.length, ...bodies.map(lengthOf)]
  const start = Buffer.alloc(numberBytes * (1 + lengths.length))
  for (const [place, number] of [lengths.length, ...lengths].entries()) start.writeUInt32LE(number, place * numberBytes)
  return Buffer.concat([start, told])
}

export function lengthOf(pieces: readonly Uint8Array[]): number {
  let length = 0
  for (const piece of pieces) length += piece.length
  return length
}

/** Cuts bytes into frames. What is pushed is copied, so that the memory of what was read can go back at once: a large body in the
 *  pieces that it was read in would scatter the heap of the C library, which gives back nothing below the last piece in use. */
export class FrameReader {
  readonly #onFrame: (frame: Frame) => void
  #stage: 'count' | 'lengths' | 'parts' = 'count'
  /** The part that is read, and how much of it is there. */
  #part: Buffer = Buffer.allocUnsafe(numberBytes)
  #filled = 0
  #lengths: number[] = []
  #parts: Buffer[] = []

  constructor(onFrame: (frame: Frame) => void) {
    this.#onFrame = onFrame
  }

  push(bytes: Buffer): void {
    let at = 0
    while (at < bytes.length) {
      const copied = bytes.copy(this.#part, this.#filled, at)
      this.#filled += copied
      at += copied
      // A part of no bytes is complete at once.
      while (this.#filled === this.#part.length) this.#endPart()
    }
  }

  #endPart(): void {
    const part = this.#part
    if (this.#stage === 'count') {
      this.#stage = 'lengths'
      this.#begin(part.readUInt32LE() * numberBytes)
      return
    }
    if (this.#stage === 'lengths') {
      this.#lengths = Array.from({ length: part.length / numberBytes }, (_, place) =>
        part.readUInt32LE(place * numberBytes),
      )
      this.#stage = 'parts'
    } else this.#parts.push(part)
    const next = this.#lengths[this.#parts.length]
    if (next === undefined) this.#endFrame()
    else this.#begin(next)
  }

  #begin(bytes: number): void {
    this.#part = Buffer.allocUnsafeSlow(bytes)
    this.#filled = 0
  }

  #endFrame(): void {
    const [head = Buffer.alloc(0), ...bodies] = this.#parts
    this.#stage = 'count'
    this.#begin(numberBytes)
    this.#parts = []
    this.#onFrame({ head: deserialize(head), bodies })
  }
}
