// Who relays what: the way from every node to the root of a bucket is short and ends, also where nodes see different nodes.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RelayTopology, rowsFor } from './topology.ts'

const names = (count: number) => Array.from({ length: count }, (_, index) => `proxy-${index}`)

function arranged(self: string, all: readonly string[], rows: number): RelayTopology {
  const topology = new RelayTopology(self)
  topology.arrange(
    all.filter((name) => name !== self),
    rows,
  )
  return topology
}

test.each([16, 100, 1_000])('of %i nodes all come to the same root, by one relay at most', (count) => {
  const all = names(count)
  const rows = rowsFor(count, 4)
  const views = new Map(all.map((name) => [name, arranged(name, all, rows)]))
  for (let key = 1_000_003; key < 1_000_003 + 40 * 7_919; key += 7_919) {
    const roots = new Set(all.map((name) => views.get(name)?.rootOf(key)))
    expect(roots.size).toBe(1)
    for (const name of all.slice(0, 50)) {
      const first = views.get(name)?.parentOf(key)
      const second = first === undefined ? undefined : views.get(first)?.parentOf(key)
      expect(second === undefined || views.get(second)?.parentOf(key) === undefined).toBe(true)
      expect([first, second, name].find((one) => one !== undefined && roots.has(one))).toBeDefined()
    }
  }
})

test.each([
  [16, 13],
  [64, 40],
  [1_000, 200],
])('a node of %i has at most %i others to talk to', (count, most) => {
  const all = names(count)
  const rows = rowsFor(count, 4)
  const mates = all.map((name) => {
    const { rowMates, columnMates } = arranged(name, all, rows)
    return rowMates.length + columnMates.length
  })
  expect(Math.max(...mates)).toBeLessThanOrEqual(most)
  const mean = mates.reduce((sum, one) => sum + one, 0) / count
  expect(mean).toBeLessThanOrEqual(2.6 * Math.sqrt(count))
})

test('nodes that miss different others tell one another in no circle', () => {
  const all = names(24)
  const missing = fc.array(fc.tuple(fc.nat(23), fc.nat(23)), { maxLength: 40 })
  fc.assert(
    fc.property(missing, fc.nat(1e9), (pairs, key) => {
      const parentOf = (name: string) => {
        const index = all.indexOf(name)
        const missed = pairs.filter(([one, other]) => one === index && other !== index).map(([, other]) => all[other])
        return arranged(
          name,
          all.filter((other) => !missed.includes(other)),
          4,
        ).parentOf(key)
      }
      for (const name of all) {
        let at: string | undefined = name
        for (let steps = 0; at !== undefined; steps++) {
          expect(steps).toBeLessThan(24)
          at = parentOf(at)
        }
      }
    }),
    { numRuns: 100 },
  )
})

test('the number of rows changes seldom, and later down than up', () => {
  expect([16, 32, 33, 128, 129, 1_000].map((count) => rowsFor(count, 4))).toEqual([4, 4, 8, 8, 16, 32])
  expect([30, 26, 25].map((count) => rowsFor(count, 8))).toEqual([8, 8, 4])
})
