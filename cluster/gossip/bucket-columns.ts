// The state of all buckets of a node, in columns: a bucket is a number, so that a hundred thousand of them are a few arrays and
// no objects.

const firstSlots = 256

/** What one other node has told about the buckets. */
export interface PeerColumns {
  /** The net amount that the node has charged, as last told. */
  net: Float64Array
  /** The node's demand, in amount per millisecond. */
  demand: Float32Array
  /** The frame in which the node first told of the bucket; 0: it has not. */
  birth: Uint32Array
}

export class BucketColumns {
  size = firstSlots
  key = new Float64Array(firstSlots)
  balance = new Float64Array(firstSlots)
  /** The time up to which the balance is refilled. */
  refilledMs = new Float64Array(firstSlots)
  /** What this node has charged in all, less what it gave back. */
  net = new Float64Array(firstSlots)
  /** What this node may take until the next tick, and what it has taken since the last one. */
  allowed = new Float64Array(firstSlots)
  used = new Float64Array(firstSlots)
  /** What is kept for nodes that are not heard. */
  floor = new Float64Array(firstSlots)
  /** The smoothed demand before this tick, in amount per millisecond, and the amount that was asked for in it. */
  demand = new Float32Array(firstSlots)
  asked = new Float32Array(firstSlots)
  tick = new Uint32Array(firstSlots)
  window = new Uint32Array(firstSlots)
  /** The window by this node's own clock when it last charged, and the end of it; 0: it has not charged. */
  clockWindow = new Uint32Array(firstSlots)
  windowEndMs = new Float64Array(firstSlots)
  generation = new Uint32Array(firstSlots)
  birth = new Uint32Array(firstSlots)
  membersEpoch = new Uint32Array(firstSlots)
  flags = new Uint8Array(firstSlots)
  readonly peers: (PeerColumns | undefined)[] = []

  addPeer(): number {
    const free = this.peers.indexOf(undefined)
    const index = free === -1 ? this.peers.length : free
    this.peers[index] = {
      net: new Float64Array(this.size),
      demand: new Float32Array(this.size),
      birth: new Uint32Array(this.size),
    }
    return index
  }

  removePeer(index: number): void {
    this.peers[index] = undefined
  }

  /** Forgets what stood in a slot. */
  clear(slot: number): void {
    for (const column of this.#columns()) column[slot] = 0
    for (const peer of this.peers) {
      if (peer === undefined) continue
      peer.net[slot] = 0
      peer.demand[slot] = 0
      peer.birth[slot] = 0
    }
  }

  grow(): void {
    this.size *= 2
    const { size } = this
    this.key = grown64(this.key, size)
    this.balance = grown64(this.balance, size)
    this.refilledMs = grown64(this.refilledMs, size)
    this.net = grown64(this.net, size)
    this.allowed = grown64(this.allowed, size)
    this.used = grown64(this.used, size)
    this.floor = grown64(this.floor, size)
    this.demand = grown32(this.demand, size)
    this.asked = grown32(this.asked, size)
    this.tick = grownCounts(this.tick, size)
    this.window = grownCounts(this.window, size)
    this.clockWindow = grownCounts(this.clockWindow, size)
    this.windowEndMs = grown64(this.windowEndMs, size)
    this.generation = grownCounts(this.generation, size)
    this.birth = grownCounts(this.birth, size)
    this.membersEpoch = grownCounts(this.membersEpoch, size)
    const flags = new Uint8Array(size)
    flags.set(this.flags)
    this.flags = flags
    for (const peer of this.peers) {
      if (peer === undefined) continue
      peer.net = grown64(peer.net, size)
      peer.demand = grown32(peer.demand, size)
      peer.birth = grownCounts(peer.birth, size)
    }
  }

  /** Every column but the generation, which outlives the bucket. */
  #columns() {
    const { key, balance, refilledMs, net, allowed, used, floor, demand, asked, tick, window, birth } = this
    const { membersEpoch, flags, clockWindow, windowEndMs } = this
    return [
      key,
      balance,
      refilledMs,
      net,
      allowed,
      used,
      floor,
      demand,
      asked,
      tick,
      window,
      clockWindow,
      windowEndMs,
      birth,
      membersEpoch,
      flags,
    ]
  }
}

function grown64(column: Float64Array, size: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(size)
  larger.set(column)
  return larger
}

function grown32(column: Float32Array, size: number): Float32Array<ArrayBuffer> {
  const larger = new Float32Array(size)
  larger.set(column)
  return larger
}

function grownCounts(column: Uint32Array, size: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(size)
  larger.set(column)
  return larger
}
