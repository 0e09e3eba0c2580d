import { expect, test } from 'vitest'
import { KeepAlive, keepAliveMs } from './keep-alive.ts'

test('a sign of life is due after silence, counted from the last event or sign (wire 8)', () => {
  const keepAlive = new KeepAlive(0)
  expect(keepAlive.isDue(keepAliveMs - 1, 0)).toBe(false)
  expect(keepAlive.isDue(keepAliveMs, 0)).toBe(true)
  expect(keepAlive.isDue(2 * keepAliveMs - 1, 0)).toBe(false)
  expect(keepAlive.isDue(2 * keepAliveMs + 5, keepAliveMs + 10)).toBe(false)
  expect(keepAlive.isDue(2 * keepAliveMs + 10, keepAliveMs + 10)).toBe(true)
})
