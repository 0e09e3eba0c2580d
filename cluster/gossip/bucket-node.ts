// One node's buckets and what it knows of the other nodes, without a network: it makes frames and takes those of others. In a small
// cluster each node tells all others; in a large one they relay (`relays/`).
import { decodeFrame, encodeFrame, type Frame } from './frame.ts'
import { type Member, Members } from './members.ts'
import { Presence, type PresenceOptions } from './relays/node-presence.ts'
import type { RelayMessage } from './relays/relay.ts'
import { SharedBuckets } from './shared-buckets.ts'

export interface NodeIdentity {
  readonly node: string
  /** Milliseconds since the epoch at which the node started: a later start is a larger number. */
  readonly boot: number
}

export interface BucketNodeOptions extends NodeIdentity, Partial<PresenceOptions> {
  /** The buckets that are kept; of more, the fullest of a few is forgotten. */
  readonly bucketsMax?: number
}

export const gossipTickMs = 200
/** Entries in the frames of one tick: 64 KB/s at most. */
const entriesPerTick = 400

export class BucketNode {
  readonly members = new Members(gossipTickMs)
  readonly buckets: SharedBuckets
  readonly #identity: NodeIdentity
  readonly #presence: Presence
  #sequence = 0
  #sharedMs = Number.NEGATIVE_INFINITY
  #entriesLeft = entriesPerTick
  #isUrgent = false

  constructor(options: BucketNodeOptions) {
    this.#identity = { node: options.node, boot: options.boot }
    const { bucketsMax, onFull } = options
    const onForget = () => onFull?.('counts')
    this.buckets = new SharedBuckets({ members: this.members, tickMs: gossipTickMs, bucketsMax, onForget })
    this.#presence = new Presence(this.#identity, { members: this.members, buckets: this.buckets }, options)
  }

  get name(): string {
    return this.#identity.node
  }

  /** Whether this node tells few others, who relay what it tells. */
  get isRelaying(): boolean {
    return this.#presence.relay !== undefined
  }

  /** The node that decides about what is large beside a share; undefined where those that are heard are known to all. */
  ownerOf(key: number): string | undefined {
    return this.#presence.relay?.neighbours.rootOf(key)
  }

  /** A node does not answer: another one decides for it, until it is heard. */
  miss(name: string, nowMs: number): void {
    this.#presence.relay?.neighbours.miss(name, nowMs)
  }

  tick(nowMs: number): void {
    if (this.#presence.tick(nowMs)) return this.buckets.nextTick()
    for (const member of this.members.look(nowMs)) this.buckets.removePeer(member.peer)
    this.#entriesLeft = entriesPerTick
    this.#isUrgent = false
    // A share is taken of what the others have left. Until they have told, the last one has to do.
    if (!this.members.haveToldSince(this.#sharedMs)) return
    this.#sharedMs = nowMs
    this.buckets.nextTick()
  }

  /** The frame for all others to send now: the first after a tick is in turn, others have what is urgent alone. Undefined: there is
   *  no room for more in this tick, or others relay. */
  nextFrame(leaves = false): Uint8Array | undefined {
    if (this.isRelaying) return this.#presence.hello({ leaves, nextSequence: () => ++this.#sequence })
    if (this.#entriesLeft === 0 && !leaves) return undefined
    this.#sequence++
    const room = { frame: this.#sequence, max: this.#entriesLeft, isUrgent: this.#isUrgent }
    const entries = this.buckets.entries(room)
    this.#isUrgent = true
    this.#entriesLeft -= entries.length
    return encodeFrame({ ...this.#identity, sequence: this.#sequence, leaves, entries })
  }

  /** What single nodes are to be told now. */
  messages(nowMs: number): RelayMessage[] {
    return this.#presence.messages(nowMs)
  }

  /** Takes what was told to all. */
  take(payload: Uint8Array, nowMs: number): void {
    if (this.#presence.hear(payload, nowMs)) return
    const frame = decodeFrame(payload)
    if (frame === undefined || frame.node === this.name) return
    if (this.isRelaying) return this.#presence.meet(frame, nowMs)
    const member = this.#memberOf(frame, nowMs)
    if (member === undefined) return
    this.members.hear(member, frame.sequence, nowMs)
    for (const entry of frame.entries) this.buckets.merge(member, entry, nowMs)
    if (frame.leaves) this.#forget(member, nowMs)
  }

  /** Takes what was told to this node alone. */
  takeMessage(payload: Uint8Array, nowMs: number): void {
    this.#presence.takeMessage(payload, nowMs)
  }

  /** The sender of a frame; undefined where the frame is older than what it has already told. */
  #memberOf({ node, boot, sequence }: Frame, nowMs: number): Member | undefined {
    const known = this.members.get(node)
    if (known !== undefined && boot === known.boot) return sequence > known.sequence ? known : undefined
    // A clock may have been ahead when the node last started: its new start is believed when the old one has fallen silent.
    if (known !== undefined && boot < known.boot && !this.members.isSilent(known, nowMs)) return undefined
    if (known !== undefined) this.#forget(known, nowMs)
    return this.members.add(node, { boot, peer: this.buckets.addPeer(), nowMs })
  }

  #forget(member: Member, nowMs: number): void {
    this.buckets.removePeer(member.peer)
    this.members.remove(member.name, nowMs)
  }
}
