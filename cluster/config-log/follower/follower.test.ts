import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { ManualClock } from '../../../shared/clock.ts'
import type { Notice } from '../../../shared/notice.ts'
import { MemoryLog, MemoryLogStorage } from '../log/memory-log.ts'
import { appendForeign, bootRig, rigMacKey, setTeam, teamSet } from '../writer/log-rig.ts'
import { Follower } from './follower.ts'

async function given(teams: number) {
  const storage = new MemoryLogStorage()
  const clock = new ManualClock()
  const rig = await bootRig({ log: new MemoryLog(storage), clock })
  for (let i = 1; i <= teams; i++) await rig.writer.write(setTeam(`team-${i}`))
  const reboot = () => bootRig({ log: new MemoryLog(storage), clock })
  return { storage, clock, ...rig, reboot }
}

const moon = { type: 'moon-set', change: { type: 'moon-set' } }

test('a new log boots to nothing and a written one to its state', async () => {
  const { verdict, reboot } = await given(3)
  expect(verdict).toEqual({ type: 'none' })
  const again = await reboot()
  expect(again.verdict).toMatchObject({ type: 'serve', source: 'log', state: { revision: 3 } })
  expect([...again.follower.state!.resources.teams.keys()]).toEqual(['team-1', 'team-2', 'team-3'])
})

test('a state that was handed out never changes', async () => {
  const { follower, writer } = await given(1)
  const before = follower.state!
  await writer.write(setTeam('team-2'))
  expect([...before.resources.teams.keys()]).toEqual(['team-1'])
  expect(follower.state!.revision).toBe(2)
})

test("another writer's events are found by looking, or by the poll each second", async () => {
  const { log, follower, clock, states } = await given(1)
  follower.start()
  await appendForeign(log, {})
  clock.advance(1_000)
  await follower.look()
  expect(states.at(-1)?.revision).toBe(2)
  await follower.stop()
})

test('a look that begins after an append has returned sees it, even while another look is under way', async () => {
  const { log, follower } = await given(1)
  const early = follower.look()
  await appendForeign(log, {})
  await follower.look()
  expect(follower.state?.revision).toBe(2)
  await early
})

test('an unknown event that may be ignored is skipped and counted, now and at every boot', async () => {
  const { log, follower, reboot } = await given(2)
  await appendForeign(log, { ...moon, ignorable: true })
  await appendForeign(log, {})
  await follower.look()
  for (const one of [follower, (await reboot()).follower]) {
    expect(one.status).toMatchObject({ revision: 4, unknownSkipped: 1 })
    expect(one.status.degraded).toBeUndefined()
  }
})

test.each([
  ['of a newer release', moon],
  ['in a newer envelope', { version: 2 }],
  ['that cannot be folded', { type: 'key-issued', change: { type: 'key-issued' } }],
  [
    'of which one part cannot be folded',
    { type: 'change-set', change: { type: 'change-set', changes: [teamSet('half'), { type: 'team-set' }] } },
  ],
])('an event %s stops the follower at the last good state, which says so and writes no more', async (_what, fields) => {
  const { log, follower, writer, reboot, notices } = await given(2)
  await appendForeign(log, fields)
  await appendForeign(log, {})
  await follower.look()
  const again = await reboot()
  for (const one of [{ follower, writer, notices }, again]) {
    expect(one.follower.status).toMatchObject({ revision: 2, degraded: expect.stringContaining('revision 3') })
    expect(one.follower.status.damaged).toBeUndefined()
    expect([...one.follower.state!.resources.teams.keys()]).toEqual(['team-1', 'team-2'])
    expect(await one.writer.write(setTeam('x'))).toMatchObject({ ok: false, error: { type: 'stopped', revision: 3 } })
    expect(one.notices).toContainEqual(expect.objectContaining({ type: 'config-event-unknown', revision: 3 }))
  }
})

test('a forged event is damage: the state before it stays, and nothing is written after it', async () => {
  const { log, storage, follower, writer } = await given(2)
  await appendForeign(log, {})
  storage.events[2] = { ...storage.events[2]!, mac: '0'.repeat(64) }
  await follower.look()
  expect(follower.status).toMatchObject({ revision: 2, degraded: expect.stringContaining('damaged at revision 3') })
  expect(await writer.write(setTeam('x'))).toMatchObject({ ok: false, error: { type: 'damaged', revision: 3 } })
})

test('a log that becomes shorter under the follower was rewound', async () => {
  const { storage, follower, writer } = await given(3)
  storage.events.pop()
  await follower.look()
  expect(follower.status).toMatchObject({ revision: 3, degraded: expect.stringContaining('rewound') })
  expect(await writer.write(setTeam('x'))).toMatchObject({ ok: false, error: { type: 'rewound' } })
})

test('a log that goes away and comes back is waited for, and the lag tells how long', async () => {
  const { storage, follower, writer, clock, log } = await given(1)
  storage.refusal = { type: 'unavailable', message: 'gone' }
  await follower.look()
  clock.advance(5_000)
  expect(follower.status).toMatchObject({ revision: 1, lagMs: 5_000, degraded: expect.stringContaining('unavailable') })
  expect(await writer.write(setTeam('x'))).toMatchObject({ ok: false, error: { type: 'unavailable' } })
  storage.refusal = undefined
  await appendForeign(log, {})
  expect(await writer.write(setTeam('x'))).toMatchObject({ ok: true, value: { revision: 3 } })
  expect(follower.status).toEqual({ revision: 3, hash: follower.state?.hash, lagMs: 0, unknownSkipped: 0 })
})

test('a state that its user cannot take is told, and the next one mends it', async () => {
  const { log, writer } = await given(1)
  let broken = true
  const onState = () => {
    if (broken) throw new Error('a bug in the compiler')
  }
  const notices: Notice[] = []
  const notify = (notice: Notice) => void notices.push(notice)
  const follower = new Follower({
    log,
    macKey: rigMacKey,
    clock: new ManualClock(),
    notify,
    onState,
    keepLastGood: false,
  })
  await follower.boot()
  expect(follower.status.degraded).toContain('revision 1 of the configuration could not be put to use')
  expect(notices).toContainEqual({ type: 'handler-threw', where: 'config state', message: 'a bug in the compiler' })
  broken = false
  await writer.write(setTeam('mended'))
  await follower.look()
  expect(follower.status.degraded).toBeUndefined()
})

test('events that arrive together are one state, in their order, however many they are', async () => {
  const { log, follower, states } = await given(1)
  for (let i = 0; i < 2_000; i++) await appendForeign(log, {})
  const before = states.length
  await follower.look()
  expect(states.length - before).toBe(1)
  expect(states.at(-1)?.revision).toBe(2_001)
  expect(states.at(-1)?.resources.teams.size).toBe(2_001)
})

test('a state that takes several turns to be put to use is not overtaken by the next one', async () => {
  const storage = new MemoryLogStorage()
  const log = new MemoryLog(storage)
  const used: number[] = []
  const onState = async ({ revision }: { revision: number }) => {
    for (let turn = 0; turn < 5; turn++) await nextTurn()
    used.push(revision)
  }
  const around = { macKey: rigMacKey, clock: new ManualClock(), notify: () => {}, keepLastGood: false }
  const follower = new Follower({ log, onState, ...around })
  await follower.boot()
  for (let revision = 1; revision <= 3; revision++) {
    await appendForeign(log, {})
    void follower.look()
  }
  await follower.look()
  expect(used).toEqual([...used].sort())
  expect(used.at(-1)).toBe(3)
})

test('the newest state is handed out again when that is asked for', async () => {
  const { follower, states } = await given(2)
  const before = states.length
  await follower.again()
  expect(states.slice(before).map(({ revision }) => revision)).toEqual([2])
})

test('the state of any earlier revision can be had again, and of no other', async () => {
  const { follower } = await given(30)
  for (const revision of [0, 1, 17, 30]) {
    const state = await follower.stateAt(revision)
    expect(state.ok && [state.value.revision, state.value.resources.teams.size]).toEqual([revision, revision])
  }
  for (const revision of [31, -1, 1.5, Number.NaN]) {
    expect(await follower.stateAt(revision)).toEqual({ ok: false, error: { type: 'no-revision', newest: 30 } })
  }
})
