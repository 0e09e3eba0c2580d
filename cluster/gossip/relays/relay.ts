// A node in a cluster that relays: the frames to its neighbours, and what it takes from theirs.
import type { BucketShares } from '../bucket-shares.ts'
import type { BucketSlots } from '../bucket-slots.ts'
import { canBegin } from '../bucket-windows.ts'
import { LeaseTree } from './lease-tree.ts'
import { Neighbours, sentRate } from './neighbours.ts'
import {
  entryBytesMax,
  type Granted,
  type RelayFrame,
  RelayFrameWriter,
  readRelayFrame,
  type Told,
} from './relay-frame.ts'
import { burstMs, leastRoom, messageBytes, type RelayLink } from './relay-link.ts'
import type { TreeLinks } from './tree-state.ts'

export interface RelayParts {
  readonly node: string
  readonly boot: number
  readonly nowMs: number
  readonly slots: BucketSlots
  readonly shares: BucketShares
  readonly childrenMax: number
  onFull(): void
  /** Whether a node that tells something is one of those that are listened to. */
  knows(node: string, boot: number): boolean
  /** Something should be told before the next tick. */
  onUrgent(): void
}

export interface RelayMessage {
  readonly to: string
  readonly frame: Uint8Array
}

const frameBytesMax = 4_096
/** Rules that are asked for in one go. */
const unknownMax = 256
/** The time in which every bucket that is not at rest is told, and the same where nodes have come or gone. */
const syncMs = 10_000
const hastyMs = 2_000
const comfortMs = 400
/** The time after its start in which a node cannot know whether others have used a bucket that it does not know. */
const newMs = 12_000

export class Relay {
  readonly neighbours: Neighbours
  readonly tree: LeaseTree
  readonly #parts: RelayParts
  readonly #writer = new RelayFrameWriter(frameBytesMax + entryBytesMax)
  #nowMs: number
  readonly #startMs: number
  #tickedMs = 0
  #synced = 0
  #bytes = sentRate * burstMs
  #bytesMs = 0
  #turn = 0

  constructor(parts: RelayParts) {
    this.#parts = parts
    this.#nowMs = parts.nowMs
    this.#startMs = parts.nowMs
    this.neighbours = new Neighbours(parts.node, (link, isGone) => this.tree.children.silence(link.index, isGone))
    const { slots, childrenMax: rowsMax, onFull } = parts
    this.tree = new LeaseTree({ slots, rowsMax, onFull, links: this.#treeLinks() })
  }

  tick(nowMs: number): void {
    this.#nowMs = nowMs
    this.neighbours.tick(nowMs)
    this.tree.tick(nowMs)
    this.#sync(nowMs)
  }

  /** The frames that are due now. Each link comes first in its turn. */
  frames(nowMs: number): RelayMessage[] {
    this.#nowMs = nowMs
    this.#bytes = Math.min(sentRate * burstMs, this.#bytes + sentRate * (nowMs - this.#bytesMs))
    this.#bytesMs = nowMs
    const { links } = this.neighbours
    const messages: RelayMessage[] = []
    this.#turn++
    for (let index = 0; index < links.length; index++) {
      const link = links[(index + this.#turn) % links.length]
      if (link === undefined) continue
      const wanted = link.room(nowMs)
      const room = Math.min(frameBytesMax, wanted, Math.max(leastRoom, this.#bytes - messageBytes))
      if (room < leastRoom || (this.#bytes < leastRoom && !link.isOverdue(nowMs))) continue
      const frame = this.#frame(link, room, nowMs)
      this.#bytes -= frame.length + messageBytes
      messages.push({ to: link.name, frame })
    }
    return messages
  }

  take(payload: Uint8Array, nowMs: number): void {
    const frame = readRelayFrame(payload)
    if (frame === undefined || frame.node === this.#parts.node) return
    if (!this.#parts.knows(frame.node, frame.boot)) return
    this.#nowMs = nowMs
    const link = this.neighbours.link(frame.node, nowMs)
    if (!this.#hear(link, frame, nowMs)) return
    for (const entry of frame.granted) this.#granted(link, entry, nowMs)
    for (const entry of frame.told) this.#told(link, entry, { heard: frame.heard, nowMs })
  }

  #frame(link: RelayLink, room: number, nowMs: number): Uint8Array {
    const { node, boot } = this.#parts
    const writer = this.#writer
    const { heard, mates } = link
    const sequence = ++link.sequence
    writer.begin({ node, boot, sequence, heard, alive: this.neighbours.aliveInRow, mates })
    const hasRoom = () => writer.length + entryBytesMax <= room
    while (link.unknown.length > 0 && hasRoom()) {
      const key = link.unknown.pop() ?? 0
      writer.granted({
        key,
        kind: 'flow',
        window: 0,
        granted: 0,
        balance: 0,
        part: 1,
        isPlenty: false,
        lacksRule: true,
      })
    }
    // What is told now can wait for its next turn at once.
    for (let left = link.answers.length; left > 0 && hasRoom(); left--) {
      const row = link.answers.next()
      const entry = row === undefined ? undefined : this.tree.children.grantedOf(row, sequence)
      if (entry !== undefined) writer.granted(entry)
    }
    for (let left = link.reports.length; left > 0 && hasRoom(); left--) {
      const slot = link.reports.next()
      if (slot === undefined || !this.tree.isParent(slot, link.index)) continue
      const entry = this.tree.toldOf(slot, nowMs)
      // Another parent may have been found meanwhile.
      if (entry !== undefined && this.tree.isParent(slot, link.index)) writer.told(entry)
    }
    link.sent(writer.length, nowMs)
    return writer.bytes()
  }

  /** False: the frame is older than what its sender has already told. */
  #hear(link: RelayLink, { boot, sequence, heard, alive, mates, node }: RelayFrame, nowMs: number): boolean {
    if (boot < link.boot || (boot === link.boot && sequence <= link.heard)) return false
    if (boot > link.boot && link.boot !== 0) this.tree.children.silence(link.index, true)
    link.boot = boot
    link.heard = sequence
    // This node has forgotten the link since.
    if (heard > link.sequence) link.sequence = heard
    link.hearAcked(heard, nowMs)
    this.neighbours.hear(link, { name: node, alive, mates, nowMs })
    return true
  }

  #told(link: RelayLink, entry: Told, heard: { heard: number; nowMs: number }): void {
    const { slots, shares } = this.#parts
    const known = slots.find(entry.key)
    const slot = known === undefined || slots.ruleAt(known) === undefined ? this.#learn(link, entry) : known
    const rule = slot === undefined ? undefined : slots.ruleAt(slot)
    if (slot === undefined || rule?.kind !== entry.kind) return
    const window = slots.columns.window[slot] ?? 0
    if (entry.window < window) return
    if (entry.window > window) {
      if (!canBegin(slots.columns, slot, { nowMs: heard.nowMs, window: entry.window })) return
      shares.beginWindow(slot, rule, entry.window)
      this.tree.beginWindow(slot)
    }
    this.tree.bring(slot, rule, heard.nowMs)
    this.tree.children.told(link.index, slot, { entry, ...heard })
  }

  /** A bucket that only others have used so far. */
  #learn(link: RelayLink, { key, kind, window, rule, balance, isFresh }: Told): number | undefined {
    if (rule === undefined) {
      if (link.unknown.length < unknownMax) link.unknown.push(key)
      return undefined
    }
    const { slots } = this.#parts
    const slot = slots.find(key) ?? slots.add(key)
    const bound = { kind, capacity: rule.capacity, perMs: rule.perMs }
    slots.setRule(slot, bound)
    slots.columns.window[slot] = window
    slots.columns.balance[slot] = isFresh || kind === 'gauge' ? rule.capacity : balance
    slots.columns.refilledMs[slot] = this.#nowMs
    this.tree.bind(slot, bound, undefined)
    return slot
  }

  #granted(link: RelayLink, entry: Granted, nowMs: number): void {
    const { slots } = this.#parts
    const slot = slots.find(entry.key)
    if (slot === undefined || !this.tree.isParent(slot, link.index)) return
    if (entry.lacksRule) return this.tree.forgetRuleTold(slot)
    const rule = slots.ruleAt(slot)
    if (rule?.kind === entry.kind && entry.window === slots.columns.window[slot])
      this.tree.granted(slot, rule, entry, nowMs)
  }

  #sync(nowMs: number): void {
    const { end } = this.#parts.slots
    const passedMs = Math.min(syncMs, nowMs - this.#tickedMs)
    this.#tickedMs = nowMs
    const inMs = nowMs - this.neighbours.arrangedMs < syncMs ? hastyMs : syncMs
    for (let left = Math.min(end, Math.ceil((end * passedMs) / inMs)); left > 0; left--) {
      this.#synced = (this.#synced + 1) % end
      this.tree.sync(this.#synced, nowMs)
    }
  }

  #treeLinks(): TreeLinks {
    const { neighbours } = this
    const { links } = neighbours
    return {
      get nodes() {
        return neighbours.count
      },
      parentOf: (key) => neighbours.parentOf(key, this.#nowMs)?.index,
      partOf: (kind) => (kind === 'window' ? neighbours.windowPart : neighbours.part),
      replaces: (link, other) => neighbours.areOfOneRow(links[link], links[other]),
      isInRow: (link) => neighbours.isInRow(links[link]),
      comfortMs: (link) => comfortMs + 3 * (links[link ?? -1]?.intervalMs ?? 0),
      isHeard: (link) => this.#nowMs - (links[link]?.heardMs ?? Number.NEGATIVE_INFINITY) < 2 * neighbours.aliveMs,
      isDeaf: (link) => links[link]?.isDeaf(this.#nowMs) ?? false,
      isNew: () => this.#nowMs - this.#startMs < newMs,
      report: (link, slot, isUrgent) => this.#queue(links[link]?.reports, slot, isUrgent),
      answer: (link, row, isUrgent) => this.#queue(links[link]?.answers, row, isUrgent),
    }
  }

  #queue(queue: RelayLink['reports'] | undefined, value: number, isUrgent: boolean): void {
    queue?.add(value, isUrgent)
    if (isUrgent && queue !== undefined) this.#parts.onUrgent()
  }
}
