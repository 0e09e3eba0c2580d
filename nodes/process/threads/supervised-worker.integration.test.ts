// Threads that end: they are started again with growing pauses, and whoever asks is told.
import { afterEach, expect, test } from 'vitest'
import { LocalBus } from '../../../cluster/bus/local-bus.ts'
import { systemClock } from '../../../shared/clock.ts'
import type { Notice } from '../../../shared/notice.ts'
import { SupervisedWorker } from './supervised-worker.ts'
import type { WorkerTask } from './worker-messages.ts'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

function thread(fate: 'lives' | 'throws' | 'exits' | 'refuses') {
  const bus = new LocalBus()
  const notices: Notice[] = []
  const pauses: number[] = []
  const clock = {
    ...systemClock,
    after(ms: number, run: () => void) {
      pauses.push(ms)
      return systemClock.after(ms / 10, run)
    },
  }
  const worker = new SupervisedWorker({
    bus,
    clock,
    chance: () => 1,
    notify: (notice: Notice) => void notices.push(notice),
    task: { part: 'aggregator', node: fate } as Omit<WorkerTask, 'bus'>,
    script: new URL('./mortal-worker.fixture.ts', import.meta.url),
  })
  stops.push(async () => {
    await worker.stop()
    bus.close()
  })
  return { worker, notices, pauses }
}

const within = { timeout: 60_000 }

test('what a thread says of itself is passed on', async () => {
  const { worker } = thread('lives')
  await worker.start()
  expect(worker.standing().troubles).toEqual([{ level: 'degraded', reason: 'as it told' }])
})

test.each(['throws', 'exits'] as const)('one that %s is started again after pauses that grow', async (fate) => {
  const { worker, pauses } = thread(fate)
  await worker.start()
  await expect.poll(() => worker.restarts, within).toBeGreaterThanOrEqual(4)
  expect(pauses.slice(0, 4)).toEqual([250, 500, 1_000, 2_000])
})

test('one that ends again and again is a trouble with its count, and an error is told', async () => {
  const { worker, notices } = thread('throws')
  await worker.start()
  await expect
    .poll(() => worker.standing().troubles[0]?.reason, within)
    .toMatch(/the thread aggregator ended, \d+ times in a row/)
  expect(worker.standing().troubles[0]?.forMs).toBeGreaterThanOrEqual(0)
  expect(notices).toContainEqual({ type: 'handler-threw', where: 'aggregator', message: 'out of luck' })
})

test('a first start that is refused is refused to whoever started it', async () => {
  await expect(thread('refuses').worker.start()).rejects.toThrow('no such thing')
})

test('one that was stopped stays stopped', async () => {
  const { worker } = thread('lives')
  await worker.start()
  await worker.stop()
  expect(worker.restarts).toBe(0)
})
