// Messages between the proxy and a process that does jobs: a head of plain data and bodies of bytes. A frame is the number of its
// parts, the length of each in four bytes, and the parts.
import { deserialize, serialize } from 'node:v8'

export interface Frame {
  readonly head: unknown
  /** Each body in the pieces that it came in. */
  readonly bodies: readonly (readonly Buffer[])[]
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

/** Cuts bytes into frames. */
export class FrameReader {
  readonly #onFrame: (frame: Frame) => void
  /** The bytes of the part that is read, and how many it still needs. */
  #pieces: Buffer[] = []
  #missing = numberBytes
  #stage: 'count' | 'lengths' | 'parts' = 'count'
  #lengths: number[] = []
  #parts: Buffer[][] = []

  constructor(onFrame: (frame: Frame) => void) {
    this.#onFrame = onFrame
  }

  push(bytes: Buffer): void {
    let at = 0
    while (at < bytes.length) {
      const end = Math.min(bytes.length, at + this.#missing)
      this.#pieces.push(bytes.subarray(at, end))
      this.#missing -= end - at
      at = end
      // A part of no bytes is complete at once.
      while (this.#missing === 0) this.#endPart()
    }
  }

  #endPart(): void {
    const pieces = this.#pieces
    this.#pieces = []
    if (this.#stage === 'count') {
      this.#stage = 'lengths'
      this.#missing = numberIn(pieces, 0) * numberBytes
      return
    }
    if (this.#stage === 'lengths') {
      const whole = Buffer.concat(pieces)
      this.#lengths = Array.from({ length: whole.length / numberBytes }, (_, place) => numberIn([whole], place))
      this.#stage = 'parts'
    } else this.#parts.push(pieces)
    const next = this.#lengths[this.#parts.length]
    if (next !== undefined) this.#missing = next
    else this.#endFrame()
  }

  #endFrame(): void {
    const [head = [], ...bodies] = this.#parts
    this.#stage = 'count'
    this.#missing = numberBytes
    this.#parts = []
    this.#onFrame({ head: deserialize(Buffer.concat(head)), bodies })
  }
}

function numberIn(pieces: readonly Buffer[], place: number): number {
  const [first] = pieces
  const bytes = first !== undefined && pieces.length === 1 ? first : Buffer.concat(pieces)
  return bytes.readUInt32LE(place * numberBytes)
}
