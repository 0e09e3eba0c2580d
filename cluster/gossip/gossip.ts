// Shares the buckets of a node with the others over the bus: a frame five times a second, and sooner for a bucket that is being
// used up; where there are many nodes, frames to those that relay. No request waits for it, except one whose charge is large beside the node's share: then one node decides for all.
// Where that one does not answer, the share decides.
import type { Clock } from '../../shared/clock.ts'
import { type Bus, gossipTo, type Subscription, subjects } from '../bus/bus.ts'
import { BucketNode, type BucketNodeOptions, gossipTickMs } from './bucket-node.ts'
import { ownerOf } from './bucket-owner.ts'
import type { Charge, Shortage } from './bucket-rule.ts'
import { type ChargeRequest, decodeCharge, decodeWait, encodeCharge, encodeVoid, encodeWait } from './charge-request.ts'
import { type Decided, DecidedCharges } from './decided-charges.ts'

export interface GossipOptions extends BucketNodeOptions {
  readonly bus: Bus
  readonly clock: Clock
}

/** The wait before what is urgent is told, so that a burst makes one frame. */
const urgentMs = 20
/** The wait for the owner of a small bucket. */
const askMsMax = 100
/** The tries to take a question back to which no answer came, and the pause between them. */
const takeBackTriesMax = 4
const takeBackPauseMs = 1_000
/** A charge is large when fewer than this many of it fit into the node's even share. */
const chargesPerShareMin = 16

export class Gossip {
  readonly node: BucketNode
  readonly #options: GossipOptions
  readonly #stops: Subscription[] = []
  readonly #decided = new DecidedCharges()
  #isUrgent = false
  #asked = 0

  constructor(options: GossipOptions) {
    this.#options = options
    this.node = new BucketNode(options)
    this.node.buckets.onUrgent = () => this.#tellSoon()
  }

  start(): void {
    const { bus, clock } = this.#options
    const timer = clock.every(gossipTickMs, () => this.#tick())
    this.#stops.push(
      { stop: () => timer.cancel() },
      bus.subscribe(subjects.gossip, (payload) => this.node.take(payload, clock.monotonicMs())),
      bus.subscribe(subjects.gossipTo, (payload) => this.node.takeMessage(payload, clock.monotonicMs())),
      bus.serve(subjects.gossipCharge, (payload) => this.answer(payload)),
    )
    // The others learn at once that there is one node more.
    this.#tell(false)
  }

  stop(): void {
    for (const part of this.#stops.splice(0)) part.stop()
    this.#tell(true)
  }

  /** Takes an amount from a bucket, or answers why not. A promise only where another node has to be asked. */
  charge(request: ChargeRequest): Charge | Shortage | Promise<Charge | Shortage> {
    const { members } = this.node
    const { rule, amount } = request
    const isLarge = amount * chargesPerShareMin > rule.capacity / members.count
    if (!isLarge || members.count === 1 || rule.kind === 'gauge') return this.#take(request, false)
    const owner = this.node.ownerOf(request.key) ?? ownerOf(request.key, this.node.name, members)
    if (owner === this.node.name || amount > rule.capacity) return this.#take(request, true)
    return this.#ask(owner, request)
  }

  /** Whether another node would be asked about a charge. */
  isAsked({ key, rule, amount }: Pick<ChargeRequest, 'key' | 'rule' | 'amount'>): boolean {
    const { members } = this.node
    if (members.count === 1 || rule.kind === 'gauge' || amount > rule.capacity) return false
    return (
      amount * chargesPerShareMin > rule.capacity / members.count &&
      ownerOf(key, this.node.name, members) !== this.node.name
    )
  }

  #take(request: ChargeRequest, isOwner: boolean): Charge | Shortage {
    const { buckets } = this.node
    const time = isTimed(request) ? request : { ...request, nowMs: this.#options.clock.monotonicMs() }
    return buckets.charge(
      buckets.slotOf(request.key, request.rule, time.nowMs, request.slot),
      request.amount,
      time,
      isOwner,
    )
  }

  async #ask(owner: string, request: ChargeRequest): Promise<Charge | Shortage> {
    const { node, boot } = this.#options
    const question = { owner, id: `${node}/${boot}/${++this.#asked}` }
    const told = await this.#told(encodeCharge(question, request))
    const waitMs = told === undefined ? undefined : decodeWait(told)
    if (waitMs === undefined) {
      // The owner may have taken the amount, or may still.
      void this.#takeBack(question, takeBackTriesMax)
      if (told === undefined) this.node.miss(owner, this.#options.clock.monotonicMs())
      return this.#take({ ...request, nowMs: this.#options.clock.monotonicMs() }, false)
    }
    // The answer has no word for a wait that ends with the window.
    if (waitMs > 0) return { type: 'short', waitMs: request.rule.kind === 'window' ? 0 : waitMs }
    const { buckets } = this.node
    const nowMs = this.#options.clock.monotonicMs()
    const { key, rule, window, windowLeftMs } = request
    return buckets.takenElsewhere(buckets.slotOf(key, rule, nowMs), { nowMs, window, windowLeftMs })
  }

  async #takeBack(question: { owner: string; id: string }, tries: number): Promise<void> {
    const told = await this.#told(encodeVoid(question))
    if (told !== undefined || tries <= 1) return
    this.#options.clock.after(takeBackPauseMs, () => void this.#takeBack(question, tries - 1))
  }

  /** The answer of another node; undefined where none comes. */
  async #told(question: Uint8Array): Promise<Uint8Array | undefined> {
    try {
      const told = await this.#options.bus.request(subjects.gossipAsk, question, askMsMax)
      return told.ok ? told.value : undefined
    } catch {
      return undefined
    }
  }

  /** Answers another node. */
  answer(payload: Uint8Array): Uint8Array {
    const asked = decodeCharge(payload)
    if (asked === undefined) return encodeWait(undefined)
    const { id, request } = asked
    const nowMs = this.#options.clock.monotonicMs()
    if (request !== undefined)
      return encodeWait(this.#decided.decide(id, nowMs, () => this.#decide({ ...request, nowMs })))
    const taken = this.#decided.takeBack(id, nowMs)
    if (taken !== undefined) this.node.buckets.adjust(taken.charge, -taken.amount, nowMs)
    return encodeWait(0)
  }

  #decide(request: ChargeRequest): Decided {
    const taken = this.#take(request, true)
    if ('slot' in taken) return { waitMs: 0, taken: { charge: taken, amount: request.amount } }
    return { waitMs: taken.type === 'short' ? Math.max(1, Math.ceil(taken.waitMs)) : undefined }
  }

  #tick(): void {
    this.node.tick(this.#options.clock.monotonicMs())
    this.#tell(false)
  }

  #tellSoon(): void {
    if (this.#isUrgent) return
    this.#isUrgent = true
    this.#options.clock.after(urgentMs, () => this.#tell(false))
  }

  #tell(leaves: boolean): void {
    this.#isUrgent = false
    const { bus, clock } = this.#options
    const frame = this.node.nextFrame(leaves)
    if (frame !== undefined) bus.publish(subjects.gossip, frame)
    for (const { to, frame: message } of this.node.messages(clock.monotonicMs())) bus.publish(gossipTo(to), message)
  }
}

function isTimed(request: ChargeRequest): request is ChargeRequest & { readonly nowMs: number } {
  return request.nowMs !== undefined
}
