// What one node tells another that relays: which buckets it has used (`Told`), and what it grants of others (`Granted`). An entry takes
// about 20 bytes. Numbers are whole, in groups of seven bits; keys and demands have a fixed size.

/** What a node tells its parent about a bucket. */
export interface Told {
  readonly key: number
  readonly kind: 'flow' | 'window' | 'gauge'
  readonly window: number
  /** What it and those behind it have spent in all. */
  readonly used: number
  /** The same of a window, with what they had spent before the sender knew them. */
  readonly all: number
  /** What they may spend beyond that. */
  readonly held: number
  /** What they would like to hold. */
  readonly wants: number
  /** In amount per millisecond. */
  readonly demand: number
  /** What is left for all, as the node was told last. */
  readonly balance: number
  /** Nobody was told before. */
  readonly isFresh: boolean
  /** Another node was told before. */
  readonly hasMoved: boolean
  /** Told until the parent answers. */
  readonly rule: { readonly capacity: number; readonly perMs: number } | undefined
}

/** What a parent tells a child about a bucket. */
export interface Granted {
  readonly key: number
  readonly kind: Told['kind']
  readonly window: number
  /** What the child may have spent in all; of a gauge, the places that are taken by others. */
  readonly granted: number
  /** What is left, and for which part of the nodes: the rest is kept for those that are not heard. */
  readonly balance: number
  readonly part: number
  /** Much of the bucket is promised to nobody. */
  readonly isPlenty: boolean
  /** The parent does not know the rule. */
  readonly lacksRule: boolean
}

export interface RelayFrame {
  readonly node: string
  readonly boot: number
  readonly sequence: number
  /** The last frame that the sender has heard from the receiver. */
  readonly heard: number
  /** The nodes that the sender hears in its row, itself included. */
  readonly alive: number
  /** The nodes with which the sender relays. */
  readonly mates: number
  readonly told: readonly Told[]
  readonly granted: readonly Granted[]
}

const version = 2
const kinds = ['flow', 'window', 'gauge'] as const
/** The largest entry, with its rule. */
export const entryBytesMax = 73
const nodeNameMax = 256
const countMax = 2 ** 32
const entriesMax = 4_096

/** Writes one frame into memory of its own, entry by entry. */
export class RelayFrameWriter {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytesMax: number) {
    this.#bytes = new Uint8Array(bytesMax + nodeNameMax * 3 + 64)
    this.#view = new DataView(this.#bytes.buffer)
  }

  get length(): number {
    return this.#at
  }

  begin({ node, boot, sequence, heard, alive, mates }: Omit<RelayFrame, 'told' | 'granted'>): void {
    this.#at = 0
    const name = new TextEncoder().encode(node)
    this.#byte(version)
    this.#count(name.length)
    this.#bytes.set(name, this.#at)
    this.#at += name.length
    for (const number of [boot, sequence, heard, alive, mates]) this.#count(number)
  }

  told({ key, kind, window, used, all, held, wants, demand, balance, isFresh, hasMoved, rule }: Told): void {
    this.#head(kind, key, window, (isFresh ? 8 : 0) | (hasMoved ? 16 : 0) | (rule === undefined ? 0 : 32))
    for (const number of [used, held, wants, balance]) this.#signed(number)
    this.#view.setFloat32(this.#at, demand)
    this.#at += 4
    if (kind === 'window') this.#signed(all)
    if (rule === undefined) return
    this.#signed(rule.capacity)
    this.#view.setFloat64(this.#at, rule.perMs)
    this.#at += 8
  }

  granted({ key, kind, window, granted, balance, part, isPlenty, lacksRule }: Granted): void {
    this.#head(kind, key, window, 4 | (isPlenty ? 8 : 0) | (lacksRule ? 32 : 0))
    this.#signed(granted)
    this.#signed(balance)
    if (kind === 'window') this.#byte(Math.max(1, Math.round(part * 255)))
  }

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#at)
  }

  #head(kind: Told['kind'], key: number, window: number, flags: number): void {
    this.#byte(kinds.indexOf(kind) | flags)
    this.#view.setUint32(this.#at, Math.floor(key / 0x1_0000_0000) * 256)
    this.#view.setUint32(this.#at + 3, key % 0x1_0000_0000)
    this.#at += 7
    if (kind === 'window') this.#count(window)
  }

  #byte(value: number): void {
    this.#bytes[this.#at++] = value
  }

  #count(value: number): void {
    let rest = value
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.#byte(128 | (rest % 128))
    this.#byte(rest)
  }

  #signed(value: number): void {
    const whole = Math.max(-(2 ** 52), Math.min(2 ** 52, Math.round(value)))
    this.#count(whole < 0 ? -whole * 2 - 1 : whole * 2)
  }
}

/** Reads a frame; undefined for anything else. Entries that no node can mean end it: the rest cannot be read. */
export function readRelayFrame(bytes: Uint8Array): RelayFrame | undefined {
  const reader = new Reader(bytes)
  if (reader.byte() !== version) return undefined
  const node = reader.text(reader.count())
  const [boot, sequence, heard] = [reader.count(), reader.count(), reader.count()]
  const [alive, mates] = [reader.count(), reader.count()]
  if (
    node === undefined ||
    !(sequence > 0) ||
    !(sequence < countMax) ||
    !(alive < countMax) ||
    !(mates < countMax) ||
    reader.isBroken
  )
    return undefined
  const told: Told[] = []
  const granted: Granted[] = []
  while (!reader.isAtEnd && told.length + granted.length < entriesMax) {
    const entry = readEntry(reader)
    if (entry === undefined || reader.isBroken) return undefined
    if ('granted' in entry) granted.push(entry)
    else told.push(entry)
  }
  return { node, boot, sequence, heard, alive, mates, told, granted }
}

function readEntry(reader: Reader): Told | Granted | undefined {
  const flags = reader.byte()
  const kind = kinds[flags & 3]
  if (kind === undefined) return undefined
  const key = reader.key()
  const window = kind === 'window' ? reader.count() : 0
  if (window >= countMax) return undefined
  if ((flags & 4) !== 0) {
    const [granted, balance] = [reader.signed(), reader.signed()]
    const part = kind === 'window' ? Math.max(1, reader.byte()) / 255 : 1
    const [isPlenty, lacksRule] = [(flags & 8) !== 0, (flags & 32) !== 0]
    return { key, kind, window, granted, balance, part, isPlenty, lacksRule }
  }
  const [used, held, wants, balance] = [reader.signed(), reader.signed(), reader.signed(), reader.signed()]
  const demand = reader.demand()
  const all = kind === 'window' ? reader.signed() : 0
  const rule = (flags & 32) === 0 ? undefined : { capacity: reader.signed(), perMs: reader.rate() }
  const isFresh = (flags & 8) !== 0
  return { key, kind, window, used, all, held, wants, demand, balance, isFresh, hasMoved: (flags & 16) !== 0, rule }
}

/** Reads what the writer writes. What ends too early, and numbers that no node can have, break it. */
class Reader {
  isBroken = false
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  byte(): number {
    const value = this.#bytes[this.#at++]
    if (value === undefined) this.isBroken = true
    return value ?? 0
  }

  count(): number {
    let [value, factor] = [0, 1]
    for (let groups = 0; groups < 8; groups++) {
      const byte = this.byte()
      value += (byte % 128) * factor
      if (byte < 128) return Number.isSafeInteger(value) ? value : this.#broken()
      factor *= 128
    }
    return this.#broken()
  }

  signed(): number {
    const value = this.count()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  key(): number {
    if (this.#at + 7 > this.#bytes.length) return this.#broken()
    const high = this.#view.getUint32(this.#at) >>> 8
    const value = high * 0x1_0000_0000 + this.#view.getUint32(this.#at + 3)
    this.#at += 7
    return Number.isSafeInteger(value) ? value : this.#broken()
  }

  demand(): number {
    if (this.#at + 4 > this.#bytes.length) return this.#broken()
    this.#at += 4
    const value = this.#view.getFloat32(this.#at - 4)
    return value >= 0 && value <= Number.MAX_SAFE_INTEGER ? value : this.#broken()
  }

  rate(): number {
    if (this.#at + 8 > this.#bytes.length) return this.#broken()
    this.#at += 8
    const value = this.#view.getFloat64(this.#at - 8)
    return value >= 0 && value <= Number.MAX_SAFE_INTEGER ? value : this.#broken()
  }

  text(length: number): string | undefined {
    if (length === 0 || length > nodeNameMax * 3 || this.#at + length > this.#bytes.length) return undefined
    this.#at += length
    return new TextDecoder().decode(this.#bytes.subarray(this.#at - length, this.#at))
  }

  #broken(): number {
    this.isBroken = true
    return 0
  }
}
