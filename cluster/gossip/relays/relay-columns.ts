// What a node that relays knows of each bucket beside what every node knows. It is made when relays begin, so that a small cluster
// pays nothing for it.

const exactColumns = [
  'free',
  'used',
  'held',
  'own',
  'amount',
  'toldMs',
  'askedMs',
  'rootMs',
  'vouchedMs',
  'lost',
  'demandMs',
  'toldUsed',
  'vouched',
  'vouchedHeardMs',
] as const
const roughColumns = ['rest', 'part', 'intervalMs', 'demand', 'toldDemand'] as const

export class RelayColumns {
  /** What may be spent and is promised to nobody. Of a gauge: the places that are taken elsewhere. */
  free = new Float64Array(0)
  /** What this node and those that tell it have spent in all. */
  used = new Float64Array(0)
  /** What is granted to them, this node included, and not spent. */
  held = new Float64Array(0)
  /** The most that the node's own charges may come to in all. */
  own = new Float64Array(0)
  /** The last amount that was asked for. */
  amount = new Float64Array(0)
  /** The time of the last answer of the parent, and that at which the node became the root. */
  toldMs = new Float64Array(0)
  /** The usual time between two answers. */
  intervalMs = new Float32Array(0)
  /** The demand over a longer time, in amount per millisecond, the time up to which it counts, and what was last told of it. */
  demand = new Float32Array(0)
  demandMs = new Float64Array(0)
  toldDemand = new Float32Array(0)
  toldUsed = new Float64Array(0)
  /** The time since which the parent has not answered; 0: it has. */
  askedMs = new Float64Array(0)
  /** What nodes that are gone had spent of a window. */
  lost = new Float64Array(0)
  /** When this node last granted itself something. */
  vouchedMs = new Float64Array(0)
  /** What others have granted themselves of late, and when that was last heard. */
  vouched = new Float64Array(0)
  vouchedHeardMs = new Float64Array(0)
  rootMs = new Float64Array(0)
  /** The part of a grant that is less than 1. */
  rest = new Float32Array(0)
  /** The part of the nodes for which a root grants what cannot be refilled. */
  part = new Float32Array(0)
  /** The first of the rows of children, plus 1. */
  first = new Uint32Array(0)
  /** 0: not settled; 1: this node is the root; else the index of the parent, plus 2. */
  parent = new Uint32Array(0)
  flags = new Uint8Array(0)

  ensure(size: number): void {
    if (this.free.length >= size) return
    for (const name of exactColumns) {
      const larger = new Float64Array(size)
      larger.set(this[name])
      this[name] = larger
    }
    for (const name of roughColumns) {
      const larger = new Float32Array(size)
      larger.set(this[name])
      this[name] = larger
    }
    for (const name of ['first', 'parent'] as const) {
      const larger = new Uint32Array(size)
      larger.set(this[name])
      this[name] = larger
    }
    const flags = new Uint8Array(size)
    flags.set(this.flags)
    this.flags = flags
  }

  /** Forgets all but the rows of children. */
  clear(slot: number): void {
    for (const name of [...exactColumns, ...roughColumns, 'parent', 'flags'] as const) this[name][slot] = 0
  }
}

/** Nobody has been told of the bucket yet. */
export const freshFlag = 1
/** The parent is another one than before, and has not answered yet. */
export const movedFlag = 2
/** The parent knows the rule. */
export const ruleToldFlag = 4
/** The node has granted itself something since the parent last answered. */
export const vouchedFlag = 8
/** Much of the bucket is promised to nobody, as the root has told. */
export const plentyFlag = 16
