import { headers, type Msg } from '@nats-io/transport-node'
import { expect, test } from 'vitest'
import { bounds } from '../../shared/bounds.ts'
import { ManualClock } from '../../shared/clock.ts'
import { testMacs } from '../macs/test-macs.ts'
import { AskedOnce } from './asked-once.ts'
import { encodeJson } from './bus.ts'
import { BusMacs } from './bus-macs.ts'
import { SenderOrder } from './sender-order.ts'

const weights = { epoch: 5, revision: 1 }

function world() {
  const clock = new ManualClock(Date.UTC(2026, 5, 1))
  const macs = testMacs({ clock })
  const bus = new BusMacs(macs, clock)
  const said = (sequence: number, name = 'weights', value: object = weights, origin = 'node-a') => {
    const [subject, payload] = [`hg.${name}`, encodeJson(value)]
    return { subject, data: payload, headers: bus.published({ subject, payload, sequence }, origin) } as Msg
  }
  const order = new SenderOrder()
  const hear = (message: Msg, by = order) => bus.hear(message, message.subject.slice(3), by)
  const kinds = () => macs.alarm.counts().map(({ kind }) => kind)
  return { clock, bus, said, order, hear, kinds }
}

test('what a node says is heard once, and on its own subject', () => {
  const { said, hear, kinds } = world()
  const first = said(1)
  expect([hear(first), hear(said(2)), hear(said(5))]).toEqual([0, 0, 2])
  expect(hear({ ...first, subject: 'hg.slo.state' } as Msg)).toBeUndefined()
  expect(hear({ ...first, data: encodeJson({ ...weights, revision: 2 }) } as Msg)).toBeUndefined()
  expect(hear({ ...first, headers: headers() } as Msg)).toBeUndefined()
  expect(kinds()).toEqual(['forged', 'unsigned'])
})

test('number, publisher and time are part of the MAC', () => {
  const { said, hear, kinds } = world()
  for (const [name, value] of [
    ['hg-from', 'node-a 9'],
    ['hg-from', 'node-b 1'],
    ['hg-mac', '1 '],
  ] as const) {
    const message = said(1)
    const given = message.headers!
    const mac = given.get('hg-mac').split(' ')[1]
    given.set(name, name === 'hg-mac' ? `${value}${mac}` : value)
    expect(hear(message)).toBeUndefined()
  }
  expect(new Set(kinds())).toEqual(new Set(['forged']))
})

test('what was heard and comes again is refused; shortly after, as a reconnect may cause, without an alarm', () => {
  const { clock, said, hear, kinds } = world()
  const [first, second] = [said(1), said(2)]
  expect([hear(second), hear(first), hear(second)]).toEqual([0, undefined, undefined])
  expect(kinds()).toEqual(['late'])
  clock.advance(20_000)
  expect(hear(first)).toBeUndefined()
  expect(kinds()).toEqual(['late', 'replayed'])
})

test('of a publisher that was never heard only what is new by the clock is believed, and confirmations always', () => {
  const { clock, said, hear, kinds } = world()
  const [old, confirmed] = [said(7), said(7, 'telemetry.stored.proxy-1', { sequence: 4 })]
  const another = said(7, 'weights', weights, 'node-b')
  clock.advance(bounds.messageAgeMsMax)
  expect(hear(another)).toBe(0)
  clock.advance(1)
  expect(hear(old)).toBeUndefined()
  expect(hear(confirmed)).toBe(0)
  expect(kinds()).toEqual(['stale'])
})

test('a publisher that is known is believed whatever its clock says', () => {
  const { clock, said, hear, kinds } = world()
  expect(hear(said(1))).toBe(0)
  clock.advance(3_600_000)
  const [ahead, elsewhere] = [said(2), said(1, 'slo.state')]
  clock.advance(-3_600_000 * 2)
  expect([hear(ahead), hear(elsewhere)]).toEqual([0, 0])
  expect(kinds()).toEqual([])
})

test.each([
  ['weights', { epoch: 0 }],
  ['slo.state', { epoch: 0 }],
  ['slo.partial', { epoch: 0 }],
  ['node.keeping', { partitions: [{ epoch: 0 }] }],
])('an epoch of the future on %s is refused, one of about now is not', (name, shape) => {
  const { clock, said, hear, kinds } = world()
  const at = (epoch: number) => JSON.parse(JSON.stringify(shape).replace('"epoch":0', `"epoch":${epoch}`)) as object
  const now = Math.floor(clock.wallMs() / 1_000)
  expect(hear(said(1, name, at(now + 3_600)))).toBe(0)
  expect(hear(said(2, name, at(now + bounds.epochAheadSecondsMax + 2)))).toBeUndefined()
  expect(hear(said(3, name, at(Number.MAX_SAFE_INTEGER)))).toBeUndefined()
  expect(kinds()).toEqual(['epoch'])
  expect(hear(said(4, name, { partitions: 'x', epoch: 'y' }))).toBe(0)
})

test('a question that comes again is not answered again: what it asks for may cost somebody something', () => {
  const { clock, bus, kinds } = world()
  const payload = encodeJson({ amount: 5 })
  const ask = (number: number) => {
    const reply = `inbox.${number}`
    return { subject: 'hg.q', reply, data: payload, headers: bus.request('hg.q', reply, payload) } as Msg
  }
  const asked = new AskedOnce()
  const [first, second] = [ask(1), ask(2)]
  const heard = [second, first, first, second].map((one) => bus.isGenuineRequest(one, 'q', asked))
  expect(heard).toEqual([true, true, false, false])
  clock.advance(bounds.messageAgeMsMax + 1)
  // A node that starts now has heard of none, and goes by the time; one that knows the asker need not.
  expect(bus.isGenuineRequest(first, 'q', new AskedOnce())).toBe(false)
  const third = ask(3)
  clock.advance(-3_600_000)
  expect(bus.isGenuineRequest(third, 'q', asked)).toBe(true)
  expect(kinds()).toEqual(['replayed', 'stale'])
})

test('a question belongs to its inbox, and an answer to its question and its place', () => {
  const { bus } = world()
  const payload = encodeJson({ type: 'usage' })
  const question = {
    subject: 'hg.q',
    reply: 'inbox.1',
    data: payload,
    headers: bus.request('hg.q', 'inbox.1', payload),
  }
  const asked = new AskedOnce()
  expect(bus.isGenuineRequest(question as Msg, 'q', asked)).toBe(true)
  expect(bus.isGenuineRequest({ ...question, reply: 'inbox.of.a.stranger.1' } as Msg, 'q', asked)).toBe(false)
  const part = headers()
  part.set('hg-part', '1/2')
  const answer = { subject: 'inbox.1', data: payload, headers: bus.answer('inbox.1', { payload, headers: part }) }
  expect(bus.isGenuineAnswer(answer as Msg, 'q')).toBe(true)
  expect(bus.isGenuineAnswer({ ...answer, subject: 'inbox.2' } as Msg, 'q')).toBe(false)
  answer.headers.set('hg-part', '2/2')
  expect(bus.isGenuineAnswer(answer as Msg, 'q')).toBe(false)
})
