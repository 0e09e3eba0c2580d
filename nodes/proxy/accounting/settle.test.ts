import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../../shared/clock.ts'
import { TestGateway } from '../apis/test-gateway.ts'
import { testTarget } from '../providers/test-connect.ts'
import { testHead, testRequest, testSnapshot } from '../request/test-request.ts'
import { directRoute } from '../routing/model-route.ts'
import type { Hold, Outcome } from './outcome.ts'
import { testSettlement } from './test-settlement.ts'

const snapshot = testSnapshot({ m: directRoute('m', testTarget()) })

function given(path?: string) {
  const settled: Outcome[] = []
  const hold: Hold = { settle: (outcome) => void settled.push(outcome) }
  const head = path === undefined ? testHead() : testHead({ path })
  const request = testRequest({ head, snapshot })
  return { ...testSettlement(), ...request, settled, end: { model: 'm', holds: [hold] } }
}

describe('a request that ends before its first attempt', () => {
  test('rejected: the caller is told, the error counted, the body given back, one record written', () => {
    const { settlement, request, reply, body, recorder, rejections, settled, end } = given()
    settlement.reject(request, { type: 'model-not-allowed', model: 'm' }, end)
    expect([reply.status, JSON.parse(reply.text).error.code]).toEqual([403, 'model_not_allowed'])
    expect([rejections, body.released]).toEqual([['model_not_allowed'], 1])
    expect(recorder.records).toMatchObject([
      { status: 'refused', httpStatus: 403, errorCode: 'model_not_allowed', model: 'm', attempts: 0, unpriced: false },
    ])
    expect(settled).toMatchObject([{ status: 'refused', httpStatus: 403, attempts: [] }])
  })

  test('rejected after a wait: the record tells how long it took', () => {
    const clock = new ManualClock()
    const { settlement, recorder } = testSettlement(clock)
    const { request } = testRequest({ snapshot, startedMs: clock.monotonicMs() })
    clock.advance(250)
    settlement.reject(request, { type: 'model-not-allowed', model: 'm' })
    expect(recorder.records).toMatchObject([{ totalUs: 250_000, overheadUs: 250_000 }])
  })

  test('answered by us: the record comes before the answer', () => {
    const { settlement, request, reply, recorder, body } = given()
    recorder.holds = true
    settlement.answer(request, { body: '{"data":[]}', headers: ['x-more', '1'] })
    expect([recorder.records.length, reply.text]).toEqual([1, ''])
    recorder.flush()
    expect([reply.status, reply.text, reply.header('x-more'), reply.header('x-request-id')]).toEqual([
      200,
      '{"data":[]}',
      '1',
      'req_1',
    ])
    expect([reply.header('content-type'), body.released]).toEqual(['application/json', 1])
    expect(recorder.records).toMatchObject([{ status: 'ok', httpStatus: 200, model: '' }])
  })

  test('callers of Anthropic’s API find the id in a header of their own, and errors in their shape', () => {
    const answered = given('/v1/messages')
    answered.settlement.answer(answered.request, { body: '{}' })
    expect(answered.reply.header('request-id')).toBe('req_1')
    const rejected = given('/v1/messages')
    rejected.settlement.reject(rejected.request, { type: 'internal' })
    expect(JSON.parse(rejected.reply.text)).toMatchObject({ type: 'error', request_id: 'req_1' })
  })

  test('left: nobody is told, and the record has no status', () => {
    const { settlement, request, reply, body, recorder, settled, end } = given()
    reply.leave()
    settlement.left(request, end)
    expect([reply.status, body.released, settled.length]).toEqual([0, 1, 1])
    expect(recorder.records).toMatchObject([{ status: 'client-aborted', httpStatus: 0, errorCode: '' }])
  })

  test('a name that is not configured is the caller’s own text and stays out of the record', () => {
    const { settlement, request, recorder } = given()
    settlement.reject(request, { type: 'unknown-model', model: 'my secret', nearest: [] }, { model: 'my secret' })
    expect(recorder.records).toMatchObject([{ model: '', askedModel: 'my secret', errorCode: 'model_not_found' }])
    const long = `sk-proj-aaaaaaaa\n${'name '.repeat(100)}`
    settlement.reject(request, { type: 'unknown-model', model: long, nearest: [] }, { model: long })
    const kept = recorder.records[1]?.askedModel
    expect(kept).toHaveLength(128)
    expect(kept).toMatch(/^\[redacted\] name name /)
  })

  test('a caller whom nobody knows is told and counted, and leaves no record', () => {
    const { settlement, reply, recorder, rejections } = given()
    const { code, status } = settlement.rejectUnknown({ reply, id: 'req_1', shape: 'openai' }, { type: 'unknown-key' })
    expect([code, status, reply.status]).toEqual(['invalid_api_key', 401, 401])
    expect([recorder.records, rejections]).toEqual([[], ['invalid_api_key']])
  })
})

describe('a bug of ours', () => {
  test('is told to the operator with its place, and to the caller without', () => {
    const { settlement, request, reply, body, notices, settled, end, recorder } = given()
    settlement.bug(request, new Error('undefined is not a function'), end)
    expect([reply.status, body.released, settled.length]).toEqual([500, 1, 1])
    expect(reply.text).not.toContain('undefined is not a function')
    const [notice] = notices
    expect(notice).toMatchObject({ type: 'handler-threw', where: '/v1/chat/completions' })
    expect(notice?.type === 'handler-threw' && notice.message).toMatch(/undefined is not a function\n\s+at /)
    expect(recorder.records).toMatchObject([{ status: 'refused', httpStatus: 500, errorCode: 'internal_error' }])
  })

  test('after its caller has left tells the operator alone', () => {
    const { settlement, request, reply, notices, recorder } = given()
    reply.leave()
    settlement.bug(request, 'a word', {})
    expect(notices).toMatchObject([{ message: 'a word' }])
    expect(recorder.records).toMatchObject([{ status: 'client-aborted', httpStatus: 0 }])
  })
})

test('each hold is told once, in order, and one that throws keeps nobody else from it', () => {
  const { settlement, request, recorder, notices } = given()
  const told: string[] = []
  const holds: Hold[] = [
    { settle: () => void told.push('first') },
    {
      settle: () => {
        throw new Error('the counter is away')
      },
    },
    { settle: () => void told.push('last') },
  ]
  settlement.reject(request, { type: 'internal' }, { holds })
  expect([told, recorder.records.length]).toEqual([['first', 'last'], 1])
  expect(notices).toMatchObject([{ type: 'handler-threw', where: 'hold' }])
})

describe('whom a caller names in x-headgate-user is recorded', () => {
  const headers = { 'x-headgate-user': 'ada' }
  const messages = [{ role: 'user', content: 'hi' }]

  test.each([
    { name: 'of a request for a model that is not there', asked: { body: { model: 'nothing', messages } } },
    { name: 'of one whose body cannot be read', asked: { body: '{' } },
    { name: 'of one about a response that is not there', asked: { method: 'GET', path: '/v1/responses/resp_9' } },
    { name: 'of one for a list of models', asked: { method: 'GET', path: '/v1/models' } },
  ])('$name', async ({ asked }) => {
    const gateway = await TestGateway.open()
    gateway.call({ ...asked, headers })
    await new Promise(setImmediate)
    expect(gateway.record).toMatchObject({ user: 'ada', keyId: 'key_1', team: 'search', costCenter: '4711' })
  })

  test('of one that is answered, as of its attempts', async () => {
    const gateway = await TestGateway.open()
    gateway.call({ body: { model: 'gpt', messages }, headers })
    gateway.upstream.last.answer(200, {})
    expect([gateway.record.user, gateway.attempts[0]?.user]).toEqual(['ada', 'ada'])
  })
})
