// How a realtime session begins: who may open one, where it is opened, and what is told to whom may not.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { ask } from '../http.ts'
import { until } from '../until.ts'
import { type OpenOptions, type RealtimeRig, startRealtimeRig, typesOf } from './realtime-rig.ts'

let rig: RealtimeRig
beforeAll(async () => {
  rig = await startRealtimeRig()
})
afterAll(() => rig?.stop())
beforeEach(() => rig.reset())

test('the upstream sees its own model and key, and nothing of the caller', async () => {
  const client = rig.open('model=voice', { headers: { 'openai-beta': 'realtime=v1', cookie: 'a=b' } })
  await client.opened
  const [{ url, headers } = { url: '', headers: {} }] = rig.upstream.handshakes
  expect(url).toBe('/v1/realtime?model=gpt-realtime-x')
  expect(headers).toMatchObject({ authorization: 'Bearer sk-upstream-canary', 'openai-beta': 'realtime=v1' })
  expect([headers['cookie'], headers['content-type'], headers['sec-websocket-protocol']]).toEqual([
    undefined,
    undefined,
    undefined,
  ])
  expect(JSON.stringify(headers)).not.toContain(rig.secret)
  client.socket.close()
})

test('a bare name finds its provider, also for a key that may use that name alone', async () => {
  const narrow = (await rig.gateway.issueKey({ models: ['gpt-realtime-bare'] })).secret
  const client = rig.open('model=gpt-realtime-bare', { key: narrow })
  expect(await Promise.race([client.opened.then(() => 'opened'), client.refused])).toBe('opened')
  expect(rig.upstream.handshakes[0]).toMatchObject({ url: '/v1/realtime?model=gpt-realtime-bare' })
  // A change of the configuration looks at the keys of open sessions anew.
  await rig.gateway.admin('PUT', '/teams/another', {})
  client.socket.send('{"type":"response.create"}', { binary: false })
  await until(() => typesOf(client).includes('response.done'), 10_000)
  expect(client.socket.readyState).toBe(1)
  client.socket.close()
})

test.each([
  ['cloud', '/openai/realtime?api-version=2024-10-21&deployment=my-deployment'],
  ['newcloud', '/openai/v1/realtime?model=my-deployment'],
])('a session at Azure (%s) is opened at %s', async (model, url) => {
  const client = rig.open(`deployment=${model}&api-version=2025-04-01-preview`, {
    key: '',
    path: '/openai/realtime',
    headers: { 'api-key': rig.secret },
  })
  await client.opened
  expect(rig.upstream.handshakes[0]).toMatchObject({ url, headers: { 'api-key': 'azure-canary' } })
  client.socket.close()
})

test("a browser's key comes as a protocol, and goes no further (wire 115)", async () => {
  const protocols = ['realtime', `openai-insecure-api-key.${rig.secret}`, 'openai-beta.realtime-v1']
  const client = rig.open('model=voice', { key: '', protocols })
  await client.opened
  expect(client.socket.protocol).toBe('realtime')
  expect(JSON.stringify(rig.upstream.handshakes)).not.toContain(rig.secret)
  expect(rig.upstream.handshakes[0]?.headers['openai-beta']).toBe('realtime=v1')
  client.socket.close()
})

test.each<[string, string, OpenOptions, number, string]>([
  ['no key', 'model=voice', { key: '' }, 401, 'missing_api_key'],
  ['a wrong key', 'model=voice', { key: 'hg_wrong' }, 401, 'invalid_api_key'],
  [
    'a wrong key as a protocol',
    'model=voice',
    { key: '', protocols: ['openai-insecure-api-key.hg_wrong'] },
    401,
    'invalid_api_key',
  ],
  ['two keys', 'model=voice', { protocols: ['openai-insecure-api-key.hg_wrong'] }, 400, 'ambiguous_credentials'],
  ['no model', '', {}, 400, 'invalid_model'],
  ['an intent in the place of a model', 'intent=transcription', {}, 400, 'unsupported_parameter'],
  ['the id of a call', 'model=voice&call_id=rtc_1', {}, 400, 'unsupported_parameter'],
  ['two models', 'model=voice&model=hidden', {}, 400, 'invalid_model'],
  ['a model that is not there', 'model=nothing', {}, 404, 'model_not_found'],
  ['a model of somebody else', 'model=hidden', {}, 403, 'model_not_allowed'],
  ['a model that has no sessions', 'model=claude', {}, 400, 'unsupported_endpoint'],
  ['a provider that is away', 'model=unreachable', {}, 502, 'upstream_error'],
])('a handshake with %s is refused', async (_, query, options, status, code) => {
  const refused = await rig.open(query, options).refused
  expect([refused.status, refused.error.code]).toEqual([status, code])
  expect(rig.upstream.handshakes).toEqual([])
})

test.each([
  [
    400,
    '{"error":{"message":"No such model.","type":"invalid_request_error","param":null,"code":"model_gone"}}',
    400,
    'model_gone',
  ],
  [401, '{}', 502, 'upstream_auth'],
  [500, 'x', 502, 'upstream_error'],
  [200, '{}', 502, 'upstream_error'],
])('a provider that answers %s with %s refuses the handshake', async (status, body, told, code) => {
  rig.upstream.refusal = { status, body }
  const refused = await rig.open('model=voice').refused
  expect([refused.status, refused.error.code]).toEqual([told, code])
})

test('a provider that is away is followed by the fallback', async () => {
  const client = rig.open('model=steadfast', { headers: { 'x-request-id': 'session-that-fell-back' } })
  await client.opened
  client.socket.close()
  const record = await rig.recordOf('session-that-fell-back')
  expect(record).toMatchObject({ status: 'ok', fallbackIndex: 1 })
  expect(record.attempts.map(({ outcome }: { outcome: string }) => outcome)).toEqual(['connect', 'ok'])
})

test('without an upgrade the path says what it takes', async () => {
  const told = await ask(`${rig.gateway.base}/v1/realtime?model=voice`, 'GET', undefined, {
    authorization: `Bearer ${rig.secret}`,
  })
  expect([told.status, told.json.error.code]).toEqual([426, 'upgrade_required'])
})

test('a caller who leaves during the handshake leaves nothing at the upstream', async () => {
  rig.upstream.onSocket = () => {}
  const client = rig.open('model=voice')
  client.socket.terminate()
  const stays = rig.open('model=voice')
  await stays.opened
  await until(() => rig.upstream.sockets.filter(({ readyState }) => readyState === 1).length === 1, 10_000)
  stays.socket.close()
})
