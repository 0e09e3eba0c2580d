// What one node tells the others about its buckets, in msgpack: `[version, node, boot, sequence, leaves, entries]`, where an entry
// is seven values in a row. A bucket takes about 30 bytes.
import { decode, encode } from '@msgpack/msgpack'
import type { BucketEntry } from './told-buckets.ts'

const version = 1
const valuesPerEntry = 7
const entriesMax = 65_536
const nodeNameMax = 256
/** Demand above which no node can charge, in amount per millisecond. */
const demandMax = Number.MAX_SAFE_INTEGER

export interface Frame {
  readonly node: string
  /** Tells the starts of a node apart: a later one is larger. */
  readonly boot: number
  /** Increases by one with every frame of a boot. */
  readonly sequence: number
  /** The node stops and admits nothing more. */
  readonly leaves: boolean
  readonly entries: readonly BucketEntry[]
}

export function encodeFrame({ node, boot, sequence, leaves, entries }: Frame): Uint8Array {
  const values: number[] = []
  for (const { key, birth, window, net, balance, demand, isGauge } of entries)
    values.push(key, birth, window, Math.round(net), Math.floor(balance), demand, isGauge ? 1 : 0)
  return encode([version, node, boot, sequence, leaves, values], { forceFloat32: false })
}

/** Decodes a frame; undefined for anything else, and for frames of versions that this one does not know. Entries that no node can
 *  mean are left out: one of them could close a bucket on every node. */
export function decodeFrame(bytes: Uint8Array): Frame | undefined {
  const parts = partsOf(bytes)
  if (!Array.isArray(parts) || parts[0] !== version) return undefined
  const [, node, boot, sequence, leaves, values] = parts as unknown[]
  if (!isNodeName(node) || !isWhole(boot) || boot < 0 || typeof leaves !== 'boolean') return undefined
  if (!isCount(sequence) || sequence === 0 || !isValues(values)) return undefined
  return { node, boot, sequence, leaves, entries: entriesOf(values) }
}

function partsOf(bytes: Uint8Array): unknown {
  try {
    return decode(bytes)
  } catch {
    return undefined
  }
}

function isNodeName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= nodeNameMax
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value)
}

/** Whether a value fits into the columns of counts. */
function isCount(value: unknown): value is number {
  return isWhole(value) && value >= 0 && value < 2 ** 32
}

function isValues(values: unknown): values is unknown[] {
  if (!Array.isArray(values) || values.length % valuesPerEntry !== 0) return false
  return values.length <= entriesMax * valuesPerEntry
}

function entriesOf(values: readonly unknown[]): BucketEntry[] {
  const entries: BucketEntry[] = []
  for (let first = 0; first < values.length; first += valuesPerEntry) {
    const entry = entryOf(values.slice(first, first + valuesPerEntry))
    if (entry !== undefined) entries.push(entry)
  }
  return entries
}

function entryOf([key, birth, window, net, balance, demand, gauge]: readonly unknown[]): BucketEntry | undefined {
  if (!isWhole(key) || key < 0 || !isCount(birth) || !isCount(window)) return undefined
  if (!isWhole(net) || !isWhole(balance) || typeof demand !== 'number' || !(demand <= demandMax)) return undefined
  return { key, birth, window, net, balance, demand: Math.max(0, demand), isGauge: gauge === 1 }
}
