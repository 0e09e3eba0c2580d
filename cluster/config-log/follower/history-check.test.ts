import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { type Clock, systemClock } from '../../../shared/clock.ts'
import { MemoryLog, MemoryLogStorage } from '../log/memory-log.ts'
import { bootRig, rigMacKey, setTeam } from '../writer/log-rig.ts'
import { HistoryCheck } from './history-check.ts'

const root = mkdtempSync(join(tmpdir(), 'headgate-history-'))
afterAll(() => rmSync(root, { recursive: true }))

/** Makes a clock that advances a second at each reading: work with a time limit does not get far. */
function hastyClock(): Clock {
  let nowMs = 0
  return { ...systemClock, monotonicMs: () => (nowMs += 1_000), after: (_ms, run) => systemClock.after(0, run) }
}

async function given(teams: number) {
  const folder = mkdtempSync(join(root, 'node-'))
  const storage = new MemoryLogStorage()
  const rig = await bootRig({ log: new MemoryLog(storage), lastGoodFolder: folder })
  for (let i = 1; i <= teams; i++) await rig.writer.write(setTeam(`team-${i}`))
  await rig.stop()
  const reboot = (clock?: Clock) =>
    bootRig({ log: new MemoryLog(storage), lastGoodFolder: folder, ...(clock === undefined ? {} : { clock }) })
  return { storage, reboot, state: rig.follower.state! }
}

test('every event has to verify by itself, the last one has to be the one that is served', async () => {
  const { storage, state } = await given(300)
  const log = new MemoryLog(storage)
  const check = (upTo = { revision: state.revision, hash: state.hash }) =>
    new HistoryCheck({ log, macKey: rigMacKey, clock: systemClock, upTo }).run(Number.POSITIVE_INFINITY)
  expect(await check()).toBeUndefined()
  expect(await check({ revision: 300, hash: 'f'.repeat(64) })).toMatchObject({ type: 'damaged', revision: 300 })
  const event = storage.events[149]!
  for (const harm of [{ mac: '0'.repeat(64) }, { bytes: Buffer.from('{}') }, { commandId: 'other' }]) {
    storage.events[149] = { ...event, ...harm }
    expect(await check()).toMatchObject({ type: 'damaged', revision: 150 })
  }
})

test('of a short history damage is known before anything is served from its log', async () => {
  const { storage, reboot, state } = await given(50)
  storage.events[9] = { ...storage.events[9]!, mac: '0'.repeat(64) }
  const { verdict } = await reboot()
  expect(verdict).toMatchObject({ type: 'serve', source: 'last-good', state: { hash: state.hash } })
})

test('of a long one it is found beside the serving: the state stays, and nothing is written any more', async () => {
  const { storage, reboot, state } = await given(600)
  storage.events[499] = { ...storage.events[499]!, mac: '0'.repeat(64) }
  const { verdict, follower, writer, notices, stop } = await reboot(hastyClock())
  expect(verdict).toMatchObject({ type: 'serve', source: 'log', state: { hash: state.hash } })
  expect(follower.status.degraded).toBeUndefined()
  follower.start()
  await expect.poll(() => follower.status.degraded).toContain('damaged at revision 500')
  expect(follower.state?.hash).toBe(state.hash)
  expect(notices).toContainEqual({ type: 'config-degraded', reason: expect.stringContaining('revision 500') })
  expect(await writer.write(setTeam('after'))).toMatchObject({ ok: false, error: { type: 'damaged', revision: 500 } })
  await stop()
})

test('a follower that stops does not wait for the end of the history', async () => {
  const { reboot } = await given(600)
  const { follower, stop } = await reboot(hastyClock())
  follower.start()
  await stop()
})
