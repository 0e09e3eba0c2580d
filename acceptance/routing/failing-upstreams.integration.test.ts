// What callers see when no other target helps: a clear refusal, or an error inside of the stream, and never two providers in one
// answer.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { busyness } from '../../shared/test-load.ts'
import { ask } from '../http.ts'
import { type RoutingRig, startRoutingRig } from './routing-rig.ts'
import { expectRefusal, frames } from './told-answers.ts'

let rig: RoutingRig
let chat: RoutingRig['chat']

beforeAll(async () => {
  rig = await startRoutingRig()
  chat = rig.chat
})
afterAll(() => rig?.stop())
beforeEach(() => rig.mock.reset())

describe('time', () => {
  test.each([
    ['hangs', {}],
    ['hangs', { stream: true }],
    ['takes-long', {}],
  ])('%s with %j is a 504', async (name, more) => {
    const startedMs = performance.now()
    expectRefusal(await chat(name, more), 504, 'upstream_timeout')
    expect(performance.now() - startedMs).toBeLessThan(10_000 * busyness())
    await expect.poll(async () => (await rig.mock.ledger()).earlyCloses, { timeout: 60_000 }).toBe(1)
  })

  test.each([
    ['x-headgate-timeout', {}],
    ['x-headgate-ttft-timeout', { stream: true }],
  ])("the caller's own %s counts (wire 98)", async (name, more) => {
    expectRefusal(
      await chat('mock/mock.hang', more, { [name]: '250ms', 'x-headgate-retries': '0' }),
      504,
      'upstream_timeout',
    )
  })

  test('a stream that falls silent ends in an error event and without [DONE]', async () => {
    const { status, text } = await chat('falls-silent', { stream: true })
    expect([status, frames(text).length]).toEqual([200, 4])
    expectErrorEvent(text, 'upstream_timeout')
    expect((await rig.mock.ledger()).streamsOpen).toBe(0)
  })
})

function expectErrorEvent(text: string, code: string): void {
  const last = frames(text).at(-1) ?? ''
  expect(last).toMatch(/^data: \{"error":/)
  expect(JSON.parse(last.slice(6)).error).toMatchObject({ code, type: 'server_error', message: expect.any(String) })
  expect(text).not.toContain('[DONE]')
}

describe('streams', () => {
  test('that break off end in an error event and without [DONE]', async () => {
    const { status, text } = await chat('cut-short', { stream: true })
    expect(status).toBe(200)
    expect(frames(text).length).toBeGreaterThan(2)
    expectErrorEvent(text, 'upstream_error')
  })

  test('in which the upstream reports an error pass on its words', async () => {
    const { text } = await chat('ends-in-error', { stream: true })
    expect(frames(text)).toHaveLength(6)
    expectErrorEvent(text, 'upstream_error')
    expect(text).toContain('The model is overloaded')
  })

  test('whose [DONE] is missing get one', async () => {
    const told = await chat('without-done', { stream: true })
    expect(told.text.endsWith('"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n')).toBe(true)
    expect(frames(told.text).filter((frame) => frame.includes('[DONE]'))).toHaveLength(1)
  })

  test('with usage on the last choice keep that chunk', async () => {
    const { text } = await chat('usage-on-last-choice', { stream: true })
    expect(text).toMatch(/"finish_reason":"stop".*"usage"/)
  })

  test('that come byte by byte are the same bytes', async () => {
    const body = { model: 'mock.chunks-5', stream: true, messages: [{ role: 'user', content: 'hi' }] }
    const direct = await ask(`${rig.mock.url}/v1/chat/completions`, 'POST', body)
    expect((await chat('sliced', { stream: true })).text).toBe(direct.text)
  })
})

describe('refusals of an upstream', () => {
  test.each([400, 404, 409, 413, 415, 422])('%i is passed on as it is (wire 95)', async (status) => {
    const told = await chat(`mock/mock.status-${status}`, {}, { 'x-headgate-retries': '0' })
    expectRefusal(told, status, null)
    expect(told.json.error.message).toBe(`The mock answers ${status}`)
  })

  test.each([400, 404, 422])('%i in HTML is put into words of ours', async (status) => {
    const told = await chat(`mock/mock.status-${status}.html`)
    expectRefusal(told, status, null)
    expect(told.json.error.message).toContain(`${status}`)
  })

  test.each([
    [401, 502, 'upstream_auth'],
    [403, 502, 'upstream_auth'],
    [302, 502, 'upstream_error'],
    [500, 502, 'upstream_error'],
  ])('%i is ours to mend: %i %s', async (upstream, status, code) => {
    for (const more of ['', '.html']) {
      const name = `mock/mock.status-${upstream}${more}`
      expectRefusal(await chat(name, {}, { 'x-headgate-retries': '0' }), status, code)
    }
  })

  test.each([503, 529])('%i passes by itself', async (upstream) => {
    for (const more of ['', '.html']) {
      const name = `mock/mock.status-${upstream}${more}`
      expectRefusal(await chat(name, {}, { 'x-headgate-retries': '0' }), 503, 'overloaded', true)
    }
  })
})

test.each([
  ['garbled', {}],
  ['garbled', { stream: true }],
  ['page-for-a-stream', { stream: true }],
  ['stream-for-a-page', {}],
])('what cannot be read is a 502: %s with %j', async (name, more) => {
  expectRefusal(await chat(name, more), 502, 'upstream_protocol_error')
})
