import { expect, test } from 'vitest'
import { examineLog } from '../log/examine-log.ts'
import { MemoryLog } from '../log/memory-log.ts'
import { bootRig, rigMacKey, setTeam } from '../writer/log-rig.ts'
import { MemoryStream, MemoryStreamStorage } from './memory-stream.ts'
import { StreamLog } from './stream-log.ts'

/** Makes a stream that holds the events of a log. */
async function streamOf(teams: number) {
  const log = new MemoryLog()
  const { writer } = await bootRig({ log })
  for (let i = 0; i < teams; i++) await writer.write(setTeam(`team-${i}`))
  const stream = new MemoryStream(new MemoryStreamStorage())
  await stream.create()
  const events = await log.read(0, teams)
  if (!events.ok) throw new Error(events.error.type)
  for (const event of events.value) await stream.publish(event, event.revision - 1)
  return stream
}
const examined = (stream: MemoryStream) =>
  examineLog({ log: new StreamLog(stream), macKey: rigMacKey, mark: undefined, copy: undefined })

test('a stream is examined from its first event to its last, like any log', async () => {
  expect(await examined(await streamOf(5))).toMatchObject({ type: 'whole', state: { revision: 5 } })
})

test('an empty stream is an empty log, and one that is not there cannot be read', async () => {
  expect(await new StreamLog(await streamOf(0)).head()).toMatchObject({ ok: true, value: { revision: 0 } })
  const nowhere = new StreamLog(new MemoryStream(new MemoryStreamStorage()))
  expect(await nowhere.head()).toMatchObject({ ok: false, error: { type: 'unavailable' } })
})
