import { expect, test } from 'vitest'
import { chain, event } from '../log/config-log-contract.ts'
import { MemoryStream } from '../stream/memory-stream.ts'
import { replicatedRig } from './replicated-rig.ts'

const [first, second, third] = chain(3) as [
  ReturnType<typeof event>,
  ReturnType<typeof event>,
  ReturnType<typeof event>,
]
const stored = (revision: number, duplicate = false) => ({ ok: true, value: { revision, duplicate } })
const unavailable = { ok: false, error: { type: 'unavailable' } }

test('an answer means that the copy holds the event', async () => {
  const rig = await replicatedRig()
  expect(await rig.answer(rig.log.append(first, 0))).toEqual(stored(1))
  expect(rig.copy.events.map(({ hash }) => hash)).toEqual([first.hash])
})

test('an event of which the acknowledgement got lost is stored once, and answered as stored', async () => {
  const rig = await replicatedRig()
  rig.stream.acksLost = 1
  expect(await rig.answer(rig.log.append(first, 0))).toEqual(stored(1))
  expect(rig.stream.messages?.length).toBe(1)
})

test('an event that the copy holds is answered, whatever became of the stream', async () => {
  const rig = await replicatedRig()
  rig.stream.acksLost = 1
  const asked = rig.log.append(first, 0)
  await rig.pass(20)
  rig.stream.trouble = { type: 'unavailable', message: 'gone' }
  const { value, tookMs } = await rig.timed(asked)
  expect(value).toEqual(stored(1))
  expect(tookMs).toBeLessThan(1_000)
})

test('it is stored once also when the stream has forgotten its id before the second try', async () => {
  const rig = await replicatedRig()
  rig.stream.acksLost = 1
  const answer = rig.log.append(first, 0)
  await rig.pass(20)
  rig.stream.idsKnown.clear()
  expect(await rig.answer(answer)).toEqual(stored(1))
  expect(rig.stream.messages?.length).toBe(1)
})

test('a message that got lost on its way is sent again', async () => {
  const rig = await replicatedRig()
  rig.stream.publishesLost = 3
  expect(await rig.answer(rig.log.append(first, 0))).toEqual(stored(1))
  expect(rig.stream.messages?.length).toBe(1)
})

test('without any acknowledgement the outcome is unknown after 30 s, and found once the stream answers again', async () => {
  const rig = await replicatedRig()
  rig.stream.acksLost = 1
  const asked = rig.log.append(first, 0)
  while (rig.stream.messages?.length === 0) await Promise.resolve()
  rig.stream.trouble = { type: 'unavailable', message: 'gone' }
  const { value, tookMs } = await rig.timed(asked)
  expect(value).toEqual({ ok: false, error: { type: 'outcome-unknown', commandId: first.commandId } })
  expect(tookMs).toBeGreaterThan(29_000)
  expect(tookMs).toBeLessThan(33_000)
  expect(await rig.answer(rig.log.find(first.commandId))).toMatchObject(unavailable)
  rig.stream.trouble = undefined
  expect(await rig.answer(rig.log.find(first.commandId))).toMatchObject({ ok: true, value: { revision: 1 } })
  expect(await rig.answer(rig.log.append(first, 0))).toEqual(stored(1, true))
})

test('a command that was never stored is found not to be, once the stream answers again', async () => {
  const rig = await replicatedRig()
  rig.stream.publishesLost = 1_000
  expect(await rig.answer(rig.log.append(first, 0))).toMatchObject({ error: { type: 'outcome-unknown' } })
  expect(await rig.answer(rig.log.find(first.commandId))).toEqual({ ok: true, value: undefined })
})

test('somebody else who was faster is a conflict at the head that the copy has by then', async () => {
  const rig = await replicatedRig()
  const other = new MemoryStream(rig.stream)
  await other.publish(first, 0)
  await other.publish(second, 1)
  const late = event('late')
  expect(await rig.answer(rig.log.append(late, 0))).toEqual({
    ok: false,
    error: { type: 'conflict', head: { revision: 2, hash: second.hash } },
  })
  expect(rig.copy.events.length).toBe(2)
})

test('something stood in its place and is lost again: it may have been the event itself, so the outcome is unknown', async () => {
  const rig = await replicatedRig()
  rig.stream.acksLost = 1
  const asked = rig.log.append(first, 0)
  while (rig.stream.messages?.length === 0) await Promise.resolve()
  rig.stream.messages = []
  rig.stream.publishTrouble = { type: 'wrong-last-sequence', message: 'the last sequence is 1' }
  expect(await rig.answer(asked)).toMatchObject({ ok: false, error: { type: 'outcome-unknown' } })
})

test('what was made on top of an event that did not come to be is a conflict, not a broken chain', async () => {
  const rig = await replicatedRig()
  const other = new MemoryStream(rig.stream)
  const forestalled = event('forestalled')
  const onTop = event('on-top', { revision: 2, prevHash: forestalled.hash })
  const appends = [rig.log.append(forestalled, 0), rig.log.append(onTop, 1)]
  await other.publish(first, 0)
  const answers = await rig.answer(Promise.all(appends))
  const conflict = { ok: false, error: { type: 'conflict', head: { revision: 1, hash: first.hash } } }
  expect(answers).toEqual([conflict, conflict])
  expect(rig.stream.messages?.length).toBe(1)
})

test('a stream that nobody leads for some seconds is waited for', async () => {
  const rig = await replicatedRig()
  rig.stream.trouble = { type: 'unavailable', message: 'nobody leads' }
  const answer = rig.log.append(first, 0)
  await rig.pass(6_000)
  rig.stream.trouble = undefined
  expect(await rig.answer(answer)).toEqual(stored(1))
})

test('a stream that has been away for long is not waited for', async () => {
  const rig = await replicatedRig()
  rig.stream.trouble = { type: 'unavailable', message: 'gone' }
  const first10s = await rig.timed(rig.log.append(first, 0))
  expect(first10s.value).toMatchObject(unavailable)
  expect(first10s.tookMs).toBeLessThan(13_000)
  const later = await rig.timed(rig.log.append(first, 0))
  expect(later.value).toMatchObject(unavailable)
  expect(later.tookMs).toBeLessThan(100)
})

test('a full stream refuses, and what is read stays readable', async () => {
  const rig = await replicatedRig()
  await rig.answer(rig.log.append(first, 0))
  rig.stream.publishTrouble = { type: 'full', message: 'no space' }
  expect(await rig.answer(rig.log.append(second, 1))).toMatchObject({ ok: false, error: { type: 'full' } })
  expect(await rig.answer(rig.log.read(0, 5))).toMatchObject({ ok: true, value: [{ revision: 1 }] })
})

test('with no room for the copy nothing is appended', async () => {
  const rig = await replicatedRig()
  await rig.answer(rig.log.append(first, 0))
  rig.copy.appendRefusal = { type: 'full', message: 'no space' }
  await new MemoryStream(rig.stream).publish(second, 1)
  await rig.pass(2_000)
  expect(rig.log.state).toMatchObject({ type: 'copy-failed', copyRevision: 1, streamRevision: 2 })
  expect(await rig.answer(rig.log.append(third, 2))).toMatchObject({ ok: false })
  expect(rig.stream.messages?.length).toBe(2)
  rig.copy.appendRefusal = undefined
  await rig.pass(2_000)
  expect(rig.log.state).toMatchObject({ type: 'following', copyRevision: 2, lagMs: 0 })
})

test('an event that nobody could read is a bug and is not published', async () => {
  const rig = await replicatedRig()
  const forged = { ...first, mac: '0'.repeat(64) }
  await expect(rig.answer(rig.log.append(forged, 0))).rejects.toThrow('nobody could read')
  expect(rig.stream.messages).toEqual([])
})

test('a node that only follows appends nothing and makes no stream', async () => {
  const rig = await replicatedRig({ readOnly: true })
  expect(await rig.log.append(first, 0)).toMatchObject(unavailable)
  expect(rig.stream.messages).toBeUndefined()
})
