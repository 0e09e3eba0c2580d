import { expect, test } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import { DiskWatch } from './disk-watch.ts'

const gib = 2 ** 30

test.each([
  ['a large disk with room', { freeBytes: gib, totalBytes: 100 * gib }, 0],
  ['a large disk with 31 MiB', { freeBytes: 31 << 20, totalBytes: 100 * gib }, 1],
  ['a small disk with a tenth of its room', { freeBytes: 1.6 * 2 ** 20, totalBytes: 16 << 20 }, 0],
  ['a small disk with nothing', { freeBytes: 0, totalBytes: 16 << 20 }, 1],
])('%s: %o', async (_, room, troubles) => {
  const watch = new DiskWatch({ folder: '/x', clock: new ManualClock(), measure: async () => room })
  await watch.look()
  expect(watch.standing().troubles).toHaveLength(troubles)
})

test('the trouble ends with the lack of room, and a disk that cannot be asked changes nothing', async () => {
  const clock = new ManualClock()
  let freeBytes: number | undefined = 0
  const measure = async () => {
    if (freeBytes === undefined) throw new Error('EIO')
    return { freeBytes, totalBytes: gib }
  }
  const watch = new DiskWatch({ folder: '/x', clock, measure })
  watch.start()
  const troubles = () => watch.standing().troubles.length
  await expect.poll(troubles).toBe(1)
  freeBytes = undefined
  clock.advance(2_000)
  await Promise.resolve()
  expect(troubles()).toBe(1)
  freeBytes = gib
  clock.advance(2_000)
  await expect.poll(troubles).toBe(0)
  watch.stop()
})
