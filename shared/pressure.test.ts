import { expect, test } from 'vitest'
import { ManualClock } from './clock.ts'
import { Pressure } from './pressure.ts'

const clock = new ManualClock()
const pressure = () => new Pressure({ clock, from: 0.8, forMs: 10_000 })

test('a peak is no pressure, and what lasts is, with its age', () => {
  const one = pressure()
  one.look(80, 100)
  clock.advance(9_999)
  one.look(95, 100)
  expect(one.lastingMs).toBeUndefined()
  clock.advance(1)
  expect(one.lastingMs).toBe(10_000)
})

test('it ends as soon as less is in use, and counts from the beginning afterwards', () => {
  const one = pressure()
  one.look(100, 100)
  clock.advance(20_000)
  one.look(79, 100)
  expect(one.lastingMs).toBeUndefined()
  one.look(100, 100)
  clock.advance(5_000)
  expect(one.lastingMs).toBeUndefined()
})
