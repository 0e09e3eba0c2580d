import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { MemoryLog, MemoryLogStorage } from '../../cluster/config-log/log/memory-log.ts'
import { setTeam, teamSet } from '../../cluster/config-log/writer/log-rig.ts'
import type { Change } from '../../shared/config/events.ts'
import type { Notice } from '../../shared/notice.ts'
import { done } from '../../shared/result.ts'
import { FirstWrites } from './first-writes.ts'
import { openDesk } from './testing/config-service-rig.ts'

const folder = mkdtempSync(join(tmpdir(), 'headgate-first-writes-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('a file with a missing variable is told once, and does not keep the first resources from being written', async () => {
  const path = join(folder, 'headgate.yaml')
  writeFileSync(path, 'teams:\n  mine: { tier: "\u0024{TIER}" }\n')
  const storage = new MemoryLogStorage()
  const { desk, clock, close } = await openDesk(new MemoryLog(storage))
  await desk.write({ ...setTeam('applied'), decide: () => done({ ...teamSet('applied'), origin: 'apply' } as Change) })
  storage.refusal = { type: 'unavailable', message: 'no answer' }
  const notices: Notice[] = []
  const notify = (notice: Notice) => void notices.push(notice)
  const writes = new FirstWrites({ desk, clock, notify, demo: true, environment: {}, patienceMs: 60_000, path })
  const running = writes.run()
  const tick = setInterval(() => clock.advance(25), 1)
  await expect
    .poll(() => writes.troubles().map(({ reason }) => reason))
    .toEqual([
      expect.stringMatching(/^the first resources were not written: The configuration log does not answer/),
      expect.stringMatching(/^the config file was not applied: .*the variable TIER is not set/),
    ])
  storage.refusal = undefined
  await running
  clearInterval(tick)
  const state = desk.state()
  expect(state.ok && [...state.value.resources.providers.keys()]).toEqual(['demo'])
  expect(writes.troubles()).toEqual([
    {
      level: 'degraded',
      reason: expect.stringMatching(/^the config file was not applied: .*the variable TIER is not set/),
    },
  ])
  expect(notices.filter(({ type }) => type === 'config-degraded')).toHaveLength(1)
  writes.stop()
  await close()
})
