import { expect, test } from 'vitest'
import { bootRig, setTeam } from '../writer/log-rig.ts'
import { HeldLog } from './held-log.ts'
import { MemoryLog, MemoryLogStorage } from './memory-log.ts'

/** Makes a log of four revisions; the third and the fourth are held back from the second node. */
async function held() {
  const storage = new MemoryLogStorage()
  const rig = await bootRig({ log: new MemoryLog(storage) })
  for (let i = 1; i <= 4; i++) await rig.writer.write(setTeam(`team-${i}`))
  let releases = 0
  const log = new HeldLog(new MemoryLog(storage), { revision: 2, until: 4 }, () => releases++)
  return { writer: rig.writer, log, released: () => releases, node: await bootRig({ log }) }
}

test('a node behind it serves what it is held at, verified like any log', async () => {
  const { node, released } = await held()
  expect(node.verdict).toMatchObject({ type: 'serve', state: { revision: 2 } })
  await node.follower.look()
  expect([node.follower.status.revision, node.follower.status.degraded, released()]).toEqual([2, undefined, 0])
})

test('the next revision releases it, and everything in between is folded', async () => {
  const { node, writer, released } = await held()
  await writer.write(setTeam('team-5'))
  await node.follower.look()
  expect([...node.follower.state!.resources.teams.keys()]).toHaveLength(5)
  expect(released()).toBe(1)
})

test('the past can be asked for, the future cannot', async () => {
  const { node } = await held()
  expect(await node.follower.stateAt(1)).toMatchObject({ ok: true, value: { revision: 1 } })
  expect(await node.follower.stateAt(3)).toMatchObject({ ok: false, error: { type: 'no-revision', newest: 2 } })
})

test('nothing can be appended through it', async () => {
  const { node } = await held()
  expect(await node.writer.write(setTeam('team-x'))).toMatchObject({ ok: false, error: { type: 'unavailable' } })
})

test('a log that is shorter than what it is held at is shown as it is', async () => {
  const storage = new MemoryLogStorage()
  const rig = await bootRig({ log: new MemoryLog(storage) })
  await rig.writer.write(setTeam('only'))
  const log = new HeldLog(new MemoryLog(storage), { revision: 5, until: 6 }, () => {})
  expect(await log.head()).toMatchObject({ ok: true, value: { revision: 1 } })
})
