import { describe, expect, test } from 'vitest'
import { chain, event } from '../log/config-log-contract.ts'
import { MemoryStream, MemoryStreamStorage } from '../stream/memory-stream.ts'
import { replicatedRig } from './replicated-rig.ts'

const events = chain(6)

async function streamOf(length: number): Promise<MemoryStreamStorage> {
  const storage = new MemoryStreamStorage()
  storage.make()
  for (const [index, one] of events.slice(0, length).entries()) await new MemoryStream(storage).publish(one, index)
  return storage
}

/** Makes a node that has followed a stream of four events. */
async function followed() {
  const rig = await replicatedRig({ stream: await streamOf(4) })
  expect(rig.log.state).toMatchObject({ type: 'following', copyRevision: 4, streamRevision: 4, lagMs: 0 })
  return rig
}

test('a new node has everything that the stream holds after its first look', async () => {
  const rig = await replicatedRig({ stream: await streamOf(6) })
  expect(await rig.log.head()).toEqual({ ok: true, value: { revision: 6, hash: events[5]!.hash } })
  expect(rig.notices).toEqual([{ type: 'log-following', revision: 6 }])
})

test('what somebody else stores arrives by itself and wakes who follows', async () => {
  const rig = await followed()
  let woken = 0
  rig.log.watch(() => void woken++)
  await new MemoryStream(rig.stream).publish(events[4]!, 4)
  await rig.pass(50)
  expect(rig.log.state.copyRevision).toBe(5)
  expect(woken).toBeGreaterThan(0)
})

test('with the stream away the copy answers, and the lag grows until it is back', async () => {
  const rig = await followed()
  rig.stream.trouble = { type: 'unavailable', message: 'gone' }
  await rig.pass(5_000)
  expect(rig.log.state).toMatchObject({ type: 'away', message: 'gone', isAlarm: false })
  expect(rig.log.state.lagMs).toBeGreaterThan(3_000)
  expect(await rig.log.head()).toMatchObject({ ok: true, value: { revision: 4 } })
  expect(await rig.log.read(0, 10)).toMatchObject({ ok: true })
  rig.stream.trouble = undefined
  await rig.pass(2_000)
  expect(rig.log.state).toMatchObject({ type: 'following', lagMs: 0 })
  expect(rig.notices.map(({ type }) => type)).toEqual(['log-following', 'log-away', 'log-following'])
})

test('a new node that has not heard of the stream yet does not take its empty copy for an empty log', async () => {
  const stream = await streamOf(2)
  stream.trouble = { type: 'unavailable', message: 'gone' }
  const rig = await replicatedRig({ stream })
  expect(await rig.log.head()).toMatchObject({ ok: false, error: { type: 'unavailable' } })
  expect(await rig.log.read(0, 1)).toMatchObject({ ok: false, error: { type: 'unavailable' } })
})

const harms: [string, (storage: MemoryStreamStorage) => Partial<MemoryStreamStorage>, object][] = [
  ['is gone', () => ({ messages: undefined }), { type: 'missing' }],
  ['is shorter', ({ messages }) => ({ messages: messages?.slice(0, 2) }), { type: 'rewound' }],
  ['was made anew', () => ({ messages: [], created: 'another' }), { type: 'recreated' }],
  ['lost its beginning', ({ messages }) => ({ messages: messages?.slice(1) }), { type: 'damaged' }],
  ['has a gap', ({ messages }) => ({ messages: messages?.toSpliced(1, 1) }), { type: 'damaged' }],
  ['is kept otherwise than it was asked for', () => ({ trouble: settings }), { type: 'settings' }],
]
const settings = { type: 'settings', field: 'deny_delete', message: 'it keeps deny_delete=false' } as const

test.each(harms)(
  'a stream that %s is an alarm when that lasts; nothing is appended, everything is readable',
  async (_what, harm, state) => {
    const rig = await followed()
    Object.assign(rig.stream, harm(rig.stream))
    const left = rig.stream.messages?.length
    await rig.pass(9_000)
    expect(rig.log.state).toMatchObject({ type: 'away', isAlarm: false })
    expect((await rig.answer(rig.log.append(events[4]!, 4))).ok).toBe(false)
    await rig.pass(3_000)
    expect(rig.log.state).toMatchObject({ ...state, isAlarm: true, copyRevision: 4 })
    expect(rig.notices.filter(({ type }) => type === 'log-alarm').length).toBe(1)
    expect((await rig.answer(rig.log.append(events[4]!, 4))).ok).toBe(false)
    expect(await rig.log.read(0, 10)).toMatchObject({ ok: true, value: { length: 4 } })
    // The same holds for a node that starts with this copy.
    const again = await replicatedRig({ stream: rig.stream, copy: rig.copy })
    await again.pass(12_000)
    expect(again.log.state.isAlarm).toBe(true)
    expect(rig.stream.messages?.length).toBe(left)
  },
)

test('a stream that holds everything again is followed again', async () => {
  const rig = await followed()
  const { messages } = rig.stream
  rig.stream.messages = messages?.slice(0, 2)
  await rig.pass(12_000)
  expect(rig.log.state.type).toBe('rewound')
  rig.stream.messages = messages
  await rig.pass(1_000)
  expect(rig.log.state.type).toBe('following')
  expect(await rig.answer(rig.log.append(events[4]!, 4))).toMatchObject({ ok: true })
})

test('a stream that looks wrong for a moment is no alarm', async () => {
  const rig = await followed()
  const { messages } = rig.stream
  rig.stream.messages = messages?.slice(0, 2)
  await rig.pass(8_000)
  rig.stream.messages = messages
  await rig.pass(2_000)
  expect(rig.log.state.type).toBe('following')
  expect(rig.notices.some(({ type }) => type === 'log-alarm')).toBe(false)
})

test('an event of somebody without the key is never stored; what stood before it is served', async () => {
  const rig = await followed()
  const forged = { ...event('forged', { revision: 5, prevHash: events[3]!.hash }), mac: '0'.repeat(64) }
  await new MemoryStream(rig.stream).publish(forged, 4)
  await rig.pass(12_000)
  expect(rig.log.state).toMatchObject({ type: 'forged', copyRevision: 4, streamRevision: 5 })
  expect(rig.log.state.message).toContain('revision 5')
  expect(await rig.answer(rig.log.append(events[4]!, 4))).toMatchObject({
    ok: false,
    error: { type: 'damaged', revision: 5 },
  })
  expect(rig.copy.events.length).toBe(4)
})

test('a genuine event that does not belong there is damage', async () => {
  const rig = await followed()
  await new MemoryStream(rig.stream).publish(event('elsewhere', { revision: 5, prevHash: events[1]!.hash }), 4)
  await rig.pass(12_000)
  expect(rig.log.state).toMatchObject({ type: 'damaged', copyRevision: 4 })
})

test('a command that stands in the log twice is damage', async () => {
  const rig = await followed()
  const again = event('command-2', { revision: 5, prevHash: events[3]!.hash })
  rig.stream.idsKnown.clear()
  await new MemoryStream(rig.stream).publish(again, 4)
  await rig.pass(12_000)
  expect(rig.log.state).toMatchObject({ type: 'damaged', copyRevision: 4 })
})

test('another history of the same length is noticed by the hash of its newest event', async () => {
  const rig = await followed()
  const other = new MemoryStreamStorage()
  other.make()
  let prevHash = '0'.repeat(64)
  for (let revision = 1; revision <= 4; revision++) {
    const one = event(`other-${revision}`, { revision, prevHash })
    await new MemoryStream(other).publish(one, revision - 1)
    prevHash = one.hash
  }
  rig.stream.messages = other.messages
  await rig.pass(40_000)
  expect(rig.log.state).toMatchObject({ type: 'damaged', isAlarm: true })
})

test('a message that the stream counts and can no longer read is found, and forgotten once it is read again', async () => {
  const rig = await followed()
  rig.stream.unreadable.add(2)
  // The first round is over, and the next one begins after its rest.
  await rig.pass(620_000)
  expect(rig.log.state).toMatchObject({ type: 'damaged', isAlarm: true, streamRevision: 4 })
  expect(rig.log.state.message).toBe('the stream is damaged at revision 2')
  rig.stream.unreadable.clear()
  await rig.pass(3_000)
  expect(rig.log.state.type).toBe('following')
})

test('an event that the disk has changed in the copy is found while others still have it', async () => {
  const rig = await followed()
  rig.copy.events[2] = { ...rig.copy.events[2]!, bytes: Buffer.from('something else') }
  await rig.pass(620_000)
  expect(rig.log.state).toMatchObject({ type: 'damaged', message: 'the copy of the log is damaged at revision 3' })
})

test('a stream that ends before what another node has was rewound, also for a node that holds nothing more', async () => {
  let elsewhere = 4
  const rig = await replicatedRig({ stream: await streamOf(4), heardElsewhere: () => elsewhere })
  expect(rig.log.state.type).toBe('following')
  elsewhere = 6
  await rig.pass(12_000)
  expect(rig.log.state).toMatchObject({ type: 'rewound', copyRevision: 4 })
  expect(rig.log.state.message).toContain('another node has 6')
})

test('the stream is made once, by whom it is allowed, and an empty one is begun only by them', async () => {
  const stream = new MemoryStreamStorage()
  const other = await replicatedRig({ stream, mayCreate: () => false })
  await other.pass(12_000)
  expect(other.log.state.type).toBe('away')
  expect(stream.messages).toBeUndefined()
  const maker = await replicatedRig({ stream })
  expect(maker.log.state.type).toBe('following')
  await other.pass(12_000)
  expect(other.log.state.type).toBe('following')
  expect(await other.answer(other.log.append(events[0]!, 0))).toMatchObject({
    ok: false,
    error: { type: 'unavailable' },
  })
  expect(await maker.answer(maker.log.append(events[0]!, 0))).toMatchObject({ ok: true })
  stream.messages = undefined
  await maker.pass(12_000)
  expect(maker.log.state.type).toBe('missing')
  expect(stream.messages).toBeUndefined()
})

describe('a stream that lost its end is extended from the copy, once the alarm has lasted', () => {
  const extendAfterMs = 15_000
  const beforeAndAfter = { confirmedMs: 12_000, extendedMs: 20_000 }

  async function rewoundTo(length: number) {
    const rig = await replicatedRig({ stream: await streamOf(6), extendAfterMs })
    rig.stream.messages = rig.stream.messages?.slice(0, length)
    rig.stream.idsKnown.clear()
    await rig.pass(beforeAndAfter.confirmedMs)
    expect(rig.log.state).toMatchObject({ type: 'rewound', isAlarm: true })
    expect(rig.stream.messages?.length).toBe(length)
    return rig
  }

  test('with the very events that it held, and then it is written to again', async () => {
    const rig = await rewoundTo(2)
    await rig.pass(beforeAndAfter.extendedMs)
    expect(rig.log.state.type).toBe('following')
    expect(rig.stream.messages?.map(({ hash }) => hash)).toEqual(events.map(({ hash }) => hash))
    expect(rig.notices).toContainEqual({ type: 'log-extended', from: 2, to: 6 })
    const next = event('next', { revision: 7, prevHash: events[5]!.hash })
    expect(await rig.answer(rig.log.append(next, 6))).toMatchObject({ ok: true, value: { revision: 7 } })
  })

  test('by two nodes at once, and every event is in it once', async () => {
    const rig = await rewoundTo(1)
    const other = await replicatedRig({ stream: rig.stream, copy: rig.copy, extendAfterMs })
    for (let i = 0; i < 60; i++) {
      await rig.pass(500)
      await other.pass(500)
    }
    expect(rig.stream.messages?.map(({ hash }) => hash)).toEqual(events.map(({ hash }) => hash))
    expect([rig.log.state.type, other.log.state.type]).toEqual(['following', 'following'])
  })

  test('what did not arrive is published at the next look', async () => {
    const rig = await rewoundTo(2)
    rig.stream.publishesLost = 1
    rig.stream.acksLost = 1
    await rig.pass(beforeAndAfter.extendedMs)
    expect(rig.stream.messages?.map(({ hash }) => hash)).toEqual(events.map(({ hash }) => hash))
    expect(rig.log.state.type).toBe('following')
  })

  const others: [string, (rig: Awaited<ReturnType<typeof rewoundTo>>) => void | Promise<void>][] = [
    ['is empty', ({ stream }) => void stream.messages?.splice(0)],
    ['has lost its beginning, too', ({ stream }) => void stream.messages?.shift()],
    ['has a gap', ({ stream }) => void stream.messages?.splice(1, 1)],
    ['was gone on with', ({ stream }) => goOn(stream, 3)],
    ['remembers the ids of what it lost', ({ stream }) => void stream.idsKnown.set(events[3]!.commandId, 4)],
  ]
  test.each(others)('but not one that %s', async (_what, harm) => {
    const rig = await rewoundTo(3)
    await harm(rig)
    const left = rig.stream.messages?.map(({ hash }) => hash)
    await rig.pass(beforeAndAfter.extendedMs * 2)
    expect(rig.stream.messages?.map(({ hash }) => hash)).toEqual(left)
    expect(rig.log.state.isAlarm).toBe(true)
  })
})

/** Appends after `revision` as another node would that has the key and lacks the newest events. */
async function goOn(storage: MemoryStreamStorage, revision: number): Promise<void> {
  const branch = event('branch', { revision: revision + 1, prevHash: events[revision - 1]!.hash })
  await new MemoryStream(storage).publish(branch, revision)
}
