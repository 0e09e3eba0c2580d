// Messages that wait for the network, bounded in number and bytes: the oldest make room for the newest.
import type { Keeping } from './traffic.ts'

export interface Parcel {
  readonly subject: string
  readonly payload: Uint8Array
  /** The publisher's number of this message on its subject. Receivers compute from it how many messages they missed. */
  readonly sequence: number
}

export class BoundedQueue {
  readonly #keeping: Keeping
  #parcels: Parcel[] = []
  /** Index of the oldest parcel. Parcels before it have left; taking one must not move all the others. */
  #head = 0
  #bytes = 0

  constructor(keeping: Keeping) {
    this.#keeping = keeping
  }

  get length(): number {
    return this.#parcels.length - this.#head
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Returns how many messages were dropped, including this one when it does not fit at all. */
  add(parcel: Parcel): number {
    const { messagesMax, bytesMax } = this.#keeping
    if (messagesMax === 0 || parcel.payload.length > bytesMax) return 1
    this.#parcels.push(parcel)
    this.#bytes += parcel.payload.length
    let dropped = 0
    while (this.length > messagesMax || this.#bytes > bytesMax) {
      this.take()
      dropped++
    }
    return dropped
  }

  take(): Parcel | undefined {
    if (this.length === 0) return undefined
    const parcel = this.#parcels[this.#head]!
    this.#head++
    this.#bytes -= parcel.payload.length
    if (this.#head * 2 > this.#parcels.length) {
      this.#parcels = this.#parcels.slice(this.#head)
      this.#head = 0
    }
    return parcel
  }
}
