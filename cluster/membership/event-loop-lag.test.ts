import { expect, test } from 'vitest'
import { EventLoopLag } from './event-loop-lag.ts'

test('a blocked event loop shows in the next reading, and only there', async () => {
  const lag = new EventLoopLag()
  expect(lag.read()).toEqual({ p50: 0, p99: 0, max: 0 })
  lag.start()
  await wait(60)
  const until = performance.now() + 250
  while (performance.now() < until) Math.sqrt(until)
  await wait(60)
  expect(lag.read().max).toBeGreaterThan(150)
  await wait(60)
  expect(lag.read().p50).toBeLessThan(150)
  lag.stop()
})

function wait(ms: number): Promise<void> {
  return new Promise((resume) => setTimeout(resume, ms))
}
