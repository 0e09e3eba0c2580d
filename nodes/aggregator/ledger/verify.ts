// Proves one partition of the ledger, a slice at a time, so that nothing waits long for it: the chain of its events, that the sums are
// those of the events, and that usage has the same sums by hour and owner.
import type { DatabaseSync } from 'node:sqlite'
import {
  cursorOf,
  type HourSum,
  type VerifyFault,
  type VerifySlice,
} from '../../../shared/telemetry/answers/ledger-verify.ts'
import { hourMs } from '../../../shared/telemetry/answers/usage-fields.ts'
import { Chain, type Head, headOf, isProven, isSameDigest, type MacKeys, type StoredEvent } from './chain.ts'
import { eventOf, selectEvents } from './event-rows.ts'
import { isHeadLost } from './lost-heads.ts'
import { monthFaults } from './month-faults.ts'
import { usageDifferences } from './usage-differences.ts'

export interface VerifyOptions {
  readonly database: DatabaseSync
  readonly keys: MacKeys
  readonly partition: number
}

type Slice = Omit<VerifySlice, 'boot' | 'partition'>

/** Events of one slice; the last block of it is read to its end. */
const sliceEvents = 20_000
const sliceHours = 7 * 24
const quartersPerHour = 4

/** `from`: the sequence after which the chain is read, or the first hour that is compared. */
export function verifySlice(
  options: VerifyOptions,
  at: { stage: VerifySlice['stage']; from: number } | undefined,
): Slice {
  const row = options.database.prepare('SELECT * FROM ledgerHead WHERE partition = ?').get(options.partition)
  if (row === undefined) return { stage: 'usage', events: 0, compared: 0, faults: lostHeadFaults(options) }
  const head = headOf(row)
  if (at?.stage === 'usage') return usageSlice(options, at.from)
  const faults = at === undefined ? headFaults(options, head, row['mac'] as Uint8Array) : []
  return chainSlice(options, head, { after: at?.from ?? head.base, faults })
}

function lostHeadFaults({ database, partition }: VerifyOptions): VerifyFault[] {
  if (!isHeadLost(database, partition)) return []
  return [{ type: 'head', message: 'there are events, and nothing says where they end' }]
}

function headFaults({ keys, partition }: VerifyOptions, head: Head, mac: Uint8Array): VerifyFault[] {
  const faults: VerifyFault[] = []
  if (!isProven(partition, head, mac, keys)) {
    faults.push({ type: 'head', message: 'the end of the chain is proven by no key that is configured' })
  }
  if (head.brokenAt > 0) {
    const message = `before sequence ${head.brokenAt} the chain did not end as its aggregator had left it`
    faults.push({ type: 'head', message })
  }
  return faults
}

interface ChainPass {
  readonly after: number
  readonly faults: VerifyFault[]
}

function chainSlice(options: VerifyOptions, head: Head, { after, faults }: ChainPass): Slice {
  const { database, partition } = options
  const before = after === head.base ? head.baseDigest : digestAt(database, partition, after)
  const read = readChain(options, after, before)
  faults.push(...read.faults)
  const common = { stage: 'chain', events: read.events, hours: [...read.hours.values()].map(wire), faults } as const
  const isEnd = read.isEnd || read.faults.length > 0
  const digest = read.digest === undefined ? '' : Buffer.from(read.digest).toString('hex')
  if (!isEnd) return { ...common, digest, next: cursorOf('chain', read.last) }
  const isHead = read.last === head.last && read.digest !== undefined && isSameDigest(read.digest, head.digest)
  if (!isHead && read.faults.length === 0) {
    faults.push({ type: 'chain', message: `it ends at sequence ${read.last}, and its head is at ${head.last}` })
  }
  faults.push(...monthFaults(database, partition, head))
  const firstHour = comparableFrom(database, head)
  return { ...common, digest, sums: keptSums(database, partition), firstHour, next: cursorOf('usage', firstHour) }
}

interface Running {
  hour: number
  events: bigint
  cost: bigint
  saved: bigint
}

/** Events of a partition in order. */
class Events {
  readonly #rows: Iterator<Record<string, unknown>>

  constructor({ database, partition }: VerifyOptions, after: number) {
    const statement = database.prepare(`${selectEvents} WHERE e.partition = ? AND e.sequence > ? ORDER BY e.sequence`)
    statement.setReadBigInts(true)
    this.#rows = statement.iterate(partition, after)
  }

  next(): StoredEvent | undefined {
    const next = this.#rows.next()
    return next.done === true ? undefined : eventOf(next.value)
  }

  /** A statement that is not at its end would keep the transaction of reading open. */
  end(): void {
    this.#rows.return?.()
  }
}

interface ReadChain {
  events: number
  readonly hours: Map<number, Running>
  readonly faults: VerifyFault[]
  last: number
  digest: Uint8Array | undefined
  isEnd: boolean
}

function readChain(options: VerifyOptions, after: number, before: Uint8Array | undefined): ReadChain {
  const read: ReadChain = { events: 0, hours: new Map(), faults: [], last: after, digest: before, isEnd: false }
  const fault = (message: string) => void read.faults.push({ type: 'chain', message })
  if (before === undefined) fault(`there is no block that ends at sequence ${after}`)
  else {
    const events = new Events(options, after)
    const problem = readBlocks(options, events, new Chain(before), read)
    if (problem !== undefined) fault(problem)
    events.end()
  }
  return read
}

/** Reads blocks until a slice is full. Returns what is wrong with them. */
function readBlocks(
  { database, partition }: VerifyOptions,
  events: Events,
  chain: Chain,
  read: ReadChain,
): string | undefined {
  const blocks = database.prepare('SELECT last, digest FROM ledgerBlock WHERE partition = ? AND last > ? ORDER BY last')
  for (const block of blocks.iterate(partition, read.last)) {
    const last = Number(block['last'])
    while (read.last < last) {
      const event = events.next()
      if (event?.sequence !== read.last + 1) return `the event of sequence ${read.last + 1} is missing`
      chain.add(event)
      count(read.hours, event)
      read.last = event.sequence
      read.events++
    }
    read.digest = chain.end()
    if (!isSameDigest(read.digest, block['digest'] as Uint8Array)) return `an event up to sequence ${last} was changed`
    if (read.events >= sliceEvents) return undefined
  }
  const surplus = events.next()
  read.isEnd = true
  return surplus === undefined ? undefined : `the event of sequence ${surplus.sequence} belongs to no block`
}

function count(hours: Map<number, Running>, { kind, atMs, costNanoUsd, savedNanoUsd }: StoredEvent): void {
  if (kind === 'month-close') return
  const hour = Math.floor(atMs / hourMs)
  const known = hours.get(hour)
  const sum = known ?? { hour, events: 0n, cost: 0n, saved: 0n }
  if (known === undefined) hours.set(hour, sum)
  sum.events++
  sum.cost += costNanoUsd
  sum.saved += savedNanoUsd
}

function wire({ hour, events, cost, saved }: Running): HourSum {
  return [hour, String(events), String(cost), String(saved)]
}

function keptSums(database: DatabaseSync, partition: number): HourSum[] {
  const statement = database.prepare(`
    SELECT quarter / ${quartersPerHour} AS hour, sum(events) AS events, sum(costNanoUsd) AS cost, sum(savedNanoUsd) AS saved
    FROM ledgerSum WHERE partition = ? GROUP BY 1`)
  statement.setReadBigInts(true)
  return statement
    .all(partition)
    .map((row) => [Number(row['hour']), String(row['events']), String(row['cost']), String(row['saved'])] as const)
}

/** Hours whose events are all kept, and were all booked. */
function comparableFrom(database: DatabaseSync, { prunedMs }: Head): number {
  const begun = Number(database.prepare('SELECT hour FROM ledgerBegin').get()?.['hour'] ?? 0)
  return Math.max(begun, prunedMs === 0 ? 0 : Math.floor(prunedMs / hourMs) + 1)
}

function digestAt(database: DatabaseSync, partition: number, last: number): Uint8Array | undefined {
  const row = database.prepare('SELECT digest FROM ledgerBlock WHERE partition = ? AND last = ?').get(partition, last)
  return row?.['digest'] as Uint8Array | undefined
}

function usageSlice({ database, partition }: VerifyOptions, fromHour: number): Slice {
  const { compared, faults, nextHour } = usageDifferences(database, partition, { fromHour, hours: sliceHours })
  const slice = { stage: 'usage', events: 0, compared, faults } as const
  return nextHour === undefined ? slice : { ...slice, next: cursorOf('usage', nextHour) }
}
