import { expect, test } from 'vitest'
import { CoalescedRun } from './coalesced-run.ts'

function counted() {
  let runs = 0
  let running = 0
  let most = 0
  const run = new CoalescedRun(async () => {
    most = Math.max(most, ++running)
    await Promise.resolve()
    running--
    return ++runs
  })
  return { run, most: () => most }
}

test('calls during a run share one more run after it, and no two runs overlap', async () => {
  const { run, most } = counted()
  const answers = await Promise.all([run.run(), run.run(), run.run()])
  expect(answers).toEqual([1, 2, 2])
  expect(most()).toBe(1)
  expect(run.current).toBeUndefined()
})

test('a call after the end of a run begins another one', async () => {
  const { run } = counted()
  expect([await run.run(), await run.run()]).toEqual([1, 2])
})
