import { expect, test } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import type { Notice } from '../../shared/notice.ts'
import type { Trouble } from '../../shared/readiness.ts'
import { TroubleLog } from './trouble-log.ts'

function watched() {
  const clock = new ManualClock(Date.parse('2026-03-01T12:00:00Z'))
  const told: Notice[] = []
  const log = new TroubleLog({ clock, notify: (notice) => void told.push(notice) })
  const seconds = (count: number, ...reasons: string[]) => {
    for (let i = 0; i < count; i++) {
      log.look(reasons.map((reason): Trouble => ({ level: 'degraded', reason })))
      clock.advance(1_000)
    }
    return told.splice(0)
  }
  return { seconds }
}

test('a trouble is logged once while it lasts, and again when it is over', () => {
  const { seconds } = watched()
  expect(seconds(30, 'the disk is full')).toEqual([{ type: 'trouble', reason: 'the disk is full' }])
  expect(seconds(5)).toEqual([{ type: 'trouble-over', reason: 'the disk is full', lastedMs: 30_000 }])
  expect(seconds(100, 'the disk is full')).toHaveLength(1)
})

test('what is over at the next look is not logged', () => {
  const { seconds } = watched()
  expect([...seconds(1, 'a leader is elected'), ...seconds(10)]).toEqual([])
})

test('one that comes and goes is logged at most once a minute, and its end with it', () => {
  const { seconds } = watched()
  const told = Array.from({ length: 20 }, () => [...seconds(3, 'NATS is away'), ...seconds(3)]).flat()
  expect(told.map(({ type }) => type)).toEqual(['trouble', 'trouble-over', 'trouble', 'trouble-over'])
})

test('one whose numbers change is one trouble', () => {
  const { seconds } = watched()
  const told = Array.from({ length: 50 }, (_, i) => seconds(1, `the stream is ${i} % full`)).flat()
  expect(told).toEqual([{ type: 'trouble', reason: 'the stream is 1 % full' }])
})

test('troubles that are new at each look fill no memory and no log', () => {
  const { seconds } = watched()
  const letters = (i: number) => i.toString(26).replace(/\d/g, (digit) => 'qrstuvwxyz'.charAt(Number(digit)))
  const many = Array.from({ length: 5_000 }, (_, i) => `of ${letters(i)}`)
  expect(seconds(3, ...many).length).toBeLessThanOrEqual(100)
})

test('two names that differ in a number are two troubles', () => {
  const { seconds } = watched()
  expect(seconds(2, 'the provider eu-1 fails', 'the provider eu-2 fails')).toHaveLength(2)
})
