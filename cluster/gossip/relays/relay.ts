// A node in a cluster that relays: its links, and the buckets that it tells and is told of.
import { BucketShares } from '../bucket-shares.ts'
import type { BucketSlots } from '../bucket-slots.ts'
import { canBegin } from '../bucket-windows.ts'
import { LeaseTree } from './lease-tree.ts'
import { entryBytesMax, type Granted, RelayFrameWriter, readRelayFrame, type RelayFrame, type Told } from './relay-frame.ts'
import { burstMs, messageBytes, RelayLink, silentAfter } from './relay-link.ts'
import { RelayTopology, rowOf, rowsFor } from './topology.ts'

export interface RelayParts {
  readonly node: string
  readonly boot: number
  readonly slots: BucketSlots
  readonly shares: BucketShares
  readonly childrenMax: number
  onFull(): void
  /** Something should be told before the next tick. */
  onUrgent(): void
}

export interface RelayMessage {
  readonly to: string
  readonly frame: Uint8Array
}

/** What a node sends in bytes per millisecond; it is sent as much. */
const sentRate = 24
/** What frames without anything to tell may take of it. */
const aliveRate = 8
const aliveBytes = 250
const aliveMsMin = 400
const frameBytesMax = 4_096
/** The time in which every bucket that is not at rest is told. */
const syncMs = 10_000

export class Relay {
  readonly tree: LeaseTree
  readonly #parts: RelayParts
  readonly #topology: RelayTopology
  readonly #links: (RelayLink | undefined)[] = []
  readonly #byName = new Map<string, RelayLink>()
  readonly #rows = new Map<number, { alive: number; atMs: number }>()
  readonly #writer = new RelayFrameWriter(frameBytesMax + entryBytesMax)
  #names: () => readonly string[] = () => []
  #count = 1
  #nowMs = 0
  #tickedMs = 0
  #synced = 0
  #isStale = true
  #part = 1
  #bytes = sentRate * burstMs
  #bytesMs = 0
  #turn = 0

  constructor(parts: RelayParts) {
    this.#parts = parts
    this.#topology = new RelayTopology(parts.node)
    const relay = this
    this.tree = new LeaseTree({
      slots: parts.slots,
      rowsMax: parts.childrenMax,
      onFull: parts.onFull,
      links: {
        get nodes() {
          return relay.#count
        },
        parentOf: (key) => this.#parentOf(key),
        partOf: () => this.#part,
        comfortMs: (link) => this.#comfortMs(link),
        isHeard: (link) => this.#nowMs - (this.#links[link]?.heardMs ?? Number.NEGATIVE_INFINITY) < 2 * this.#aliveMs,
        report: (link, slot, isUrgent) => this.#queue(this.#links[link], 'reports', slot, isUrgent),
        answer: (link, row, isUrgent) => this.#queue(this.#links[link], 'answers', row, isUrgent),
      },
    })
  }

  /** The nodes that there are, without this one, and how many there are with those that nobody has named. */
  setNodes(names: () => readonly string[], count: number): void {
    this.#names = names
    this.#count = count
    this.#isStale = true
  }

  dbg() { return this.#part.toFixed(2) + ' row ' + this.#topology.row + ' own ' + this.#aliveInRow() + ' ' + [...this.#rows].map(([r, x]) => r + ':' + x.alive + '@' + (this.#nowMs - x.atMs)).join(' ') } //DBG
  rootOf(key: number): string {
    return this.#topology.rootOf(key)
  }

  tick(nowMs: number): void {
    for (const link of this.#byName.values()) {
      if (link.isSilent || nowMs - link.heardMs <= link.silentMs) continue
      link.isSilent = true
      this.#isStale = true
      this.tree.silence(link.index, false)
    }
    this.#nowMs = nowMs
    this.#arrange(nowMs)
    this.#look()
    this.tree.tick(nowMs)
    this.#sync(nowMs)
  }

  /** The frames that are due now. */
  frames(nowMs: number): RelayMessage[] {
    this.#nowMs = nowMs
    this.#bytes = Math.min(sentRate * burstMs, this.#bytes + sentRate * (nowMs - this.#bytesMs))
    this.#bytesMs = nowMs
    const messages: RelayMessage[] = []
    this.#turn++
    for (let index = 0; index < this.#links.length; index++) {
      const link = this.#links[(index + this.#turn) % this.#links.length]
      if (link === undefined) continue
      const room = Math.min(frameBytesMax, this.#bytes - messageBytes, link.room(nowMs))
      if (room < entryBytesMax * 2) continue
      const frame = this.#frame(link, room, nowMs)
      this.#bytes -= frame.length + messageBytes
      messages.push({ to: link.name, frame })
    }
    return messages
  }

  take(payload: Uint8Array, nowMs: number): void {
    const frame = readRelayFrame(payload)
    if (frame === undefined || frame.node === this.#parts.node) return
    this.#nowMs = nowMs
    const link = this.#byName.get(frame.node) ?? this.#link(frame.node, nowMs)
    if (!this.#hear(link, frame, nowMs)) return
    for (const entry of frame.granted) this.#granted(link, entry, nowMs)
    for (const entry of frame.told) this.#told(link, entry, { heard: frame.heard, nowMs })
  }

  /** A node says goodbye, or starts anew. */
  forget(name: string): void {
    const link = this.#byName.get(name)
    if (link === undefined) return
    this.tree.silence(link.index, true)
    this.#byName.delete(name)
    this.#links[link.index] = undefined
    this.#isStale = true
  }

  #frame(link: RelayLink, room: number, nowMs: number): Uint8Array {
    const { node, boot } = this.#parts
    const writer = this.#writer
    link.sequence++
    writer.begin({ node, boot, sequence: link.sequence, heard: link.heard, alive: this.#aliveInRow(), mates: link.mates })
    while (link.unknown.length > 0 && writer.length + entryBytesMax <= room) {
      const key = link.unknown.pop()
      if (key !== undefined)
        writer.granted({ key, kind: 'flow', window: 0, granted: 0, balance: 0, lacksRule: true })
    }
    // What was told now can wait for its next turn at once.
    for (let left = link.answers.length; left > 0 && writer.length + entryBytesMax <= room; left--) {
      const row = link.answers.next()
      const entry = row === undefined ? undefined : this.tree.grantedOf(row, link.sequence)
      if (entry !== undefined) writer.granted(entry)
    }
    for (let left = link.reports.length; left > 0 && writer.length + entryBytesMax <= room; left--) {
      const slot = link.reports.next()
      if (slot === undefined || !this.tree.isParent(slot, link.index)) continue
      const entry = this.tree.toldOf(slot, nowMs)
      if (entry !== undefined && this.tree.isParent(slot, link.index)) writer.told(entry)
    }
    link.reports.settle()
    link.answers.settle()
    link.sent(writer.length, nowMs)
    return writer.bytes()
  }

  /** False: the frame is older than what its sender has already told. */
  #hear(link: RelayLink, { boot, sequence, heard, alive, mates, node }: RelayFrame, nowMs: number): boolean {
    if (boot < link.boot) return false
    if (boot > link.boot) {
      if (link.boot !== 0) this.tree.silence(link.index, true)
      link.boot = boot
      link.heard = 0
    } else if (sequence <= link.heard) return false
    link.heard = sequence
    link.heardMs = nowMs
    link.otherMates = mates
    if (link.isSilent) {
      link.isSilent = false
      this.#isStale = true
    }
    if (heard > link.sequence) link.sequence = heard
    const row = rowOf(node, this.#topology.rows)
    if (row !== this.#topology.row) this.#rows.set(row, { alive, atMs: nowMs })
    return true
  }

  #told(link: RelayLink, entry: Told, heard: { heard: number; nowMs: number }): void {
    const { slots, shares } = this.#parts
    const known = slots.find(entry.key)
    const slot = known === undefined || slots.ruleAt(known) === undefined ? this.#learn(link, entry) : known
    if (slot === undefined) return
    const rule = slots.ruleAt(slot)
    if (rule === undefined || rule.kind !== entry.kind) return
    const { nowMs } = heard
    const own = slots.columns.window[slot] ?? 0
    if (entry.window !== own) {
      if (entry.window > own && canBegin(slots.columns, slot, { nowMs, window: entry.window })) {
        shares.beginWindow(slot, rule, entry.window)
        this.tree.beginWindow(slot)
      } else return
    }
    this.tree.bring(slot, rule, nowMs)
    this.tree.told(link.index, slot, entry, heard)
  }

  /** A bucket that only others use. */
  #learn(link: RelayLink, { key, kind, window, rule, balance, isFresh }: Told): number | undefined {
    if (rule === undefined) {
      if (link.unknown.length < 256) link.unknown.push(key)
      return undefined
    }
    const { slots } = this.#parts
    const slot = slots.find(key) ?? slots.add(key)
    slots.setRule(slot, { kind, ...rule })
    slots.columns.window[slot] = window
    slots.columns.balance[slot] = isFresh || kind === 'gauge' ? rule.capacity : balance
    slots.columns.refilledMs[slot] = this.#nowMs
    this.tree.bind(slot, { kind, ...rule }, undefined)
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

  #arrange(nowMs: number): void {
    if (!this.#isStale) return
    this.#isStale = false
    const names = this.#names().filter((name) => this.#byName.get(name)?.isSilent !== true)
    this.#topology.arrange(names, rowsFor(this.#count, this.#topology.rows))
    const { rowMates, columnMates, rows, row } = this.#topology
    const aliveMs = this.#aliveMs
    const mates = new Set([...rowMates, ...columnMates])
    for (const name of mates) this.#link(name, nowMs).setRate({ sentRate, mates: mates.size, aliveMs })
    this.#dropOthers(mates)
    for (let other = 0; other < rows; other++)
      if (other !== row && !this.#rows.has(other))
        this.#rows.set(other, { alive: this.#topology.sizeOf(other), atMs: nowMs })
  }

  /** Links to nodes that are no neighbours any more, except silent ones: they are listened for. */
  #dropOthers(mates: ReadonlySet<string>): void {
    for (const [name, link] of this.#byName) {
      if (mates.has(name) || link.isSilent) continue
      this.tree.silence(link.index, true)
      this.#byName.delete(name)
      this.#links[link.index] = undefined
    }
  }

  #link(name: string, nowMs: number): RelayLink {
    const known = this.#byName.get(name)
    if (known !== undefined) return known
    const free = this.#links.indexOf(undefined)
    const link = new RelayLink(name, { index: free === -1 ? this.#links.length : free, nowMs })
    link.setRate({ sentRate, mates: this.#byName.size + 1, aliveMs: this.#aliveMs })
    this.#links[link.index] = link
    this.#byName.set(name, link)
    return link
  }

  #parentOf(key: number): number | undefined {
    const name = this.#topology.parentOf(key)
    return name === undefined ? undefined : this.#byName.get(name)?.index
  }

  /** The part of the nodes that this one hears, itself or through the homes of other rows. */
  #look(): void {
    let alive = this.#aliveInRow()
    const { rows, row } = this.#topology
    for (let other = 0; other < rows; other++) {
      const told = this.#rows.get(other)
      if (other !== row && told !== undefined && this.#nowMs - told.atMs < this.#rowSilentMs) alive += told.alive
    }
    this.#part = Math.min(1, alive / this.#count)
  }

  /** The same on all nodes, so that all miss a node at about the same time. */
  get #aliveMs(): number {
    return Math.max(aliveMsMin, (2 * Math.sqrt(this.#count) * aliveBytes) / aliveRate)
  }

  get #rowSilentMs(): number {
    return silentAfter * this.#aliveMs
  }

  #aliveInRow(): number {
    let alive = 1
    for (const name of this.#topology.rowMates) if (this.#byName.get(name)?.isSilent === false) alive++
    return alive
  }

  #comfortMs(link: number | undefined): number {
    const found = link === undefined ? undefined : this.#links[link]
    return 400 + 3 * (found?.intervalMs ?? 0)
  }

  #queue(link: RelayLink | undefined, what: 'reports' | 'answers', value: number, isUrgent: boolean): void {
    if (link === undefined) return
    link[what].add(value, isUrgent)
    if (isUrgent) this.#parts.onUrgent()
  }

  #sync(nowMs: number): void {
    const { end } = this.#parts.slots
    const passedMs = Math.min(syncMs, nowMs - this.#tickedMs)
    this.#tickedMs = nowMs
    for (let left = Math.ceil((end * passedMs) / syncMs); left > 0 && end > 0; left--) {
      this.#synced = (this.#synced + 1) % end
      this.tree.sync(this.#synced)
    }
  }
}
