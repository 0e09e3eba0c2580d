// A node whose folder is empty, in a cluster that is new or in trouble.
import { expect, test } from 'vitest'
import { ManualClock } from '../../../shared/clock.ts'
import type { Notice } from '../../../shared/notice.ts'
import { Follower } from '../follower/follower.ts'
import { chain, contractMacKey, event } from '../log/config-log-contract.ts'
import { MemoryLog } from '../log/memory-log.ts'
import { MemoryStream, MemoryStreamStorage } from '../stream/memory-stream.ts'
import { ReplicatedLog } from './replicated-log.ts'

function newNode(storage: MemoryStreamStorage) {
  const notices: Notice[] = []
  const clock = new ManualClock()
  const common = { macKey: contractMacKey, clock, notify: (notice: Notice) => void notices.push(notice) }
  const log = new ReplicatedLog({ ...common, stream: new MemoryStream(storage), copy: new MemoryLog() })
  const follower = new Follower({ ...common, log, onState: () => {}, keepLastGood: false })
  return { log, follower, clock, notices }
}

async function fill(storage: MemoryStreamStorage, events: ReturnType<typeof chain>) {
  storage.make()
  const stream = new MemoryStream(storage)
  for (const [index, one] of events.entries()) await stream.publish(one, index)
}

test('it waits for the stream of a new cluster without an alarm: what was never there is not gone', async () => {
  const { log, clock, notices } = newNode(new MemoryStreamStorage())
  await log.start()
  for (let second = 0; second < 5; second++) {
    clock.advance(1_000)
    await log.sync()
  }
  expect(log.state).toMatchObject({ type: 'away', isAlarm: false })
  expect(notices.map(({ type }) => type)).toEqual(['log-away'])
  await log.close()
})

test('it finds a stream that is wrong, and follows it by itself once it is repaired', async () => {
  const storage = new MemoryStreamStorage()
  await fill(storage, [{ ...event('command-1'), mac: '0'.repeat(64) }])
  const { log, follower, clock } = newNode(storage)
  await log.start()
  clock.advance(10_000)
  await log.sync()
  expect(log.state).toMatchObject({ type: 'forged', isAlarm: true })
  expect(await follower.boot()).toEqual({ type: 'none' })
  await fill(storage, chain(3))
  await log.sync()
  await follower.look()
  expect(follower.status).toMatchObject({ revision: 3, lagMs: 0 })
  expect(follower.status.degraded).toBeUndefined()
  await log.close()
})

test('it fetches the keys of a master key that was replaced before it calls an event forged', async () => {
  const storage = new MemoryStreamStorage()
  await fill(storage, chain(3))
  const known: Uint8Array[] = []
  const macKey = { current: new Uint8Array(32).fill(1), accepted: () => known }
  let looks = 0
  const beforeDoubt = async () => {
    looks++
    known.push(contractMacKey)
  }
  const around = { clock: new ManualClock(), notify: () => {}, macKey, beforeDoubt }
  const log = new ReplicatedLog({ ...around, stream: new MemoryStream(storage), copy: new MemoryLog() })
  await log.start()
  expect([log.state.type, log.state.copyRevision, looks]).toEqual(['following', 3, 1])
  await log.close()
})
