import { describe, expect, test } from 'vitest'
import { holdAfter, type Journal, pauseBeforeStart, type Start } from './start-rules.ts'

const nowMs = 1_000_000
const crashed = (secondsAgo: number, revision: number): Start => ({
  atMs: nowMs - secondsAgo * 1_000,
  revision,
  ended: false,
})
const journal = (starts: Start[], rest: Partial<Journal> = {}): Journal => ({
  starts,
  well: 0,
  hold: undefined,
  ...rest,
})

describe('a node goes back', () => {
  test('after three ends within a minute, to what it served well', () => {
    const starts = [crashed(50, 9), crashed(30, 9), crashed(10, 9)]
    expect(holdAfter(journal(starts, { well: 7 }), nowMs)).toEqual({ revision: 7, until: 9 })
  })

  test('to the revision before, when nothing is known to be well', () => {
    const starts = [crashed(50, 9), crashed(30, 9), crashed(10, 9)]
    expect(holdAfter(journal(starts), nowMs)).toEqual({ revision: 8, until: 9 })
  })
})

describe('a node goes on', () => {
  test.each([
    ['after two ends', [crashed(20, 9), crashed(10, 9)], 7],
    ['when the ends are far apart', [crashed(130, 9), crashed(70, 9), crashed(10, 9)], 7],
    ['when one of them was a stop', [crashed(30, 9), { ...crashed(20, 9), ended: true }, crashed(10, 9)], 7],
    [
      'when the configuration is known to be well: something else ends it',
      [crashed(30, 9), crashed(20, 9), crashed(10, 9)],
      9,
    ],
    ['when each ended under another one', [crashed(30, 7), crashed(20, 8), crashed(10, 9)], 6],
    ['when there is nothing to go back to', [crashed(30, 1), crashed(20, 1), crashed(10, 1)], 0],
    ['when the clock stepped back meanwhile', [crashed(-30, 9), crashed(-20, 9), crashed(-10, 9)], 7],
  ])('%s', (_, starts, well) => expect(holdAfter(journal(starts, { well }), nowMs)).toBeUndefined())
})

test('a hold outlives quiet starts, and ends that happen under it', () => {
  const hold = { revision: 7, until: 9 }
  expect(holdAfter(journal([], { well: 7, hold }), nowMs)).toEqual(hold)
  const starts = [crashed(30, 7), crashed(20, 7), crashed(10, 7)]
  expect(holdAfter(journal(starts, { hold }), nowMs)).toEqual(hold)
})

test('the pause before a start grows, has a bound, and is not the same for all', () => {
  expect([0, 2].map((crashes) => pauseBeforeStart(crashes, 0.5))).toEqual([0, 0])
  expect([3, 4, 5].map((crashes) => pauseBeforeStart(crashes, 1))).toEqual([250, 500, 1_000])
  expect(pauseBeforeStart(3, 0)).toBe(125)
  expect(pauseBeforeStart(20, 1)).toBe(5_000)
})
