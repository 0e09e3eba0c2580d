// The open connections of a port, by who is waited for. When the port is full, the connection that has kept us waiting
// longest makes room; a request that we are still answering is never cut. Connections beyond that are a reserve, in which
// only health checks are answered.

export interface Connection {
  destroy(): void
}

/** `silent`: no request is under way. `sending`: a request whose body is not whole. `served`: the answer is ours to give. */
export type Activity = 'silent' | 'sending' | 'served'

export interface ConnectionBounds {
  readonly openMax: number
  readonly reserveMax: number
}

export class Connections<C extends Connection> {
  readonly #bounds: ConnectionBounds
  /** Each set begins with the connection that has been in it longest. */
  readonly #sets = { silent: new Set<C>(), sending: new Set<C>(), served: new Set<C>() }
  readonly #reserve = new Set<C>()

  constructor(bounds: ConnectionBounds) {
    this.#bounds = bounds
  }

  get open(): number {
    const { silent, sending, served } = this.#sets
    return silent.size + sending.size + served.size
  }

  isReserve(connection: C): boolean {
    return this.#reserve.has(connection)
  }

  /** True when another connection was closed for this one, or when this one got a place of the reserve. */
  add(connection: C): boolean {
    if (this.open < this.#bounds.openMax) {
      this.#sets.silent.add(connection)
      return false
    }
    if (this.#close(this.#sets.silent) || this.#close(this.#sets.sending)) {
      this.#sets.silent.add(connection)
      return true
    }
    if (this.#reserve.size >= this.#bounds.reserveMax) this.#close(this.#reserve)
    this.#reserve.add(connection)
    return true
  }

  /** Connections of the reserve stay there, whatever they do. */
  enter(connection: C, activity: Activity): void {
    if (this.#reserve.has(connection) || !this.#delete(connection)) return
    this.#sets[activity].add(connection)
  }

  remove(connection: C): void {
    this.#reserve.delete(connection)
    this.#delete(connection)
  }

  #delete(connection: C): boolean {
    return Object.values(this.#sets).some((set) => set.delete(connection))
  }

  #close(set: Set<C>): boolean {
    for (const longest of set) {
      set.delete(longest)
      longest.destroy()
      return true
    }
    return false
  }
}
