import { expect, test } from 'vitest'
import { Measures } from '../../shared/telemetry/measures.ts'
import { MetricsTotals } from './metrics-totals.ts'

test('a takeover neither repeats nor takes back what was counted', () => {
  const totals = new MetricsTotals()
  totals.add([look('a', 100, true), look('b', 40, false)])
  expect(total(totals)).toBe(100)
  totals.add([look('a', 110, true), look('b', 50, false)])
  expect(total(totals)).toBe(110)
  // `a` died, and `b` has counted five more since.
  totals.add([look('b', 55, true)])
  expect(total(totals)).toBe(115)
  // `a` is back with another boot id and a count of its own.
  totals.add([look('a2', 3, false), look('b', 60, true)])
  totals.add([look('a2', 7, true), look('b', 64, false)])
  expect(total(totals)).toBe(124)
})

test('who is back after a silence is spoken for by the other keeper, which counted the same', () => {
  const totals = new MetricsTotals()
  totals.add([look('a', 100, true), look('b', 40, false)])
  totals.add([look('b', 45, true)])
  totals.add([look('a', 112, true), look('b', 52, false)])
  expect(total(totals)).toBe(112)
})

test('whoever was never looked at before only sets a mark, and a count that began anew adds nothing', () => {
  const totals = new MetricsTotals()
  totals.add([look('a', 100, true)])
  totals.add([look('b', 900, true)])
  expect(total(totals)).toBe(100)
  totals.add([look('b', 7, true)])
  totals.add([look('b', 9, true)])
  expect(total(totals)).toBe(102)
})

test('partitions are counted apart and added up', () => {
  const totals = new MetricsTotals()
  totals.add([look('a', 5, true, 0), look('a', 7, true, 1)])
  totals.add([look('a', 6, true, 0)])
  totals.add([look('a', 6, true, 0), look('a', 9, true, 1)])
  expect(total(totals)).toBe(15)
})

function look(boot: string, count: number, isChosen: boolean, partition = 3) {
  const measures = new Measures()
  measures.count('requests', ['m', 'p', 'ok'], count)
  return { boot, partition, measures, isChosen }
}

function total(totals: MetricsTotals): number {
  return totals.measures.counts('requests')[0]?.value ?? 0
}
