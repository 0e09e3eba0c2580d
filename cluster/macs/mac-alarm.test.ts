import { expect, test } from 'vitest'
import { bounds } from '../../shared/bounds.ts'
import { ManualClock } from '../../shared/clock.ts'
import type { Notice } from '../../shared/notice.ts'
import type { RefusedKind } from '../../shared/telemetry/records.ts'
import { MacAlarm } from './mac-alarm.ts'
import { testMacs } from './test-macs.ts'

function alarm() {
  const clock = new ManualClock()
  const notices: Notice[] = []
  return { clock, notices, alarm: new MacAlarm({ clock, notify: (notice) => void notices.push(notice) }) }
}

test('a refusal is counted, told once a minute, and is trouble until none came for ten minutes', () => {
  const { clock, notices, alarm: one } = alarm()
  expect(one.troubles()).toEqual([])
  for (let second = 0; second < 90; second++) {
    one.refuse('bus', 'forged', second % 2 === 0 ? 'weights' : 'slo.state')
    clock.advance(1_000)
  }
  expect(notices).toMatchObject([
    { type: 'message-refused', kind: 'forged', channel: 'bus', subject: 'weights', count: 1 },
    { type: 'message-refused', count: 61 },
  ])
  expect(one.counts()).toEqual([{ channel: 'bus', kind: 'forged', count: 90 }])
  clock.advance(bounds.refusedAlarmMs - 1_000)
  expect(one.troubles()).toMatchObject([{ level: 'degraded', forMs: bounds.refusedAlarmMs + 89_000 }])
  expect(one.troubles()[0]!.reason).toContain('(weights, slo.state)')
  clock.advance(1)
  expect(one.troubles()).toEqual([])
  one.refuse('usage', 'forged', 'usage.3')
  expect(one.troubles()).toMatchObject([{ forMs: 0 }])
  expect(one.troubles()[0]!.reason).not.toContain('weights')
})

test('each kind has a sentence, and a flood of subjects does not fill it', () => {
  const kinds: RefusedKind[] = ['unsigned', 'unknown-key', 'forged', 'replayed', 'stale', 'epoch']
  const { clock, alarm: one } = alarm()
  for (let n = 0; n < 100; n++) {
    for (const kind of kinds) one.refuse('usage', kind, `usage.${n}`)
    clock.advance(200)
  }
  expect(one.troubles()).toHaveLength(kinds.length)
  for (const { reason } of one.troubles()) expect(reason.length).toBeLessThan(400)
})

test('messages of another time are trouble once they go on coming: a clock may just have been set', () => {
  const { clock, alarm: one } = alarm()
  const refuse = () => one.refuse('bus', 'stale', 'node.heartbeat')
  refuse()
  clock.advance(9_999)
  refuse()
  expect([one.troubles(), one.counts()]).toEqual([[], [{ channel: 'bus', kind: 'stale', count: 2 }]])
  clock.advance(1)
  refuse()
  expect(one.troubles()).toMatchObject([{ level: 'degraded', forMs: 10_000 }])
})

test('late messages and those that are accepted without a MAC are counted without an alarm', () => {
  const macs = testMacs({ acceptsUnsigned: true })
  const received = { context: ['s'], bytes: Buffer.from('x'), subject: 's' }
  expect(macs.channel('usage').judge({ ...received, mac: undefined })).toBe('genuine')
  expect(macs.channel('usage').judge({ ...received, mac: macs.channel('bus').of(['s'], received.bytes) })).toBe(
    'forged',
  )
  expect(macs.alarm.counts()).toEqual([
    { channel: 'usage', kind: 'unsigned-accepted', count: 1 },
    { channel: 'usage', kind: 'forged', count: 1 },
  ])
  expect(macs.troubles().map(({ reason }) => reason)).toEqual([
    expect.stringContaining('HEADGATE_NATS_UNSIGNED=accept'),
    expect.stringContaining('forged messages'),
  ])
})
