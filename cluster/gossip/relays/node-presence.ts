// Who is there, and whether there are so many that nodes relay. From then on a node tells all others only that it is there, seldom
// and at its start; a node that is new is told all names by two of the others.
import { weight } from '../bucket-owner.ts'
import type { Members } from '../members.ts'
import type { SharedBuckets } from '../shared-buckets.ts'
import { decodeHello, decodeNames, encodeHello, encodeNames, type Hello, type Named, namesPerPage } from './presence.ts'
import type { Relay, RelayMessage } from './relay.ts'

export interface PresenceOptions {
  /** The number of nodes from which they relay. */
  readonly relaysFrom: number
  readonly membersMax: number
  readonly childrenMax: number
  /** A bound is reached. */
  readonly onFull: (what: 'nodes' | 'counts') => void
}

export const defaultPresence: PresenceOptions = {
  relaysFrom: 16,
  membersMax: 1_024,
  childrenMax: 2_000_000,
  onFull: () => {},
}

/** The part of `relaysFrom` below which nodes tell one another directly again. */
const untilPart = 0.75
/** How often a node says that it is there: seldom enough for all together to cost 2 KB/s. */
const helloMsPerNode = 120
const helloMsMin = 1_000
const lookMs = 1_000
/** The time for which the word of nodes that relay holds, that they do and how many they are. */
const toldMsMax = 5_000
/** How many of the others tell a new node who is there. */
const tellersMax = 2

interface Parts {
  readonly members: Members
  readonly buckets: SharedBuckets
}

export class Presence {
  relay: Relay | undefined
  onUrgent: (() => void) | undefined
  readonly #identity: { node: string; boot: number }
  readonly #members: Members
  readonly #buckets: SharedBuckets
  readonly #options: PresenceOptions
  /** Names that are still to be told, by the node that is new. */
  readonly #toTell = new Map<string, Named[]>()
  /** The last boots of nodes that have left. */
  readonly #left = new Map<string, number>()
  #helloMs = Number.NEGATIVE_INFINITY
  /** When a node that relays was last heard to be there. */
  #toldMs = Number.NEGATIVE_INFINITY
  #lookedMs = Number.NEGATIVE_INFINITY
  #nowMs = 0

  constructor(
    identity: { node: string; boot: number },
    { members, buckets }: Parts,
    options: Partial<PresenceOptions>,
  ) {
    this.#identity = identity
    this.#members = members
    this.#buckets = buckets
    this.#options = { ...defaultPresence, ...options }
  }

  /** Answers whether nodes relay. */
  tick(nowMs: number): boolean {
    this.#nowMs = nowMs
    if (this.#members.toldCount > 0 && nowMs - this.#toldMs > toldMsMax) this.#members.toldCount = 0
    const { count } = this.#members
    if (this.relay === undefined && this.#hasToRelay(count)) this.#start(nowMs)
    else if (this.relay !== undefined && count < this.#options.relaysFrom * untilPart) this.#stop()
    if (this.relay === undefined) return false
    this.#members.helloMs = Math.max(helloMsMin, helloMsPerNode * count)
    if (nowMs - this.#lookedMs >= lookMs) this.#look(nowMs)
    this.relay.tick(nowMs)
    return true
  }

  /** Where others relay already, a node that comes later does too. */
  #hasToRelay(count: number): boolean {
    const { relaysFrom } = this.#options
    return count >= relaysFrom || (count >= relaysFrom * untilPart && this.#nowMs - this.#toldMs <= toldMsMax)
  }

  /** What is told to all: that this node is there, or that it goes. */
  hello({ leaves, nextSequence }: { leaves: boolean; nextSequence: () => number }): Uint8Array | undefined {
    if (!leaves && this.#nowMs - this.#helloMs < (this.#members.helloMs ?? helloMsMin)) return undefined
    this.#helloMs = this.#nowMs
    return encodeHello({ ...this.#identity, sequence: nextSequence(), leaves, count: this.#members.count })
  }

  messages(nowMs: number): RelayMessage[] {
    this.#nowMs = nowMs
    const told: RelayMessage[] = []
    for (const [to, names] of this.#toTell) {
      told.push({ to, frame: encodeNames(names.splice(0, namesPerPage)) })
      if (names.length === 0) this.#toTell.delete(to)
    }
    return this.relay === undefined ? told : [...told, ...this.relay.frames(nowMs)]
  }

  /** Takes what another node tells of itself. False: it is something else. */
  hear(payload: Uint8Array, nowMs: number): boolean {
    const hello = decodeHello(payload)
    if (hello === undefined) return false
    if (hello.node === this.#identity.node) return true
    this.#toldMs = nowMs
    const known = this.#members.count
    this.#members.toldCount = hello.count > known ? Math.min(hello.count, this.#options.membersMax) : 0
    this.meet(hello, nowMs)
    return true
  }

  /** A node tells that it is there, in whichever way. */
  meet({ node, boot, sequence, leaves }: Omit<Hello, 'count'>, nowMs: number): void {
    const known = this.#members.get(node)
    if (known !== undefined && boot === known.boot) {
      if (sequence <= known.sequence) return
      this.#members.hear(known, sequence, nowMs)
    } else if (known === undefined || boot > known.boot || this.#members.isSilent(known, nowMs))
      this.#welcome({ name: node, boot }, sequence, nowMs)
    if (leaves) this.#goodbye(node, nowMs)
  }

  takeMessage(payload: Uint8Array, nowMs: number): void {
    this.#nowMs = nowMs
    const names = decodeNames(payload)
    if (names === undefined) return this.relay?.take(payload, nowMs)
    for (const named of names) if (named.name !== this.#identity.node) this.#knows(named)
  }

  #welcome(named: Named, sequence: number, nowMs: number): void {
    const known = this.#members.get(named.name)
    if (known !== undefined) this.#goodbye(named.name, nowMs)
    const member = this.#add(named, nowMs)
    if (member === undefined) return
    this.#members.hear(member, sequence, nowMs)
    if (this.relay !== undefined && this.#tellsNew(named.name)) {
      const others = [...this.#members.all()].filter(({ name }) => name !== named.name)
      this.#toTell.set(named.name, [this.#self, ...others.map(({ name, boot }) => ({ name, boot }))])
    }
    this.#renew()
  }

  get #self(): Named {
    return { name: this.#identity.node, boot: this.#identity.boot }
  }

  #add({ name, boot }: Named, nowMs: number) {
    if (this.#members.size + 1 >= this.#options.membersMax) {
      this.#options.onFull('nodes')
      return undefined
    }
    const peer = this.relay === undefined ? this.#buckets.addPeer() : -1
    return this.#members.add(name, { boot, peer, nowMs })
  }

  #goodbye(name: string, nowMs: number): void {
    const member = this.#members.get(name)
    if (member === undefined) return
    if (this.relay === undefined) this.#buckets.removePeer(member.peer)
    this.#members.remove(name, nowMs)
    this.#remember(member)
    this.relay?.neighbours.forget(name)
    this.#renew()
  }

  #remember({ name, boot }: Named): void {
    this.#left.delete(name)
    this.#left.set(name, boot)
    for (const oldest of this.#left.keys()) {
      if (this.#left.size <= this.#options.membersMax) break
      this.#left.delete(oldest)
    }
  }

  /** Whoever relays is there, also where nobody has named it yet. */
  #knows(named: Named): boolean {
    if (this.#members.get(named.name) !== undefined) return true
    // What it told before it left may come after its goodbye.
    if (named.boot <= (this.#left.get(named.name) ?? -1)) return false
    const isAdded = this.#add(named, this.#nowMs) !== undefined
    if (isAdded) this.#renew()
    return isAdded
  }

  /** Whether this node is one of those that tell a new one who is there. */
  #tellsNew(newcomer: string): boolean {
    const own = weight(hashOf(newcomer), this.#identity.node)
    let heavier = 0
    for (const { name } of this.#members.all())
      if (name !== newcomer && weight(hashOf(newcomer), name) > own && ++heavier >= tellersMax) return false
    return true
  }

  #look(nowMs: number): void {
    this.#lookedMs = nowMs
    for (const { name } of this.#members.look(nowMs)) this.relay?.neighbours.forget(name)
    this.#renew()
  }

  #renew(): void {
    this.relay?.neighbours.setNodes(() => [...this.#members.all()].map(({ name }) => name), this.#members.count)
  }

  #start(nowMs: number): void {
    for (const { peer } of this.#members.all()) this.#buckets.forgetPeer(peer)
    this.#members.helloMs = helloMsMin
    this.#members.look(nowMs)
    const { childrenMax, onFull } = this.#options
    this.relay = this.#buckets.startRelay({
      ...this.#identity,
      nowMs,
      childrenMax,
      onFull: () => onFull('counts'),
      knows: (name, newBoot) => this.#knows({ name, boot: newBoot }),
      onUrgent: () => this.#buckets.onUrgent?.(),
    })
    this.#renew()
  }

  #stop(): void {
    this.relay = undefined
    this.#buckets.stopRelay()
    this.#members.toldCount = 0
    this.#members.helloMs = undefined
    // What was told before the relays counts no more.
    const names = [...this.#members.all()]
    for (const { name, boot, sequence } of names) {
      const member = this.#members.add(name, { boot, peer: this.#buckets.addPeer(), nowMs: this.#nowMs })
      this.#members.hear(member, sequence, this.#nowMs)
    }
  }
}

function hashOf(name: string): number {
  return weight(0, name)
}
