// Requests about stored responses, over a store in memory: they are judged and recorded as every other.
import { describe, expect, test } from 'vitest'
import { anthropic } from '../../streams/test-streams.ts'
import { type AskedCall, TestGateway } from '../test-gateway.ts'

const turn = () => new Promise(setImmediate)

/** A gateway with one stored response, whose making is no part of the records. */
async function stored(openRequests = () => 1) {
  const gateway = await TestGateway.open({ openRequests })
  const made = gateway.call({ path: '/v1/responses', body: { model: 'claude', input: 'hi' } })
  await turn()
  gateway.upstream.last.answer(200, anthropic.whole('hello'))
  await turn()
  const { id } = JSON.parse(made.reply.text) as { id: string }
  gateway.outcome.recorder.records.length = 0
  gateway.outcome.recorder.attempts.length = 0
  const ask = async (asked: AskedCall) => {
    const call = gateway.call(asked)
    await turn()
    return call
  }
  return { gateway, path: `/v1/responses/${id}`, ask }
}

describe('each leaves a record', () => {
  test('one that is read', async () => {
    const { gateway, path, ask } = await stored()
    const { reply } = await ask({ method: 'GET', path })
    expect(JSON.parse(reply.text)).toMatchObject({ object: 'response', output: [{ content: [{ text: 'hello' }] }] })
    expect(gateway.record).toMatchObject({
      route: '/v1/responses/{id}',
      status: 'ok',
      httpStatus: 200,
      keyId: 'key_1',
      attempts: 0,
      costNanoUsd: 0,
      unpriced: false,
    })
  })

  test('one whose input is listed', async () => {
    const { gateway, path, ask } = await stored()
    const { reply } = await ask({ method: 'GET', path: `${path}/input_items` })
    expect(reply.text).toContain('hi')
    expect(gateway.record).toMatchObject({ route: '/v1/responses/{id}/input_items', status: 'ok' })
  })

  test('one that is deleted, and the question for it afterwards', async () => {
    const { gateway, path, ask } = await stored()
    const { reply } = await ask({ method: 'DELETE', path })
    expect(JSON.parse(reply.text)).toMatchObject({ deleted: true })
    expect(gateway.record).toMatchObject({ route: '/v1/responses/{id}', status: 'ok' })
    const again = await ask({ method: 'GET', path })
    expect(again.reply.status).toBe(404)
    expect(gateway.outcome.recorder.records[1]).toMatchObject({ status: 'refused', httpStatus: 404 })
  })

  test('one whose caller leaves while it is looked for', async () => {
    const { gateway, path } = await stored()
    const { reply } = gateway.call({ method: 'GET', path })
    reply.leave()
    await turn()
    expect(gateway.record).toMatchObject({ status: 'client-aborted', httpStatus: 0 })
  })
})

test('a caller whom nobody knows is told so before the load is', async () => {
  let open = 1
  const { gateway, path, ask } = await stored(() => open)
  open = 1_000
  const unknown = await ask({ method: 'GET', path, headers: { authorization: 'Bearer hg-nobody' } })
  const known = await ask({ method: 'GET', path })
  expect([unknown.reply.status, known.reply.status]).toEqual([401, 503])
  expect(gateway.outcome.recorder.records).toEqual([])
})

test('a response that is not there is told to be unknown', async () => {
  const { ask } = await stored()
  const { reply } = await ask({ method: 'GET', path: '/v1/responses/resp_99' })
  expect([reply.status, JSON.parse(reply.text).error.message]).toEqual([404, expect.stringContaining('resp_99')])
})

test('one that a provider holds is asked for there, as an attempt with the credential that made it', async () => {
  const gateway = await TestGateway.open()
  const made = gateway.call({ path: '/v1/responses', body: { model: 'gpt', input: 'hi' } })
  await turn()
  gateway.upstream.last.answer(200, {
    id: 'resp_theirs',
    object: 'response',
    store: true,
    status: 'completed',
    output: [],
  })
  await turn()
  expect(JSON.parse(made.reply.text).id).toBe('resp_theirs')
  const read = gateway.call({ method: 'GET', path: '/v1/responses/resp_theirs' })
  await turn()
  const { request } = gateway.upstream.last
  expect([request.method, request.path, request.body]).toEqual(['GET', '/v1/responses/resp_theirs', []])
  gateway.upstream.last.answer(200, { id: 'resp_theirs' })
  expect([read.reply.status, read.reply.text]).toEqual([200, '{"id":"resp_theirs"}'])
  expect(gateway.outcome.recorder.records[1]).toMatchObject({ status: 'ok', route: '/v1/responses/{id}', attempts: 1 })
  expect(gateway.outcome.recorder.attempts[1]).toMatchObject([{ outcome: 'ok', provider: 'up' }])
})

test('a credential that the provider refuses there steps aside as at any other request', async () => {
  const gateway = await TestGateway.open()
  gateway.call({ path: '/v1/responses', body: { model: 'gpt', input: 'hi' } })
  await turn()
  gateway.upstream.last.answer(200, {
    id: 'resp_theirs',
    object: 'response',
    store: true,
    status: 'completed',
    output: [],
  })
  await turn()
  const read = gateway.call({ method: 'GET', path: '/v1/responses/resp_theirs' })
  await turn()
  gateway.upstream.last.answer(401, {})
  expect(read.reply.status).toBe(502)
  expect(gateway.target('gpt').credentials[0]?.health.refusals).toBe(1)
  expect(gateway.outcome.notices).toMatchObject([{ type: 'upstream-auth-refused', provider: 'up', credential: 'main' }])
})
