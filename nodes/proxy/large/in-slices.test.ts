import { expect, test } from 'vitest'
import { ManualClock } from '../../../shared/clock.ts'
import type { Slices } from '../../../shared/work/slices.ts'
import { inSlices } from './in-slices.ts'

test('others run between slices that take long, and short ones are done at once', async () => {
  const clock = new ManualClock()
  const order: string[] = []
  function* work(sliceMs: number): Slices<string> {
    for (let slice = 0; slice < 3; slice++) {
      clock.advance(sliceMs)
      order.push('slice')
      yield
    }
    return 'done'
  }
  const others = async () => {
    for (let turn = 0; turn < 3; turn++) {
      await new Promise((resolve) => setImmediate(resolve))
      order.push('other')
    }
  }
  expect(await Promise.all([inSlices(work(50), clock), others()])).toEqual(['done', undefined])
  expect(order.indexOf('other')).toBeLessThan(order.lastIndexOf('slice'))
  order.length = 0
  await Promise.all([inSlices(work(0), clock), others()])
  expect(order.slice(0, 3)).toEqual(['slice', 'slice', 'slice'])
})

test('what is thrown in a slice is thrown', async () => {
  function* work(): Slices<never> {
    yield
    throw new Error('a fault')
  }
  await expect(inSlices(work(), new ManualClock())).rejects.toThrow('a fault')
})
