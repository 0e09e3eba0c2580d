import { expect, test } from 'vitest'
import { chain } from '../log/config-log-contract.ts'
import { MemoryLog } from '../log/memory-log.ts'
import { bootRig } from '../writer/log-rig.ts'

test('100,000 events are verified and folded within seconds, in slices that let others work', async ({ annotate }) => {
  const log = new MemoryLog()
  for (const [index, event] of chain(100_000).entries()) await log.append(event, index)
  let turns = 0
  let longestMs = 0
  let last = performance.now()
  const count = () => {
    const now = performance.now()
    longestMs = Math.max(longestMs, now - last)
    last = now
    turns++
    pulse = setImmediate(count)
  }
  let pulse = setImmediate(count)
  const startedMs = performance.now()
  const { follower, verdict } = await bootRig({ log })
  const tookMs = performance.now() - startedMs
  clearImmediate(pulse)
  await annotate(
    `replay: ${Math.round(100_000 / (tookMs / 1_000))} events/s, longest slice ${Math.round(longestMs)} ms`,
  )
  expect(verdict.type).toBe('serve')
  expect(follower.state?.resources.teams.size).toBe(100_000)
  expect(tookMs).toBeLessThan(30_000)
  expect(turns).toBeGreaterThan(10)
})
