import { expect, test } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import { MemoryWatch } from './memory-watch.ts'

function watched(processBytesMax?: number) {
  const clock = new ManualClock()
  const measured = { heapBytes: 0, heapBytesMax: 1_000, rssBytes: 0 }
  const watch = new MemoryWatch({ clock, thread: 'control', processBytesMax, measure: () => measured })
  watch.start()
  return { clock, measured, watch, reasons: () => watch.standing().troubles.map(({ reason }) => reason) }
}

test('a heap that stays nearly full is told with its thread before it ends the thread', () => {
  const { clock, measured, watch, reasons } = watched()
  measured.heapBytes = 900
  clock.advance(10_000)
  expect(reasons()).toEqual([])
  clock.advance(2_000)
  expect(watch.standing().troubles).toMatchObject([
    { level: 'degraded', reason: expect.stringMatching(/thread control/) },
  ])
  measured.heapBytes = 100
  clock.advance(1_000)
  expect(reasons()).toEqual([])
})

test('the memory of the process is looked at where its limit is known', () => {
  const main = watched(5_000)
  const other = watched()
  for (const { clock, measured } of [main, other]) {
    measured.rssBytes = 4_900
    clock.advance(12_000)
  }
  expect([main.reasons().length, other.reasons().length]).toEqual([1, 0])
})

test('the real thread has a heap and a limit', () => {
  const clock = new ManualClock()
  const watch = new MemoryWatch({ clock, thread: 'main', processBytesMax: 1 })
  watch.start()
  clock.advance(12_000)
  watch.stop()
  expect(watch.standing().troubles).toHaveLength(1)
})
