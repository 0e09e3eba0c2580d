// What a request goes on from, over a store whose time and troubles are the test's.
import { expect, test } from 'vitest'
import { openMemoryState } from '../../cluster/state/memory-state-store.ts'
import type { StateStore } from '../../cluster/state/state-store.ts'
import type { Clock } from '../../shared/clock.ts'
import { BodyScan, scanBody } from '../../shared/json/scan.ts'
import { limits } from '../../shared/limits.ts'
import type { Credential } from './providers/credential.ts'
import type { Endpoint } from './providers/endpoint.ts'
import { begin } from './response-continuation.ts'
import { AnswerKeeper, type Served } from './response-keeper.ts'
import { ResponseBook } from './responses/response-book.ts'
import { readStateWish } from './responses/state-wish.ts'
import type { KeptResponse } from './responses/stored-response.ts'

const owner = 'team:a'
const served: Served = {
  endpoint: { provider: 'p', model: 'm' } as Endpoint,
  credential: { name: 'main' } as Credential,
  ...{ relayed: false, streamed: false },
}

function world() {
  let nowMs = 1_800_000_000_000
  let isAway = false
  let asked = 0
  const clock = { wallMs: () => nowMs } as Clock
  const memory = openMemoryState({ clock })
  const away = { ok: false, error: { type: 'unavailable', message: 'it is away' } } as const
  const reached = <Answer>(ask: () => Promise<Answer>) => {
    asked++
    return isAway ? Promise.resolve(away) : ask()
  }
  const store: StateStore = {
    get: (key) => reached(() => memory.get(key)),
    put: (key, value) => reached(() => memory.put(key, value)),
    delete: (key) => reached(() => memory.delete(key)),
    close: () => memory.close(),
  }
  return {
    book: new ResponseBook(store),
    get asked() {
      return asked
    },
    leave: () => {
      isAway = true
    },
    passDays: (days: number) => {
      nowMs += days * 86_400_000
    },
  }
}

function scanOf(body: object): BodyScan {
  const scan = new BodyScan()
  expect(scanBody(Buffer.from(JSON.stringify(body)), scan)).toBeUndefined()
  return scan
}

async function beginWith(book: ResponseBook, body: object, id = 'resp_new') {
  const scan = scanOf(body)
  const wish = readStateWish(scan)
  if (!wish.ok || wish.value === undefined) throw new Error('it wants no state')
  return begin({ book, owner, wish: wish.value, scan, id })
}

const kept = (id: string, chain: readonly string[] = [], chainBytes = 0): KeptResponse => ({
  ...{ type: 'kept', chain, chainBytes },
  response: { id, output: [{ type: 'message', id: `msg_${id}`, role: 'assistant', content: [] }] },
  input: [{ id: `in_${id}`, type: 'message', role: 'user', content: `question of ${id}` }],
  parts: [{ type: 'text', text: `answer of ${id}` }],
})

test('the turns before it are told from the oldest on', async () => {
  const { book } = world()
  await book.keep(owner, 'resp_0', kept('resp_0'))
  await book.keep(owner, 'resp_1', kept('resp_1', ['resp_0']))
  const begun = await beginWith(book, { previous_response_id: 'resp_1', input: 'x' })
  const texts = begun.ok && begun.value.history?.messages.map(({ parts }) => (parts[0] as { text: string }).text)
  expect(texts).toEqual(['question of resp_0', 'answer of resp_0', 'question of resp_1', 'answer of resp_1'])
})

test('as many responses as the limit says are gone on from, and not one more', async () => {
  const { book } = world()
  const ids = Array.from({ length: limits.responseChainMax + 1 }, (_one, n) => `resp_${n}`)
  for (const [n, id] of ids.entries()) await book.keep(owner, id, kept(id, ids.slice(0, n)))
  const longest = await beginWith(book, { previous_response_id: ids[limits.responseChainMax - 1], input: 'x' })
  expect(longest.ok && longest.value.history?.messages).toHaveLength(2 * limits.responseChainMax)
  const longer = await beginWith(book, { previous_response_id: ids.at(-1), input: 'x' })
  expect(longer).toMatchObject({ ok: false, error: { type: 'chain-too-long', responses: ids.length } })
})

test('bytes of all responses before it count, as they were stored', async () => {
  const { book } = world()
  await book.keep(owner, 'resp_1', kept('resp_1', ['resp_0'], limits.responseChainBytesMax - 10))
  const begun = await beginWith(book, { previous_response_id: 'resp_1', input: 'x' })
  expect(begun).toMatchObject({ ok: false, error: { type: 'chain-too-long', responses: 2 } })
})

test('one that has expired was never there, and so with one whose beginning has', async () => {
  const { book, passDays } = world()
  await book.keep(owner, 'resp_0', kept('resp_0'))
  passDays(20)
  await book.keep(owner, 'resp_1', kept('resp_1', ['resp_0']))
  expect(await beginWith(book, { previous_response_id: 'resp_1', input: 'x' })).toMatchObject({ ok: true })
  passDays(10)
  const gone = { type: 'response-unknown', id: 'resp_0', isPrevious: true }
  expect(await beginWith(book, { previous_response_id: 'resp_0', input: 'x' })).toEqual({ ok: false, error: gone })
  expect(await beginWith(book, { previous_response_id: 'resp_1', input: 'x' })).toEqual({ ok: false, error: gone })
})

test('while the store is away: who insists is refused, and who says nothing goes on', async () => {
  const { book, leave } = world()
  leave()
  const away = { ok: false, error: { type: 'state-away' } }
  expect(await beginWith(book, { store: true, input: 'x' })).toEqual(away)
  expect(await beginWith(book, { previous_response_id: 'resp_1', input: 'x' })).toEqual(away)
  expect(await beginWith(book, { previous_response_id: 'resp_1', store: false, input: 'x' })).toEqual(away)
  expect(await beginWith(book, { input: 'x' })).toMatchObject({ ok: true })
})

test.each([
  [{ store: false }, undefined],
  [{ store: false, previous_response_id: null }, undefined],
  [
    { store: false, previous_response_id: 'resp_1' },
    { store: false, storeIsAsked: false, previous: 'resp_1' },
  ],
  [{ store: true }, { store: true, storeIsAsked: true, previous: undefined }],
  [{ store: null }, { store: true, storeIsAsked: false, previous: undefined }],
  [{}, { store: true, storeIsAsked: false, previous: undefined }],
])('%j wants of state: %j', (body, wanted) => {
  const wish = readStateWish(scanOf({ input: 'x', ...body }))
  expect(wish).toEqual({ ok: true, value: wanted && { ...wanted, references: false } })
})

test('a request that says nothing of state asks the store for nothing before its answer, and once after it', async () => {
  const start = world()
  const begun = await beginWith(start.book, { input: 'x' })
  expect(start.asked).toBe(0)
  const keeper = begun.ok ? begun.value.keeper : undefined
  keeper?.take([{ type: 'text', text: 'y' }], 'x')
  await keeper?.keep('{"id":"resp_new","store":true,"output":[]}', served)
  expect(start.asked).toBe(1)
})

const keeperOn = (book: ResponseBook, input?: string) =>
  new AnswerKeeper({ book, owner, id: 'resp_new', chain: ['resp_0'], chainBytes: 9, input })
const whole = '{"id":"resp_new","store":true,"big":12345678901234567890,"output":[]}'
const last = `event: x\ndata: {"n":1}\n\nevent: response.completed\ndata: {"type":"response.completed","response":${whole}}\n\n`

test('what is stored goes out as it was, to the byte', async () => {
  for (const [text, streamed] of [
    [whole, false],
    [last, true],
  ] as const) {
    const { book } = world()
    const keeper = keeperOn(book)
    keeper.take([{ type: 'text', text: 'y' }], 'x')
    expect(await keeper.keep(text, { ...served, streamed })).toBe(text)
    expect(await book.find(owner, 'resp_new')).toMatchObject({ ok: true, value: { stored: { type: 'kept' } } })
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
    const { book, leave } = world()
    leave()
    const keeper = keeperOn(book)
    keeper.take([{ type: 'text', text: 'y' }], 'x')
    const told = String(await keeper.keep(Buffer.from(text), { ...served, streamed }))
    expect(told.replace(/(data:) ?/g, '$1')).toBe(
      text.replace('"store":true', '"store":false').replace(/(data:) ?/g, '$1'),
    )
  }
})

test('of a response that its provider holds, where it lies is kept; of one that it does not store, nothing', async () => {
  const { book } = world()
  await keeperOn(book).keep(whole, { ...served, relayed: true })
  const stored = { type: 'held', target: 'p/m', provider: 'p', credential: 'main' }
  expect(await book.find(owner, 'resp_new')).toMatchObject({ ok: true, value: { stored } })
  for (const text of ['{"id":"resp_2","store":false}', '{"no":"id"}', 'no json', '']) {
    expect(await keeperOn(book).keep(text, { ...served, relayed: true })).toBe(text)
  }
  expect(await book.find(owner, 'resp_2')).toEqual({ ok: true, value: undefined })
})

test('where its provider holds nothing, a response is kept here, and says so', async () => {
  const { book } = world()
  const output = [{ type: 'message', id: 'msg_1', role: 'assistant', content: [{ type: 'output_text', text: 'y' }] }]
  const response = { id: 'resp_new', status: 'completed', store: false, output }
  const relayed = { ...served, relayed: true }
  const told = JSON.parse(String(await keeperOn(book, '"x"').keep(JSON.stringify(response), relayed)))
  expect(told).toEqual({ ...response, store: true })
  const found = await book.find(owner, 'resp_new')
  expect(found.ok && found.value?.stored).toMatchObject({
    ...{ type: 'kept', chain: ['resp_0'], chainBytes: 9, parts: [{ type: 'text', text: 'y' }] },
    input: [{ role: 'user', content: [{ type: 'input_text', text: 'x' }] }],
    response: { store: true, previous_response_id: 'resp_0' },
  })
  for (const input of ['7', '[null,"x",{"role":"user","content":"x"}]', '']) {
    const other = JSON.stringify({ ...response, id: `resp_${input.length}` })
    expect(JSON.parse(String(await keeperOn(book, input).keep(other, relayed)))).toMatchObject({ store: true })
  }
  // An id that it gave before is not its answer's alone.
  expect(await keeperOn(book, '"x"').keep(JSON.stringify(response), relayed)).toBe(JSON.stringify(response))
  const failed = JSON.stringify({ ...response, id: 'resp_f', status: 'failed' })
  expect(await keeperOn(book, '"x"').keep(failed, relayed)).toBe(failed)
})

test('an answer that nobody has told the parts of is not stored, and goes out', async () => {
  const { book } = world()
  expect(await keeperOn(book).keep(whole, served)).toBe(whole.replace('"store":true', '"store":false'))
  expect(await book.find(owner, 'resp_new')).toEqual({ ok: true, value: undefined })
})
