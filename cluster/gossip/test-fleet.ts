// A fleet of nodes in one thread, on a network with delay, loss, cuts and a virtual clock, all from one seed. Nothing here decides
// anything: the nodes are those of the proxy.
import { BucketNode, type BucketNodeOptions, gossipTickMs } from './bucket-node.ts'
import type { BucketRule, Charge } from './bucket-rule.ts'
import { encodeNames } from './relays/presence.ts'
import { messageBytes } from './relays/relay-link.ts'

export interface FleetOptions {
  readonly seed: number
  readonly loss?: number
  /** Frames take from `delayMsMin` to this; those of one sender to one receiver keep their order. */
  readonly delayMsMax?: number
  readonly delayMsMin?: number
  readonly relaysFrom?: number
}

export class FleetNode {
  readonly name: string
  readonly index: number
  boot: number
  node: BucketNode
  isUp = true
  /** The time at which a process that stands still goes on; frames wait for it. */
  stoodUntilMs = 0
  isUrgent = false
  tickMs: number
  /** Bytes since the last look. */
  sent = 0
  received = 0

  constructor(
    name: string,
    { index, boot, node, tickMs }: { index: number; boot: number; node: BucketNode; tickMs: number },
  ) {
    this.name = name
    this.index = index
    this.boot = boot
    this.node = node
    this.tickMs = tickMs
  }
}

const urgentMs = 20

export class Fleet {
  nowMs = 0
  readonly nodes: FleetNode[] = []
  readonly random: () => number
  /** Whether a frame from one node reaches another; by their indices. */
  reaches: (from: number, to: number) => boolean = () => true
  readonly #options: Required<FleetOptions>
  readonly #flying = new Map<number, (() => void)[]>()
  readonly #lastDueMs = new Map<number, number>()
  readonly #byName = new Map<string, FleetNode>()

  constructor(options: FleetOptions) {
    this.#options = { loss: 0, delayMsMin: 20, delayMsMax: 20, relaysFrom: 16, ...options }
    this.random = seeded(options.seed)
  }

  /** A node that joins now, or starts anew under the same name. */
  start(name = `n${this.nodes.length}`): FleetNode {
    const known = this.#byName.get(name)
    const boot = this.nowMs + 1
    const node = this.#made({ node: name, boot, relaysFrom: this.#options.relaysFrom })
    const tickMs = this.nowMs + Math.floor(this.random() * gossipTickMs)
    const started = known ?? new FleetNode(name, { index: this.nodes.length, boot, node, tickMs })
    Object.assign(started, { node, boot, isUp: true, tickMs })
    node.buckets.onUrgent = () => {
      started.isUrgent = true
    }
    if (known === undefined) this.nodes.push(started)
    this.#byName.set(name, started)
    this.#tell(started)
    return started
  }

  /** Nodes that know one another from the start. */
  startAll(count: number): void {
    const { relaysFrom } = this.#options
    const before = this.reaches
    this.reaches = () => false
    for (let index = 0; index < count; index++) this.start()
    this.reaches = before
    const hellos = this.nodes.slice(0, relaysFrom + 1).map(({ node }) => node.nextFrame())
    const named = encodeNames(this.nodes.map(({ name, boot }) => ({ name, boot })))
    for (const { node } of this.nodes) {
      for (const hello of hellos) if (hello !== undefined) node.take(hello, this.nowMs)
      node.tick(this.nowMs)
      node.takeMessage(named, this.nowMs)
      node.tick(this.nowMs)
    }
  }

  /** A process that is killed says nothing. */
  kill(node: FleetNode): void {
    node.isUp = false
  }

  leave(node: FleetNode): void {
    this.#tell(node, true)
    node.isUp = false
  }

  charge(node: FleetNode, key: number, rule: BucketRule, amount = 1, window = 0): Charge | undefined {
    const { buckets } = node.node
    const charged = buckets.charge(buckets.slotOf(key, rule, this.nowMs), amount, { nowMs: this.nowMs, window })
    return 'slot' in charged ? charged : undefined
  }

  /** One millisecond: what arrives, what is due. */
  step(): void {
    const { nowMs } = this
    const arriving = this.#flying.get(nowMs)
    if (arriving !== undefined) {
      this.#flying.delete(nowMs)
      for (const deliver of arriving) deliver()
    }
    for (const node of this.nodes) if (node.isUp && nowMs >= node.stoodUntilMs) this.#turn(node)
    this.nowMs++
  }

  #made(options: BucketNodeOptions): BucketNode {
    return new BucketNode(options)
  }

  #turn(node: FleetNode): void {
    const { nowMs } = this
    if (nowMs >= node.tickMs) {
      node.tickMs = nowMs + gossipTickMs
      node.node.tick(nowMs)
      node.isUrgent = false
      this.#tell(node)
    } else if (node.isUrgent && nowMs % urgentMs === node.index % urgentMs) {
      node.isUrgent = false
      this.#tell(node)
    }
  }

  #tell(node: FleetNode, leaves = false): void {
    const frame = node.node.nextFrame(leaves)
    if (frame !== undefined) {
      node.sent += frame.length + messageBytes
      for (const other of this.nodes)
        if (other !== node) this.#send(node, other, () => other.node.take(frame, this.nowMs), frame.length)
    }
    for (const { to, frame: message } of node.node.messages(this.nowMs)) {
      node.sent += message.length + messageBytes
      const other = this.#byName.get(to)
      if (other !== undefined)
        this.#send(node, other, () => other.node.takeMessage(message, this.nowMs), message.length)
    }
  }

  #send(from: FleetNode, to: FleetNode, deliver: () => void, bytes: number): void {
    const { loss, delayMsMin, delayMsMax } = this.#options
    if (!this.reaches(from.index, to.index) || (loss > 0 && this.random() < loss)) return
    const delayMs = delayMsMin + Math.floor(this.random() * (delayMsMax - delayMsMin))
    const way = from.index * 4_096 + to.index
    const dueMs = Math.max(this.nowMs + delayMs, this.#lastDueMs.get(way) ?? 0)
    this.#lastDueMs.set(way, dueMs)
    const life = to.node
    const arrive = () => {
      if (!to.isUp || to.node !== life) return
      if (this.nowMs < to.stoodUntilMs) return this.#at(to.stoodUntilMs, arrive)
      to.received += bytes + messageBytes
      deliver()
    }
    this.#at(dueMs, arrive)
  }

  #at(dueMs: number, run: () => void): void {
    const due = Math.max(dueMs, this.nowMs + 1)
    const arriving = this.#flying.get(due)
    if (arriving === undefined) this.#flying.set(due, [run])
    else arriving.push(run)
  }
}

/** The most that came within `windowMs`, of amounts at times. */
export function worstWindow(times: readonly number[], windowMs: number): number {
  let worst = 0
  let first = 0
  for (const [index, time] of times.entries()) {
    while (time - (times[first] ?? 0) > windowMs) first++
    worst = Math.max(worst, index - first + 1)
  }
  return worst
}

export type Split = 'even' | 'zipf' | 'one' | 'rotating'

/** The part of the demand that one of `count` nodes gets. */
export function shareOf(split: Split, index: number, { count, nowMs }: { count: number; nowMs: number }): number {
  if (split === 'even') return 1 / count
  if (split === 'one') return index === 0 ? 1 : 0
  if (split === 'rotating') return Math.floor(nowMs / 10_000) % count === index ? 1 : 0
  return 1 / (index + 1) / harmonic(count)
}

const harmonics = new Map<number, number>()

function harmonic(count: number): number {
  const known = harmonics.get(count)
  if (known !== undefined) return known
  let sum = 0
  for (let index = 1; index <= count; index++) sum += 1 / index
  harmonics.set(count, sum)
  return sum
}

export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
