// Who may call what: keys with their own lists and their team's, keys that end, and no way around them by another spelling
// of a model.
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type MockUpstream, startMockUpstream } from '../loadtest/mock-upstream/mock-upstream.ts'
import { ask, type Gateway, startGateway, type Told } from './gateway.ts'
import { modelOn, providerAt } from './scripted-llm.ts'

let mock: MockUpstream
let gateway: Gateway

beforeAll(async () => {
  mock = await startMockUpstream()
  gateway = await startGateway({
    config: {
      providers: { mock: providerAt(mock.url) },
      models: {
        open: modelOn('mock', 'gpt-x'),
        closed: modelOn('mock', 'gpt-x'),
        'falls-back': modelOn('mock', 'mock.status-500', { fallbacks: ['closed'] }),
      },
      teams: { narrow: { models: ['open', 'closed'], costCenter: '4711' } },
      users: { ada: { team: 'narrow', models: ['open', 'falls-back', 'mock/*'] } },
    },
  })
})
afterAll(async () => {
  await gateway?.stop()
  await mock?.stop()
})

function chat(secret: string, model: unknown, more: object = {}): Promise<Told> {
  const body = { model, messages: [{ role: 'user', content: 'hi' }], ...more }
  return ask(`${gateway.base}/v1/chat/completions`, 'POST', body, { authorization: `Bearer ${secret}` })
}

async function modelsOf(secret: string): Promise<string[]> {
  const { json } = await ask(`${gateway.base}/v1/models`, 'GET', undefined, { authorization: `Bearer ${secret}` })
  return json.data.map(({ id }: { id: string }) => id)
}

test("a key's list holds for every spelling of a model, and for every entry of a list", async () => {
  const { secret } = await gateway.issueKey({ models: ['open'] })
  expect((await chat(secret, 'open')).status).toBe(200)
  for (const model of ['closed', 'mock/gpt-x', 'demo/echo', 'mock/open']) {
    const { status, json } = await chat(secret, model)
    expect([model, status, json.error.code, json.error.type]).toEqual([
      ...[model, 403, 'model_not_allowed', 'permission_error'],
    ])
  }
  expect((await chat(secret, 'open', { models: ['open', 'closed'] })).status).toBe(403)
  expect((await chat(secret, undefined, { models: ['closed', 'open'] })).status).toBe(403)
  expect(await modelsOf(secret)).toEqual(['open'])
})

test("a user's key may use what key, user and team all allow", async () => {
  const { secret } = await gateway.issueKey({
    owner: { user: 'ada' },
    models: ['open', 'closed', 'falls-back', 'mock/*'],
  })
  const statuses = []
  for (const model of ['open', 'closed', 'falls-back', 'mock/gpt-x', 'demo/echo']) {
    statuses.push((await chat(secret, model)).status)
  }
  expect(statuses).toEqual([200, 403, 403, 403, 403])
})

test('a list is widened and narrowed at once for all keys of a team', async () => {
  const { secret } = await gateway.issueKey({ owner: { team: 'narrow' } })
  expect((await chat(secret, 'demo/echo')).status).toBe(403)
  await gateway.admin('PUT', '/teams/narrow', { models: ['open', 'closed', 'demo/*'], costCenter: '4711' })
  expect((await chat(secret, 'demo/echo')).status).toBe(200)
  await gateway.admin('PUT', '/teams/narrow', { models: ['open', 'closed'], costCenter: '4711' })
  expect((await chat(secret, 'demo/echo')).status).toBe(403)
})

test('a fallback that the operator configured is not for the key to allow', async () => {
  const { secret } = await gateway.issueKey({ models: ['falls-back'] })
  const { status, headers } = await chat(secret, 'falls-back')
  expect([status, headers.get('x-headgate-fallback-index')]).toEqual([200, '1'])
})

test('a rotated key is good for its overlap and no longer', async () => {
  const key = await gateway.issueKey()
  const rotated = await gateway.admin('POST', `/keys/${key.id}:rotate`, { overlap: '1s' })
  const { secret } = rotated.json
  expect(secret).not.toBe(key.secret)
  const statuses = async () => [(await chat(key.secret, 'open')).status, (await chat(secret, 'open')).status]
  expect(await statuses()).toEqual([200, 200])
  await pause(1_100)
  expect(await statuses()).toEqual([401, 200])
})

test('a key that has ended is unknown', async () => {
  const { secret } = await gateway.issueKey({ expiresAt: new Date(Date.now() + 1_000).toISOString() })
  expect((await chat(secret, 'open')).status).toBe(200)
  await pause(1_100)
  const { status, json } = await chat(secret, 'open')
  expect([status, json.error.code]).toEqual([401, 'invalid_api_key'])
})

test('who called is in the usage and in the history, and refusals of known callers are too', async () => {
  const { id, secret } = await gateway.issueKey({ owner: { user: 'ada' } })
  const longName = `none-${'x'.repeat(100)}`
  await chat(secret, 'open')
  await chat(secret, 'closed')
  await chat(secret, longName)
  await chat('hg_nobody', 'open')
  const items = async () => (await gateway.admin('GET', `/requests?key=${id}`)).json.items
  await expect.poll(async () => (await items()).length, { timeout: 60_000 }).toBe(3)
  const owner = { key: id, team: 'narrow', user: 'ada', costCenter: '4711' }
  expect(await items()).toMatchObject([
    { ...owner, status: 'refused', errorCode: 'model_not_found', httpStatus: 404, model: '', attempts: 0 },
    { ...owner, status: 'refused', errorCode: 'model_not_allowed', httpStatus: 403, model: 'closed', attempts: 0 },
    { ...owner, status: 'ok', errorCode: '', httpStatus: 200, model: 'open', attempts: 1 },
  ])
  const { rows } = (await gateway.admin('GET', '/usage?groupBy=key,user,costCenter')).json
  expect(rows.find((row: { key: string }) => row.key === id)).toMatchObject({
    user: 'ada',
    costCenter: '4711',
    requests: 1,
    inputTokens: 9,
    outputTokens: 82,
  })
})
