// The row J23 of the catalogue of bad input: a key that comes again has the stored answer, or is refused beside another request.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { openMemoryState } from '../../../../cluster/state/memory-state-store.ts'
import type { StateStore } from '../../../../cluster/state/state-store.ts'
import { ManualClock } from '../../../../shared/clock.ts'
import { fail } from '../../../../shared/result.ts'
import { type AskedCall, TestGateway, type TestGatewayOptions } from '../test-gateway.ts'

const messages = [{ role: 'user', content: 'hi' }]
const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }
const chat = {
  id: 'c',
  choices: [{ index: 0, message: { role: 'assistant', content: 'yes' }, finish_reason: 'stop' }],
  usage,
}
const chunk = { id: 'c', choices: [{ index: 0, delta: { content: 'yes' }, finish_reason: null }] }
const message = {
  id: 'm',
  type: 'message',
  role: 'assistant',
  content: [{ type: 'text', text: 'yes' }],
  usage: { input_tokens: 10, output_tokens: 5 },
}
const candidates = [{ content: { role: 'model', parts: [{ text: 'yes' }] }, finishReason: 'STOP' }]
const contents = [{ role: 'user', parts: [{ text: 'hi' }] }]

const kinds: Record<string, { path: string; body: object; answer: object }> = {
  chat: { path: '/v1/chat/completions', body: { model: 'gpt', messages }, answer: chat },
  'chat to another dialect': { path: '/v1/chat/completions', body: { model: 'claude', messages }, answer: message },
  completions: {
    path: '/v1/completions',
    body: { model: 'gpt', prompt: 'hi' },
    answer: { id: 'c', choices: [{ index: 0, text: 'yes', finish_reason: 'stop' }], usage },
  },
  responses: {
    path: '/v1/responses',
    body: { model: 'gpt', input: 'hi', store: false },
    answer: { id: 'resp_1', object: 'response', status: 'completed', output: [], usage: { input_tokens: 1 } },
  },
  messages: { path: '/v1/messages', body: { model: 'claude', max_tokens: 9, messages }, answer: message },
  generateContent: { path: '/v1beta/models/gem:generateContent', body: { contents }, answer: { candidates } },
  embeddings: {
    path: '/v1/embeddings',
    body: { model: 'gpt', input: 'hi' },
    answer: { data: [{ index: 0, embedding: [1] }], usage: { prompt_tokens: 1, total_tokens: 1 } },
  },
  images: { path: '/v1/images/generations', body: { model: 'gpt', prompt: 'a cat' }, answer: { data: [{ url: 'u' }] } },
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await nextTurn()
}

class Caller {
  readonly gateway: TestGateway

  constructor(gateway: TestGateway) {
    this.gateway = gateway
  }

  static async open(options: TestGatewayOptions = {}): Promise<Caller> {
    return new Caller(await TestGateway.open(options))
  }

  async call(asked: AskedCall, key = 'key-1') {
    const { reply } = this.gateway.call({ ...asked, headers: { 'idempotency-key': key, ...asked.headers } })
    await settled()
    return reply
  }

  get calls() {
    return this.gateway.upstream.calls
  }

  async answered(asked: AskedCall, answer: object, key?: string) {
    const reply = await this.call(asked, key)
    this.gateway.upstream.last.answer(200, answer)
    await settled()
    return reply
  }
}

describe.each(Object.entries(kinds))('%s', (_, { path, body, answer }) => {
  test('the same request has the same answer again, from no upstream and at no cost', async () => {
    const caller = await Caller.open()
    const first = await caller.answered({ path, body }, answer)
    const again = await caller.call({ path, body })
    expect(first.status).toBe(200)
    expect([again.status, again.text, caller.calls.length]).toEqual([200, first.text, 1])
    expect(again.header('content-type')).toBe(first.header('content-type'))
    expect(again.header('x-headgate-idempotent-replay')).toBe('true')
    expect(again.header('x-headgate-cost-usd')).toBe('0')
    expect(again.header('x-request-id')).not.toBe(first.header('x-request-id'))
    const [charged, free] = caller.gateway.outcome.recorder.records
    expect(charged).toMatchObject({ attempts: 1 })
    expect(free).toMatchObject({ status: 'ok', attempts: 0, costNanoUsd: 0, model: charged?.model })
  })

  test('another body under the key is refused before anything is sent', async () => {
    const caller = await Caller.open()
    await caller.answered({ path, body }, answer)
    const other = await caller.call({ path, body: { ...body, user: 'ann' } })
    expect([other.status, caller.calls.length]).toEqual([409, 1])
    expect(other.text).toContain('The Idempotency-Key was sent before with another body')
    expect(other.header('x-should-retry')).toBe('false')
  })
})

const asked = { path: '/v1/chat/completions', body: { model: 'gpt', messages } }

test('a stream comes again as it was', async () => {
  const caller = await Caller.open()
  const body = { ...asked.body, stream: true }
  const first = await caller.call({ ...asked, body })
  caller.gateway.upstream.last
    .stream(`data: ${JSON.stringify(chunk)}\n\n`)
    .data('data: [DONE]\n\n')
    .end()
  await settled()
  const again = await caller.call({ ...asked, body })
  expect(first.text).toContain('[DONE]')
  expect([again.text, caller.calls.length]).toEqual([first.text, 1])
  expect(again.header('content-type')).toContain('text/event-stream')
})

test('a request that has not ended holds the key', async () => {
  const caller = await Caller.open()
  await caller.call(asked)
  const early = await caller.call(asked)
  expect(early.status).toBe(409)
  expect(JSON.parse(early.text).error.code).toBe('idempotency_in_progress')
  expect([early.header('x-should-retry'), early.header('retry-after')]).toEqual(['true', '1'])
  caller.gateway.upstream.last.answer(200, chat)
  await settled()
  expect((await caller.call(asked)).status).toBe(200)
  expect(caller.calls.length).toBe(1)
})

const failures: Record<string, (caller: Caller, reply: { leave(): void }) => void> = {
  'an error of the upstream': ({ gateway }) => gateway.upstream.last.answer(500, { error: { message: 'no' } }),
  'a refused request': ({ gateway }) => gateway.upstream.last.answer(400, { error: { message: 'no' } }),
  'a lost connection': ({ gateway }) => gateway.upstream.last.fail(),
  'a caller that left': (_, reply) => reply.leave(),
}

test.each(Object.entries(failures))('after %s the request may be sent again', async (_, fails) => {
  const caller = await Caller.open()
  const first = await caller.call(asked)
  fails(caller, first)
  await settled()
  const again = await caller.answered(asked, chat)
  expect([again.status, caller.calls.length]).toEqual([200, 2])
  expect(again.header('x-headgate-idempotent-replay')).toBeUndefined()
})

test('a stream that broke is not kept', async () => {
  const caller = await Caller.open()
  const body = { ...asked.body, stream: true }
  await caller.call({ ...asked, body })
  caller.gateway.upstream.last.stream(`data: ${JSON.stringify(chunk)}\n\n`).fail()
  await settled()
  await caller.call({ ...asked, body })
  expect(caller.calls.length).toBe(2)
})

test('a key is one of its path and of its virtual key', async () => {
  const caller = await Caller.open()
  await caller.answered(asked, chat)
  expect((await caller.call({ path: '/v1/completions', body: { model: 'gpt', prompt: 'hi' } })).status).toBe(409)
  await caller.answered(asked, chat, 'key-2')
  expect(caller.calls.length).toBe(2)
})

const teamId = 'team search'

test('another proxy finds the answer', async () => {
  const state = openMemoryState({ clock: new ManualClock() })
  const one = await Caller.open({ state, teamId })
  const other = await Caller.open({ state, teamId, boot: 'boot-2' })
  const first = await one.answered(asked, chat)
  const again = await other.call(asked)
  expect([again.text, other.calls.length]).toEqual([first.text, 0])
})

test('what a killed process had begun may begin again', async () => {
  const state = openMemoryState({ clock: new ManualClock() })
  await (await Caller.open({ state, teamId })).call(asked)
  expect((await (await Caller.open({ state, teamId })).call(asked)).status).toBe(409)
  const next = await Caller.open({ state, teamId, boot: 'boot-2' })
  expect((await next.answered(asked, chat)).status).toBe(200)
})

test('an answer is kept for the window, and then erased', async () => {
  const clock = new ManualClock()
  const caller = await Caller.open({ clock, idempotencyMs: 60_000 })
  await caller.answered(asked, chat)
  clock.advance(59_000)
  expect((await caller.call(asked)).header('x-headgate-idempotent-replay')).toBe('true')
  clock.advance(2_000)
  await caller.answered({ ...asked, body: { ...asked.body, user: 'ann' } }, chat)
  expect(caller.calls.length).toBe(2)
})

test.each([
  ['the window is 0', { idempotencyMs: 0 }, 'key-1'],
  ['the key is empty', {}, ''],
  ['the key is longer than a key', {}, 'k'.repeat(256)],
])('where %s, keys are not looked at', async (_, options, key) => {
  const caller = await Caller.open(options)
  await caller.answered(asked, chat, key)
  await caller.answered({ ...asked, body: { ...asked.body, user: 'ann' } }, chat, key)
  expect(caller.calls.length).toBe(2)
})

test.each(['unavailable', 'full'] as const)('a store that is %s keeps nobody from being served', async (type) => {
  const memory = openMemoryState({ clock: new ManualClock() })
  const trouble = type === 'full' ? { type } : { type, message: 'it is away' }
  const state = { ...memory, put: async () => fail(trouble) }
  const caller = await Caller.open({ state })
  await caller.answered(asked, chat)
  await caller.answered(asked, chat)
  expect(caller.calls.length).toBe(2)
})

test('a store that did not answer is asked again after some seconds', async () => {
  const clock = new ManualClock()
  const memory = openMemoryState({ clock })
  const hangs: StateStore['put'] = async () => fail({ type: 'unavailable', message: 'it hangs' } as const)
  const state = { ...memory, put: hangs }
  const caller = await Caller.open({ clock, state })
  await caller.answered(asked, chat)
  state.put = memory.put
  await caller.answered(asked, chat)
  clock.advance(5_000)
  await caller.answered(asked, chat)
  expect((await caller.call(asked)).header('x-headgate-idempotent-replay')).toBe('true')
})

test('no response can be read, erased or stored under the name of a kept answer', async () => {
  const caller = await Caller.open()
  await caller.answered(asked, chat)
  const { reply } = caller.gateway.call({ path: '/v1/responses/idempotency%20claim%20key_1%20key-1', method: 'DELETE' })
  await settled()
  expect(reply.status).toBe(404)
  expect((await caller.call(asked)).header('x-headgate-idempotent-replay')).toBe('true')
})

test('nothing is left behind', async () => {
  const caller = await Caller.open()
  await caller.answered(asked, chat)
  await caller.call(asked)
  await caller.call({ ...asked, body: {} })
  expect(caller.gateway.leftovers).toEqual({ inFlight: 0, armed: 0, live: 0 })
})
