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
  if (row === undefined) return { stage: 'usage', events: 0, compared: 0, faults: [] }
  const head = headOf(row)
  if (at?.stage === 'usage') return usageSlice(options, at.from)
  const faults = at === undefined ? headFaults(options, head, row['mac'] as Uint8Array) : []
  return chainSlice(options, head, { after: at?.from ?? head.base, faults })
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

function readChain({ database, partition }: VerifyOptions, after: number, before: Uint8Array | undefined) {
  const hours = new Map<number, Running>()
  const result = { events: 0, hours, faults: [] as VerifyFault[], last: after, digest: before, isEnd: false }
  if (before === undefined) {
    result.faults.push({ type: 'chain', message: `there is no block that ends at sequence ${after}` })
    return result
  }
  const blocks = database.prepare('SELECT last, digest FROM ledgerBlock WHERE partition = ? AND last > ? ORDER BY last')
  const events = database.prepare(`${selectEvents} WHERE e.partition = ? AND e.sequence > ? ORDER BY e.sequence`)
  events.setReadBigInts(true)
  const rows = events.iterate(partition, after)
  const chain = new Chain(before)
  for (const block of blocks.iterate(partition, after)) {
    const last = Number(block['last'])
    while (result.last < last) {
      const row = rows.next().value
      const event = row === undefined ? undefined : eventOf(row)
      if (event?.sequence !== result.last + 1) {
        result.faults.push({ type: 'chain', message: `the event of sequence ${result.last + 1} is missing` })
        return result
      }
      chain.add(event)
      count(hours, event)
      result.last = event.sequence
      result.events++
    }
    result.digest = chain.end()
    if (!isSameDigest(result.digest, block['digest'] as Uint8Array)) {
      result.faults.push({ type: 'chain', message: `an event up to sequence ${last} was changed` })
      return result
    }
    if (result.events >= sliceEvents) return result
  }
  const surplus = rows.next().value
  if (surplus !== undefined) {
    result.faults.push({
      type: 'chain',
      message: `the event of sequence ${String(surplus['sequence'])} belongs to no block`,
    })
  }
  result.isEnd = true
  return result
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
