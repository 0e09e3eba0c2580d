// What a request goes on from, over a store whose time and troubles are the test's.
import { expect, test } from 'vitest'
import { bounds } from '../../../shared/bounds.ts'
import { InlineJobs } from '../large/test-jobs.ts'
import type { Credential } from '../providers/credential.ts'
import type { Target } from '../providers/endpoint.ts'
import { AnswerWriter, type Served } from './answer-store.ts'
import { begin } from './continuation.ts'
import type { ResponseStore } from './response-store.ts'
import { readStorageOptions } from './storage-options.ts'
import type { Charge } from './stored-weight.ts'
import { kept, scanOf, TestResponses } from './test-responses.ts'

const owner = 'team:a'
const work = { jobs: new InlineJobs(), owner: { team: 'a', keyId: 'key_1' }, hold: undefined }
const served: Served = {
  target: { provider: 'p', model: 'm' } as Target,
  credential: { name: 'main' } as Credential,
  passesThrough: false,
  streamed: false,
}

async function beginWith(store: ResponseStore, body: object, id = 'resp_new', charge: Charge = () => undefined) {
  const scan = scanOf(body)
  const storage = readStorageOptions(scan)
  if (!storage.ok || storage.value === undefined) throw new Error('it wants no state')
  return begin({ store, owner, storage: storage.value, scan, id, work, charge })
}

test('the turns before it are told from the oldest on', async () => {
  const { store } = new TestResponses()
  await store.keep(owner, 'resp_0', kept('resp_0'))
  await store.keep(owner, 'resp_1', kept('resp_1', ['resp_0']))
  const begun = await beginWith(store, { previous_response_id: 'resp_1', input: 'x' })
  const texts = begun.ok && begun.value.history?.messages().map(({ parts }) => (parts[0] as { text: string }).text)
  expect(texts).toEqual(['question of resp_0', 'answer of resp_0', 'question of resp_1', 'answer of resp_1'])
})

test('as many responses as the limit says are gone on from, and not one more', async () => {
  const { store } = new TestResponses()
  const ids = Array.from({ length: bounds.responseChainMax + 1 }, (_one, n) => `resp_${n}`)
  for (const [n, id] of ids.entries()) await store.keep(owner, id, kept(id, ids.slice(0, n)))
  const longest = await beginWith(store, { previous_response_id: ids[bounds.responseChainMax - 1], input: 'x' })
  expect(longest.ok && longest.value.history?.messages()).toHaveLength(2 * bounds.responseChainMax)
  const longer = await beginWith(store, { previous_response_id: ids.at(-1), input: 'x' })
  expect(longer).toMatchObject({ ok: false, error: { type: 'chain-too-long', responses: ids.length } })
})

test('bytes of all responses before it count, as they were stored', async () => {
  const { store } = new TestResponses()
  await store.keep(owner, 'resp_1', kept('resp_1', ['resp_0'], bounds.responseChainBytesMax - 10))
  const begun = await beginWith(store, { previous_response_id: 'resp_1', input: 'x' })
  expect(begun).toMatchObject({ ok: false, error: { type: 'chain-too-long', responses: 2 } })
})

test('a conversation grows by the bytes of each answer until it is larger than the limit', async () => {
  const { store } = new TestResponses()
  const input = 'x'.repeat(bounds.stateEntryBytesMax - 100_000)
  let previous: string | null = null
  for (let n = 0; n < 2; n++) {
    const id = `resp_${n}`
    const begun = await beginWith(store, { previous_response_id: previous, input }, id)
    const keeper = begun.ok ? begun.value.keeper : undefined
    keeper?.take([{ type: 'text', text: 'y' }])
    expect(await keeper?.keep(JSON.stringify({ id, output: [] }), served)).toContain(id)
    previous = id
  }
  const [first, second] = await Promise.all(['resp_0', 'resp_1'].map((id) => store.find(owner, id)))
  const bytes = (found: typeof first) => (found?.ok ? (found.value?.bytes ?? 0) : 0)
  expect(second).toMatchObject({ value: { stored: { chain: ['resp_0'], chainBytes: bytes(first) } } })
  expect(await beginWith(store, { previous_response_id: 'resp_1', input: 'x' }, 'resp_2')).toMatchObject({ ok: true })
  const third = await beginWith(store, { previous_response_id: 'resp_1', input }, 'resp_2')
  const keeper = third.ok ? third.value.keeper : undefined
  keeper?.take([{ type: 'text', text: 'y' }])
  await keeper?.keep('{"id":"resp_2","output":[]}', served)
  expect(await beginWith(store, { previous_response_id: 'resp_2', input: 'x' })).toMatchObject({
    ok: false,
    error: { type: 'chain-too-long', responses: 3 },
  })
})

test('one that has expired was never there, and so with one whose beginning has', async () => {
  const responses = new TestResponses()
  const { store } = responses
  await store.keep(owner, 'resp_0', kept('resp_0'))
  responses.passDays(20)
  await store.keep(owner, 'resp_1', kept('resp_1', ['resp_0']))
  expect(await beginWith(store, { previous_response_id: 'resp_1', input: 'x' })).toMatchObject({ ok: true })
  responses.passDays(10)
  const gone = { type: 'response-unknown', id: 'resp_0', isPrevious: true }
  expect(await beginWith(store, { previous_response_id: 'resp_0', input: 'x' })).toEqual({ ok: false, error: gone })
  expect(await beginWith(store, { previous_response_id: 'resp_1', input: 'x' })).toEqual({ ok: false, error: gone })
})

test('while the store is away: who insists is refused, and who says nothing goes on', async () => {
  const responses = new TestResponses()
  const { store } = responses
  responses.leave()
  const away = { ok: false, error: { type: 'state-away' } }
  expect(await beginWith(store, { store: true, input: 'x' })).toEqual(away)
  expect(await beginWith(store, { previous_response_id: 'resp_1', input: 'x' })).toEqual(away)
  expect(await beginWith(store, { previous_response_id: 'resp_1', store: false, input: 'x' })).toEqual(away)
  expect(await beginWith(store, { input: 'x' })).toMatchObject({ ok: true })
})

test('a request that says nothing of state asks the store for nothing before its answer, and once after it', async () => {
  const start = new TestResponses()
  const begun = await beginWith(start.store, { input: 'x' })
  expect(start.asked).toBe(0)
  const keeper = begun.ok ? begun.value.keeper : undefined
  keeper?.take([{ type: 'text', text: 'y' }])
  await keeper?.keep('{"id":"resp_new","store":true,"output":[]}', served)
  expect(start.asked).toBe(1)
})

const keeperOn = (store: ResponseStore, input?: string) =>
  new AnswerWriter({
    store,
    owner,
    id: 'resp_new',
    chain: ['resp_0'],
    chainBytes: 9,
    input: input === undefined ? undefined : { text: Buffer.from(input), referred: undefined },
    work,
  })
const whole = '{"id":"resp_new","store":true,"big":12345678901234567890,"output":[]}'
const last = `event: x\ndata: {"n":1}\n\nevent: response.completed\ndata: {"type":"response.completed","response":${whole}}\n\n`

test('what is stored goes out as it was, to the byte', async () => {
  for (const [text, streamed] of [
    [whole, false],
    [last, true],
  ] as const) {
    const { store } = new TestResponses()
    const keeper = keeperOn(store, '"x"')
    keeper.take([{ type: 'text', text: 'y' }])
    expect(await keeper.keep(text, { ...served, streamed })).toBe(text)
    expect(await store.find(owner, 'resp_new')).toMatchObject({ ok: true, value: { stored: { type: 'kept' } } })
  }
})

test('what could not be stored says so, and nothing else of it changes', async () => {
  for (const [text, streamed] of [
    [whole, false],
    [last, true],
    [last.replaceAll('data: ', 'data:'), true],
    [last.replaceAll('\n', '\r\n'), true],
    [last.slice(last.indexOf('data: {"type')), true],
  ] as const) {
    const responses = new TestResponses()
    const { store } = responses
    responses.leave()
    const keeper = keeperOn(store, '"x"')
    keeper.take([{ type: 'text', text: 'y' }])
    const told = String(await keeper.keep(Buffer.from(text), { ...served, streamed }))
    expect(told.replace(/(data:) ?/g, '$1')).toBe(
      text.replace('"store":true', '"store":false').replace(/(data:) ?/g, '$1'),
    )
  }
})

test('of a response that its provider holds, where it lies is kept; of one that it does not store, nothing', async () => {
  const { store } = new TestResponses()
  await keeperOn(store).keep(whole, { ...served, passesThrough: true })
  const stored = { type: 'held', target: 'p/m', provider: 'p', credential: 'main' }
  expect(await store.find(owner, 'resp_new')).toMatchObject({ ok: true, value: { stored } })
  for (const text of ['{"id":"resp_2","store":false}', '{"no":"id"}', 'no json', '']) {
    expect(await keeperOn(store).keep(text, { ...served, passesThrough: true })).toBe(text)
  }
  expect(await store.find(owner, 'resp_2')).toEqual({ ok: true, value: undefined })
})

test('where its provider holds nothing, a response is kept here, and says so', async () => {
  const { store } = new TestResponses()
  const output = [{ type: 'message', id: 'msg_1', role: 'assistant', content: [{ type: 'output_text', text: 'y' }] }]
  const response = { id: 'resp_new', status: 'completed', store: false, output }
  const passesThrough = { ...served, passesThrough: true }
  const told = JSON.parse(String(await keeperOn(store, '"x"').keep(JSON.stringify(response), passesThrough)))
  expect(told).toEqual({ ...response, store: true })
  const found = await store.find(owner, 'resp_new')
  expect(found.ok && found.value?.stored.type === 'kept' && found.value.stored.read()).toMatchObject({
    type: 'kept',
    chain: ['resp_0'],
    chainBytes: 9,
    parts: [{ type: 'text', text: 'y' }],
    input: [{ role: 'user', content: [{ type: 'input_text', text: 'x' }] }],
    response: { store: true, previous_response_id: 'resp_0' },
  })
  for (const input of ['7', '[null,"x",{"role":"user","content":"x"}]', '']) {
    const other = JSON.stringify({ ...response, id: `resp_${input.length}` })
    expect(JSON.parse(String(await keeperOn(store, input).keep(other, passesThrough)))).toMatchObject({ store: true })
  }
  // An id that it gave before is not its answer's alone.
  expect(await keeperOn(store, '"x"').keep(JSON.stringify(response), passesThrough)).toBe(JSON.stringify(response))
  const failed = JSON.stringify({ ...response, id: 'resp_f', status: 'failed' })
  expect(await keeperOn(store, '"x"').keep(failed, passesThrough)).toBe(failed)
})

test('an answer that nobody has told the parts of is not stored, and goes out', async () => {
  const { store } = new TestResponses()
  expect(await keeperOn(store).keep(whole, served)).toBe(whole.replace('"store":true', '"store":false'))
  expect(await store.find(owner, 'resp_new')).toEqual({ ok: true, value: undefined })
})

test('what a request continues is charged before it is read', async () => {
  const responses = new TestResponses()
  await responses.store.keep(owner, 'resp_1', kept('resp_1', ['resp_0'], 1 << 20))
  const charged: number[] = []
  const charge = (bytes: number) => {
    charged.push(bytes)
    return bytes > 1 << 20 ? ({ type: 'no-room', when: 'now' } as const) : undefined
  }
  responses.asked = 0
  const begun = await beginWith(responses.store, { previous_response_id: 'resp_1', input: 'x' }, 'resp_2', charge)
  expect(begun).toMatchObject({ ok: false, error: { type: 'no-memory' } })
  expect(charged.at(-1)).toBeGreaterThan(1 << 20)
  expect(responses.asked).toBe(1)
})

test('an input that is larger than what can be stored is not kept', async () => {
  const { store } = new TestResponses()
  const charged: number[] = []
  const input = 'x'.repeat(bounds.stateEntryBytesMax)
  await beginWith(store, { input }, 'resp_2', (bytes) => void charged.push(bytes))
  expect(charged).toEqual([0])
})

test('one item that is named again and again is refused before it is written out as often', async () => {
  const { store } = new TestResponses()
  const id = `resp_${'0'.repeat(48)}`
  const question = `msg_${'0'.repeat(48)}_i0`
  const item = { id: question, type: 'message', role: 'user', content: 'x'.repeat(1 << 20) }
  await store.keep(owner, id, { ...kept(id), input: [item, { ...item, id: `msg_${'0'.repeat(48)}_i1` }] })
  const asked = (count: number) =>
    beginWith(store, { input: Array.from({ length: count }, () => ({ type: 'item_reference', id: question })) })
  expect(await asked(15)).toMatchObject({ ok: true, value: { referred: { turns: [expect.anything()] } } })
  const bytes = expect.any(Number)
  expect(await asked(2_000)).toMatchObject({ ok: false, error: { type: 'chain-too-long', responses: 1, bytes } })
  expect(work.jobs.ran).toContain('weigh references')
})
