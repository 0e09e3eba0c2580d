// The running digest of a partition's events. A block is what one commit adds; its digest covers the block before it and all of its
// events in full, names included. The head, which is under a key, says where the chain begins and ends, so that nobody without the
// key can change, add or take away an event and make it look right.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { MoneyEvent } from './money-event.ts'

/** What stands in the table of heads for a partition. */
export interface Head {
  /** The last sequence that is no longer kept, and the digest up to there. */
  readonly base: number
  readonly baseDigest: Uint8Array
  readonly last: number
  readonly digest: Uint8Array
  /** The time at which the last event was booked; it never goes back. */
  readonly bookedMs: number
  /** Events that were booked before this time are no longer kept. */
  readonly prunedMs: number
  /** The first sequence that was added to a head that could not be proven; 0 when there was none. */
  readonly brokenAt: number
}

export type StoredEvent = Omit<MoneyEvent, 'arrivedMs'> & { readonly sequence: number; readonly bookedMs: number }

export function firstHead(partition: number): Head {
  const digest = createHash('sha256').update(`headgate ledger ${partition}`).digest()
  return { base: 0, baseDigest: digest, last: 0, digest, bookedMs: 0, prunedMs: 0, brokenAt: 0 }
}

export function headOf(row: Record<string, unknown>): Head {
  const number = (name: string) => Number(row[name])
  return {
    base: number('base'),
    baseDigest: row['baseDigest'] as Uint8Array,
    last: number('last'),
    digest: row['digest'] as Uint8Array,
    bookedMs: number('bookedMs'),
    prunedMs: number('prunedMs'),
    brokenAt: number('brokenAt'),
  }
}

/** Takes the events of one block after another. */
export class Chain {
  #hash = createHash('sha256')

  constructor(before: Uint8Array) {
    this.#hash.update(before)
  }

  add(event: StoredEvent): void {
    this.#hash.update(textOf(event))
  }

  /** The digest of the block, after which another one begins. */
  end(): Uint8Array {
    const digest = this.#hash.digest()
    this.#hash = createHash('sha256').update(digest)
    return digest
  }
}

function textOf(event: StoredEvent): string {
  const { sequence, bookedMs, atMs, requestId, attempt, kind, mark, settlement, outcome } = event
  const { key, team, user, summedUser, app, costCenter, model, provider, target } = event
  const names = [key, team, user, summedUser, app, costCenter, model, provider, target]
  const tokens = [event.inputTokens, event.outputTokens, event.cachedTokens]
  const money = [String(event.costNanoUsd), String(event.savedNanoUsd)]
  const facts = [sequence, bookedMs, atMs, requestId, attempt, kind, mark, settlement, outcome]
  return `${JSON.stringify([...facts, ...names, ...tokens, ...money, event.note])}\n`
}

export type MacKeys = readonly [Uint8Array, ...Uint8Array[]]

export function macOfHead(partition: number, head: Head, key: Uint8Array): Uint8Array {
  const { base, last, bookedMs, prunedMs, brokenAt } = head
  const numbers = [partition, base, last, bookedMs, prunedMs, brokenAt].join(' ')
  return createHmac('sha256', key).update(`${numbers} `).update(head.baseDigest).update(head.digest).digest()
}

export function isProven(partition: number, head: Head, mac: Uint8Array, keys: MacKeys): boolean {
  return keys.some((key) => {
    const expected = macOfHead(partition, head, key)
    return expected.length === mac.length && timingSafeEqual(expected, mac)
  })
}

export function isSameDigest(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
