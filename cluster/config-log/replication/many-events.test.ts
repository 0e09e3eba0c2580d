// A node is cut off while ten thousand events are written, and then the connection returns.
import { expect, test } from 'vitest'
import type { ConfigState } from '../../../shared/config/state.ts'
import { Follower } from '../follower/follower.ts'
import { MemoryLog } from '../log/memory-log.ts'
import { MemoryStream, MemoryStreamStorage } from '../stream/memory-stream.ts'
import { appendForeign, rigMacKey } from '../writer/log-rig.ts'
import { replicatedRig } from './replicated-rig.ts'

const count = 10_000
/** The most states: a batch is one read of the stream, and one turn of the follower. */
const statesMax = 100

test('a node that was cut off while 10,000 events came has them in order, a state for each batch, and serves no mix', async () => {
  const written = new MemoryLog()
  for (let i = 0; i < count; i++) await appendForeign(written, {})
  const events = await written.read(0, count)
  if (!events.ok) throw new Error(events.error.type)
  const storage = new MemoryStreamStorage()
  storage.make()
  const stream = new MemoryStream(storage)
  for (const event of events.value.slice(0, 4)) await stream.publish(event, event.revision - 1)
  const rig = await replicatedRig({ stream: storage })
  const states: ConfigState[] = []
  const follower = new Follower({
    log: rig.log,
    macKey: rigMacKey,
    clock: rig.clock,
    notify: () => {},
    keepLastGood: false,
    onState: (state) => void states.push(state),
  })
  await rig.answer(follower.boot())
  follower.start()

  storage.trouble = { type: 'unavailable', message: 'cut off' }
  await rig.pass(3_000)
  expect(rig.log.state.type).toBe('away')
  storage.trouble = undefined
  for (const event of events.value.slice(4)) await stream.publish(event, event.revision - 1)
  for (let i = 0; i < 100 && states.at(-1)?.revision !== count; i++) await rig.pass(100)

  expect(states.at(-1)?.revision).toBe(count)
  expect(states.length).toBeLessThan(statesMax)
  // Each state is the log up to its revision: every event makes one team.
  for (const { revision, resources } of states) expect(resources.teams.size).toBe(revision)
  expect(states.map(({ revision }) => revision)).toEqual(states.map(({ revision }) => revision).sort((a, b) => a - b))
  await follower.stop()
})
