// The nodes that share the buckets: how many there are, and whom this node hears. A node that falls silent keeps its part,
// because nobody can tell a crash from a cut network; one that says goodbye or starts anew gives it back.

/** The silence after which a node is not heard any more, in ticks. */
const silentTicksMax = 4
/** The silence after which a node that a majority misses has left for good. */
const goneMsMax = 600_000
/** The silence after which a node has left for good, whoever misses it. Nodes that are killed one after the other, each under a new
 *  name, would else come to be the majority, and keep their part for ever. */
const forgottenMsMax = 86_400_000
/** A node that comes back from a longer silence has to tell all it knows before it counts as heard. */
const returnMs = 5_500
const longSilenceMs = 2_000

export interface Member {
  readonly name: string
  /** Tells the starts of a node apart: a later one is larger. */
  readonly boot: number
  /** The index of what it told in the columns. */
  readonly peer: number
  heardMs: number
  /** The sequence number of the first frame that was heard, and of the last. */
  firstSequence: number
  sequence: number
  /** The time from which it counts as heard. */
  countsFromMs: number
  isHeard: boolean
}

export class Members {
  /** Nodes that share the buckets, this one included. */
  count = 1
  /** The part of the nodes that is heard, this one included. */
  heardPart = 1
  /** Increases with every change of `heardPart`. */
  epoch = 1
  /** Set where nodes relay: how often each of them tells all others that it is there. Who hears whom is then known elsewhere. */
  helloMs: number | undefined
  /** The nodes of which another one knows, where it knows of more. */
  toldCount = 0
  readonly #members = new Map<string, Member>()
  readonly #tickMs: number

  constructor(tickMs: number) {
    this.#tickMs = tickMs
  }

  get(name: string): Member | undefined {
    return this.#members.get(name)
  }

  get size(): number {
    return this.#members.size
  }

  all(): Iterable<Member> {
    return this.#members.values()
  }

  /** A node that is heard for the first time, or that started anew. */
  add(name: string, { boot, peer, nowMs }: { boot: number; peer: number; nowMs: number }): Member {
    const member = {
      name,
      boot,
      peer,
      heardMs: nowMs,
      firstSequence: 0,
      sequence: 0,
      countsFromMs: nowMs,
      isHeard: true,
    }
    this.#members.set(name, member)
    // Where nodes relay there may be a thousand: who is heard is looked at once a second.
    if (this.helloMs === undefined) this.look(nowMs)
    else this.#recount()
    return member
  }

  remove(name: string, nowMs: number): void {
    this.#members.delete(name)
    if (this.helloMs === undefined) this.look(nowMs)
    else this.#recount()
  }

  #recount(): void {
    this.count = Math.max(this.#members.size + 1, this.toldCount)
  }

  hear(member: Member, sequence: number, nowMs: number): void {
    if (this.isSilent(member, nowMs)) member.countsFromMs = nowMs + returnMs
    member.heardMs = nowMs
    if (member.firstSequence === 0) member.firstSequence = sequence
    member.sequence = sequence
    if (!member.isHeard) this.look(nowMs)
  }

  get #silentMs(): number {
    return silentTicksMax * (this.helloMs ?? this.#tickMs)
  }

  /** Whether a node has not been heard for so long that nothing of it can be on the way any more. */
  isSilent({ heardMs }: Member, nowMs: number): boolean {
    return nowMs - heardMs > Math.max(longSilenceMs, this.#silentMs)
  }

  /** Whether every node that is heard has told something after a time. */
  haveToldSince(sinceMs: number): boolean {
    for (const { isHeard, heardMs } of this.#members.values()) if (isHeard && heardMs <= sinceMs) return false
    return true
  }

  /** Looks who is heard. Answers the members that have left for good. */
  look(nowMs: number): Member[] {
    let heard = 1
    for (const member of this.#members.values()) {
      member.isHeard = nowMs - member.heardMs <= this.#silentMs && nowMs >= member.countsFromMs
      if (member.isHeard) heard++
    }
    const isMajority = heard * 2 > this.#members.size + 1
    const gone = this.#silentFor(isMajority ? goneMsMax : forgottenMsMax, nowMs)
    for (const { name } of gone) this.#members.delete(name)
    this.#recount()
    // Whoever has left was not heard.
    const heardPart = this.helloMs === undefined ? heard / this.count : 1
    if (heardPart !== this.heardPart) this.epoch++
    this.heardPart = heardPart
    return gone
  }

  #silentFor(ms: number, nowMs: number): Member[] {
    return [...this.#members.values()].filter(({ heardMs }) => nowMs - heardMs > ms)
  }
}
