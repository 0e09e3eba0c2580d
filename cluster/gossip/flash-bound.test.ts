// Targets L3 and L8. However a demand comes all at once, no more is taken beyond what one bucket would give than what is asked for at
// the other nodes in one tick and the time that frames take; and decisions differ seldom from those of one bucket that sees all.
import { expect, test } from 'vitest'
import { gossipTickMs } from './bucket-node.ts'
import type { BucketRule } from './bucket-rule.ts'
import { Fleet, type Split, seeded, shareOf } from './test-fleet.ts'
import { fleetKey } from './test-fleet-run.ts'

const runs = Number(process.env['FLASH_RUNS'] ?? 40)

/** The one bucket that all nodes would have together. */
class OneBucket {
  balance: number
  /** The most that was taken from it beyond what it had. */
  debt = 0
  readonly #rule: BucketRule
  #atMs = 0

  constructor(rule: BucketRule) {
    this.#rule = rule
    this.balance = rule.capacity
  }

  at(nowMs: number): this {
    this.balance = Math.min(this.#rule.capacity, this.balance + this.#rule.perMs * (nowMs - this.#atMs))
    this.#atMs = nowMs
    return this
  }

  take(amount: number): void {
    this.balance -= amount
    this.debt = Math.max(this.debt, -this.balance)
  }
}

interface Flash {
  readonly nodes: number
  readonly perMinute: number
  readonly demand: number
  readonly split: Split
  readonly delayMsMax: number
  readonly quietMs: number
}

function flashOf(seed: number): Flash {
  const random = seeded(seed)
  const among = <Value>(values: readonly Value[]) => values[Math.floor(random() * values.length)] as Value
  return {
    nodes: 2 + Math.floor(random() * 31),
    perMinute: among([3_000, 6_000, 20_000, 60_000]),
    demand: 1 + 39 * random() ** 2,
    split: among(['even', 'zipf', 'one', 'rotating']),
    delayMsMax: 20 + Math.floor(random() * 180),
    quietMs: among([0, 1_000, 3_000]),
  }
}

/** Plays a flash from a full bucket, and answers what one bucket saw of it. */
function play({ nodes: count, perMinute, demand, split, delayMsMax, quietMs }: Flash, seed: number) {
  const fleet = new Fleet({ seed, delayMsMax })
  fleet.startAll(count)
  const rule: BucketRule = { kind: 'flow', capacity: perMinute / 10, perMs: perMinute / 60_000 }
  const one = new OneBucket(rule)
  const endMs = quietMs + 4_000
  const counts = { decisions: 0, wrong: 0 }
  while (fleet.nowMs < endMs) {
    const { nowMs } = fleet
    fleet.step()
    for (const node of fleet.nodes) {
      const rate = rule.perMs * (nowMs < quietMs ? 0.2 : demand) * shareOf(split, node.index, { count, nowMs })
      for (let due = rate; due > 0 && fleet.random() < due; due--) {
        const has = one.at(nowMs).balance
        const isTaken = fleet.charge(node, fleetKey, rule) !== undefined
        counts.decisions++
        if (isTaken ? has < 1 : has >= rule.capacity * 0.25) counts.wrong++
        if (isTaken) one.take(1)
      }
    }
  }
  return { debt: one.debt, asked: rule.perMs * demand, ...counts }
}

test(`${runs} flashes stay below the bound`, () => {
  for (let seed = 1; seed <= runs; seed++) {
    const flash = flashOf(seed)
    const { debt, asked } = play(flash, seed)
    const bound = (asked * (flash.nodes - 1) * (gossipTickMs + flash.delayMsMax)) / flash.nodes
    expect(debt, `seed ${seed}: ${JSON.stringify(flash)}`).toBeLessThanOrEqual(Math.max(bound, flash.nodes))
  }
}, 600_000)

test.each([
  [8, 0.5],
  [8, 0.9],
  [24, 0.5],
  [24, 0.9],
])('%i nodes at %f of what is allowed decide as one bucket', (nodes, demand) => {
  const split: Split = 'zipf'
  const flash = { nodes, perMinute: 60_000, demand, split, delayMsMax: 20, quietMs: 1_000 }
  const { decisions, wrong } = play(flash, 1)
  expect(decisions).toBeGreaterThan(1_000)
  expect(wrong / decisions).toBeLessThanOrEqual(0.003)
})
