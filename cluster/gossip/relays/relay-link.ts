// The way to one other node that this one relays with: what waits to be told, when the next frame is due, and how many bytes it may
// have. The rates of all links together are what a node may send, and what it can be sent.
import { atFlags } from '../bucket-slots.ts'

/** What a message has besides its frame: the subject, the headers with the MAC, and the words of the protocol. */
export const messageBytes = 200
const urgentMs = 20
const regularMs = 200
/** What a link may send at once after a silence, in time of its rate. */
export const burstMs = 500
const leastBurst = 1_000
/** A frame that has much to tell waits until it can be so large: small ones are mostly headers. */
const worthwhileBytes = 800
const entryBytes = 22
/** The bytes of a frame that says that a node is there, with a few entries. */
export const leastRoom = 300
/** The frames in a row that have to be missing before a node counts as silent. */
export const silentAfter = 5

export interface LinkRate {
  /** What all links of this node together may send, in bytes per millisecond, and how many they are. */
  readonly sentRate: number
  readonly mates: number
  /** The time after which a frame is sent although there is nothing to tell. */
  readonly aliveMs: number
}

export class RelayLink {
  readonly name: string
  readonly index: number
  boot = 0
  sequence = 0
  heard = 0
  heardMs: number
  /** The links of the other node: it can take as little as it can send. */
  otherMates = 1
  isSilent = false
  /** The last frame to the other node of which it has told that it came, and when that was. */
  #acked = 0
  #ackedMs: number
  readonly reports = new UrgentQueue()
  readonly answers = new UrgentQueue()
  /** Buckets that the other node tells of without their rule. */
  readonly unknown: number[] = []
  #rate: LinkRate = { sentRate: 1, mates: 1, aliveMs: regularMs }
  #bytes = leastBurst
  #bytesMs: number
  #sentMs = Number.NEGATIVE_INFINITY

  constructor(name: string, { index, nowMs }: { index: number; nowMs: number }) {
    this.name = name
    this.index = index
    this.heardMs = nowMs
    this.#bytesMs = nowMs
    this.#ackedMs = nowMs
  }

  setRate(rate: LinkRate): void {
    this.#rate = rate
  }

  get mates(): number {
    return this.#rate.mates
  }

  get #bytesPerMs(): number {
    return this.#rate.sentRate / Math.max(1, this.otherMates)
  }

  /** The time between two frames that have something to tell. */
  get intervalMs(): number {
    return Math.max(regularMs, (messageBytes * 2) / this.#bytesPerMs)
  }

  get silentMs(): number {
    return silentAfter * this.#rate.aliveMs
  }

  hearAcked(sequence: number, nowMs: number): void {
    if (sequence === this.#acked) return
    this.#acked = sequence
    this.#ackedMs = nowMs
  }

  /** Whether frames to the other node do not come, although its own do. */
  isDeaf(nowMs: number): boolean {
    return this.sequence > this.#acked && nowMs - this.#ackedMs > this.silentMs
  }

  /** Whether the other node has to hear that this one is there. */
  isOverdue(nowMs: number): boolean {
    return nowMs - this.#sentMs >= this.#rate.aliveMs
  }

  /** The bytes that a frame may have now; 0: none is due. */
  room(nowMs: number): number {
    const sinceMs = nowMs - this.#sentMs
    const isAlive = this.isOverdue(nowMs)
    const isDue =
      isAlive ||
      (sinceMs >= regularMs && this.#news > 0) ||
      (sinceMs >= urgentMs && (this.reports.isUrgent || this.answers.isUrgent))
    if (!isDue) return 0
    this.#refill(nowMs)
    const room = Math.max(0, this.#bytes - messageBytes)
    // A node that is said to be silent costs more than a frame that is early.
    if (isAlive) return Math.max(leastRoom, room)
    return room < Math.min(worthwhileBytes, this.#news * entryBytes) ? 0 : room
  }

  get #news(): number {
    return this.reports.length + this.answers.length + this.unknown.length
  }

  sent(bytes: number, nowMs: number): void {
    this.#bytes -= bytes + messageBytes
    this.#sentMs = nowMs
    this.reports.settle()
    this.answers.settle()
  }

  #refill(nowMs: number): void {
    const rate = this.#bytesPerMs
    const most = Math.max(leastBurst, rate * burstMs)
    this.#bytes = Math.min(most, this.#bytes + rate * (nowMs - this.#bytesMs))
    this.#bytesMs = nowMs
  }
}

/** Numbers that wait for their turn, each once; urgent ones first. */
export class UrgentQueue {
  isUrgent = false
  #urgent: number[] = []
  #others: number[] = []
  #first = 0
  /** 0: it does not wait; 1: among the others; 2: among the urgent. */
  #waits = new Uint8Array(64)

  get length(): number {
    return this.#urgent.length + this.#others.length - this.#first
  }

  add(value: number, isUrgent: boolean): void {
    if (value >= this.#waits.length) this.#grow(value)
    if (isUrgent) this.isUrgent = true
    const place = isUrgent ? 2 : 1
    if (atFlags(this.#waits, value) >= place) return
    this.#waits[value] = place
    if (isUrgent) this.#urgent.push(value)
    else this.#others.push(value)
  }

  next(): number | undefined {
    const urgent = this.#urgent.shift()
    if (urgent !== undefined) return this.#taken(urgent)
    for (; this.#first < this.#others.length; ) {
      const value = this.#others[this.#first++]
      // It became urgent meanwhile, and was told.
      if (value !== undefined && atFlags(this.#waits, value) === 1) return this.#taken(value)
    }
    this.#others = []
    this.#first = 0
    return undefined
  }

  /** Called after a frame: what is still urgent waits for the next one. */
  settle(): void {
    this.isUrgent = this.#urgent.length > 0
    if (this.#first < 1_024 || this.#first * 2 < this.#others.length) return
    this.#others = this.#others.slice(this.#first)
    this.#first = 0
  }

  #taken(value: number): number {
    this.#waits[value] = 0
    return value
  }

  #grow(value: number): void {
    const larger = new Uint8Array(Math.max(value + 1, this.#waits.length * 2))
    larger.set(this.#waits)
    this.#waits = larger
  }
}
