import { expect, test } from 'vitest'
import { openMemoryState } from '../../../cluster/state/memory-state-store.ts'
import { bounds } from '../../../shared/bounds.ts'
import { ManualClock } from '../../../shared/clock.ts'
import { ResponseStore } from './response-store.ts'
import { encodeStored, type LocalResponse } from './stored-response.ts'
import { kept, TestResponses } from './test-responses.ts'

const owner = 'team search'
const away = { ok: false, error: { type: 'state-away' } }
const none = { ok: true, value: undefined }

function turnIn(found: Awaited<ReturnType<ResponseStore['find']>>): unknown {
  const stored = found.ok ? found.value?.stored : undefined
  return stored?.type === 'kept' ? stored.read() : stored
}

test('a response is found by its owner and its id, with the bytes that it takes', async () => {
  const { store } = new TestResponses()
  const stored = kept('resp_1')
  expect(await store.keep(owner, 'resp_1', stored)).toBe(true)
  const found = await store.find(owner, 'resp_1')
  expect(found).toMatchObject({ ok: true, value: { bytes: encodeStored(stored).length } })
  expect(turnIn(found)).toEqual({ version: 1, ...stored })
  expect(await store.find(owner, 'resp_2')).toEqual(none)
  expect(await store.find('team other', 'resp_1')).toEqual(none)
})

test('an id is written once', async () => {
  const { store } = new TestResponses()
  expect(await store.keep(owner, 'resp_1', kept('resp_1'))).toBe(true)
  expect(await store.keep(owner, 'resp_1', kept('resp_other'))).toBe(false)
})

test('a response that is too large is not kept, and nobody is asked', async () => {
  const responses = new TestResponses()
  const large: LocalResponse = {
    ...kept('resp_1'),
    parts: [{ type: 'text', text: 'x'.repeat(bounds.stateEntryBytesMax) }],
  }
  expect([await responses.store.keep(owner, 'resp_1', large), responses.asked]).toEqual([false, 0])
})

test('an id that is longer than any id is not looked for', async () => {
  const responses = new TestResponses()
  expect([await responses.store.find(owner, 'x'.repeat(257)), responses.asked]).toEqual([none, 0])
})

test('bytes of another release are no response', async () => {
  const state = openMemoryState({ clock: new ManualClock() })
  await state.put({ owner, id: 'resp_1' }, Buffer.from('{"version":9}'))
  expect(await new ResponseStore(state).find(owner, 'resp_1')).toEqual(none)
})

test.each([
  ['team search', 'team:search'],
  ['team search', 'team search'],
  ['user u', 'user:u'],
  ['app a', 'app:a'],
])('what %s stored as %s under an earlier release is still read and forgotten', async (now, former) => {
  const responses = new TestResponses()
  const { store } = responses
  await responses.keepFormer(former, 'resp_0', kept('resp_0'))
  await store.keep(now, 'resp_1', kept('resp_1', ['resp_0']))
  expect(turnIn(await store.find(now, 'resp_0'))).toMatchObject({ response: { id: 'resp_0' } })
  const before = await store.before(now, kept('resp_1', ['resp_0']))
  expect(before.ok && before.value.map((one) => one?.read().response['id'])).toEqual(['resp_0'])
  expect(await store.forget(now, 'resp_0')).toEqual({ ok: true, value: true })
  expect(await store.find(now, 'resp_0')).toEqual(none)
})

test('an owner that was made anew has nothing of what an earlier release stored under its name', async () => {
  const responses = new TestResponses()
  await responses.keepFormer('team search', 'resp_0', kept('resp_0'))
  expect(await responses.store.find('team_0123456789abcdef01234567', 'resp_0')).toEqual(none)
  expect(responses.asked).toBe(1)
})

test('the present place goes before the former ones', async () => {
  const responses = new TestResponses()
  await responses.keepFormer('team:search', 'resp_1', kept('old'))
  await responses.store.keep(owner, 'resp_1', kept('new'))
  expect(turnIn(await responses.store.find(owner, 'resp_1'))).toMatchObject({ response: { id: 'new' } })
})

test('the responses before one come from the oldest on, and those that are gone leave their place', async () => {
  const { store } = new TestResponses()
  const chain = Array.from({ length: 70 }, (_, n) => `resp_${n}`)
  for (const id of chain) await store.keep(owner, id, kept(id))
  await store.forget(owner, 'resp_40')
  const before = await store.before(owner, kept('resp_new', chain))
  const ids = before.ok ? before.value.map((one) => one?.read().response['id']) : []
  expect(ids).toEqual(chain.map((id) => (id === 'resp_40' ? undefined : id)))
})

test('one that a provider holds is not told here', async () => {
  const { store } = new TestResponses()
  await store.keep(owner, 'resp_0', { type: 'held', target: 'p/m', provider: 'p', credential: 'main' })
  expect(await store.before(owner, kept('resp_1', ['resp_0']))).toEqual({ ok: true, value: [undefined] })
})

test('what is forgotten is gone, and cannot be forgotten twice', async () => {
  const { store } = new TestResponses()
  await store.keep(owner, 'resp_1', kept('resp_1'))
  expect(await store.forget(owner, 'resp_1')).toEqual({ ok: true, value: true })
  expect(await store.forget(owner, 'resp_1')).toEqual({ ok: true, value: false })
})

test('while the store is away nobody knows what is there, and nothing is kept', async () => {
  const responses = new TestResponses()
  const { store } = responses
  responses.leave()
  expect(await store.find(owner, 'resp_1')).toEqual(away)
  expect(await store.before(owner, kept('resp_1', ['resp_0']))).toEqual(away)
  expect(await store.forget(owner, 'resp_1')).toEqual(away)
  expect(await store.keep(owner, 'resp_1', kept('resp_1'))).toBe(false)
})

test('a response expires', async () => {
  const responses = new TestResponses()
  await responses.store.keep(owner, 'resp_1', kept('resp_1'))
  responses.passDays(bounds.stateDays)
  expect(await responses.store.find(owner, 'resp_1')).toEqual(none)
})
