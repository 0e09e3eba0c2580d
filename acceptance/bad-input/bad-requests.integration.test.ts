// What a caller may send around a body that is wrong: paths, methods, lengths, credentials and headers. Rows are named as in the catalogue of bad input (H).
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { exchange } from '../raw-http.ts'
import {
  type BadInputRig,
  bodyBytesMax,
  chatPath,
  everyPath,
  long,
  messages,
  startBadInputRig,
} from './bad-input-rig.ts'

let rig: BadInputRig
beforeAll(async () => {
  rig = await startBadInputRig()
})
afterAll(() => rig?.stop())
beforeEach(() => rig.mock.reset())

const withKey = (): [string, string][] => [['x-api-key', rig.key.secret]]
const bearer = (token: string): [string, string][] => [['authorization', `Bearer ${token}`]]
const body = `{"model":"plain",${messages}}`
const json: [string, string] = ['content-type', 'application/json']

describe('HTTP', () => {
  test.each([
    ...['%00', '%0d%0a', '/', '//', ';v=1', '%20', '%c0%af', '/../completions'].map((end) => chatPath + end),
    ...['/v1//chat/completions', '//v1/chat/completions', '/v1/%2e%2e/v1/chat/completions', '/V1/Chat/Completions'],
    ...['/v1/chat%2fcompletions', '/%76%31/chat/completions', '/v1/chat\\completions', '/v1/./chat/completions'],
    ...['/v1/embeddings/../chat/completions', '/mock/../v1/chat/completions', '/livez/../v1/chat/completions'],
  ])('H14 %s is no other path', async (path) => {
    const answer = await exchange(rig.gateway.port, { method: 'POST', path, headers: [...withKey(), json], body })
    rig.expectRefusal(answer, { status: 404, code: 'unknown_path' })
    expect((await rig.mock.ledger()).requests).toBe(0)
  })

  test.each([
    ['OPTIONS', '*'],
    ['CONNECT', '127.0.0.1:443'],
    ['GET', 'http://evil.example/v1/models'],
    ['TRACE', chatPath],
  ])('H16 %s %s leads nowhere', async (method, path) => {
    const { status } = await exchange(rig.gateway.port, { method, path, headers: withKey() })
    expect([400, 404, 405, 505]).toContain(status)
    await rig.expectServed()
  })

  test.each([
    ['GET', chatPath, 'POST'],
    ['PUT', chatPath, 'POST'],
    ['DELETE', '/v1/embeddings', 'POST'],
    ['POST', '/v1/models', 'GET, HEAD'],
    ['POST', '/v1/models/plain', 'GET, HEAD'],
    ['POST', '/livez', 'GET, HEAD'],
  ])('H17 %s %s is told what the path takes', async (method, path, allow) => {
    const sent =
      method === 'POST' || method === 'PUT' ? { body, headers: [...withKey(), json] } : { headers: withKey() }
    const answer = await exchange(rig.gateway.port, { method, path, ...sent })
    rig.expectRefusal(answer, { status: 405, code: 'method_not_allowed', says: new RegExp(allow) })
    expect(answer.headers.get('allow')).toBe(allow)
  })

  test.each([
    ['/v1/chat/completion', '/v1/chat/completions'],
    ['/v1/embedding', '/v1/embeddings'],
    ['/v1/model', '/v1/models'],
  ])('H18 %s is told the nearest path', async (path, nearest) => {
    const answer = await exchange(rig.gateway.port, { path })
    rig.expectRefusal(answer, { status: 404, code: 'unknown_path', says: new RegExp(`${nearest}\\?`) })
  })

  test.each([
    ['POST', '/v1/assistants', /^The Assistants API is not served by Headgate\. .*\/v1\/responses/],
    ['GET', '/v1/threads/thread_1/messages', /^The Assistants API is not served/],
    ['POST', '/v1/conversations', /^The Conversations API is not served by Headgate\. .*previous_response_id/],
    ['POST', '/openai/v1/vector_stores', /^The Vector Stores API is not served by Headgate\. .*\/v1\/embeddings/],
    ['POST', '/v1/fine_tuning/jobs', /^The Fine-tuning API is not served by Headgate\. /],
    ['POST', '/v1/uploads', /^The Uploads API is not served by Headgate\. .*POST \/v1\/files/],
    ['GET', '/v1/evals/eval_1/runs', /^The Evals API is not served by Headgate\. /],
    ['GET', '/v1/containers', /^The Containers API is not served by Headgate\. /],
    ['POST', '/v1/images/other', /^This endpoint is not served by Headgate\.$/],
    ['POST', '/mcp', /^The MCP API is not served by Headgate\. /],
  ])('H18 %s %s is told to be known and not served, and what to use', async (method, path, says) => {
    const sent = method === 'POST' ? { body, headers: [json] } : {}
    rig.expectRefusal(await exchange(rig.gateway.port, { method, path, ...sent }), {
      status: 501,
      code: 'not_supported',
      says,
    })
  })

  test('H18 a long path does not come back', async () => {
    const path = `/v1/${long}`
    rig.expectRefusal(await exchange(rig.gateway.port, { path }), { status: 404, code: 'unknown_path' }, path)
  })

  test('H20 who waits for 100-continue is refused all the same', async () => {
    const expecting: [string, string] = ['expect', '100-continue']
    const unknown = [...bearer('hg_nobody'), json, expecting]
    const refused = await exchange(rig.gateway.port, { method: 'POST', path: chatPath, headers: unknown, body })
    rig.expectRefusal(refused, { status: 401, code: 'invalid_api_key' })
    const declared: [string, string] = ['content-length', '99999999']
    const large = { method: 'POST', path: chatPath, headers: [...withKey(), json, expecting, declared] }
    rig.expectRefusal(await exchange(rig.gateway.port, large), { status: 413, code: 'request_too_large' })
    expect((await rig.post(body, chatPath, [expecting])).status).toBe(200)
    rig.expectRefusal(await rig.post(body, chatPath, [['expect', 'a-miracle']]), {
      status: 417,
      code: 'expectation_failed',
    })
  })

  test('J8, H21 a body that is declared too large is refused before it is sent', async () => {
    const headers: [string, string][] = [...withKey(), json, ['content-length', String(bodyBytesMax + 1)]]
    const answer = await exchange(rig.gateway.port, { method: 'POST', path: chatPath, headers })
    rig.expectRefusal(answer, { status: 413, code: 'request_too_large', says: /4194304 bytes/ })
  })

  test('H21 a chunked body is refused where it passes the limit', async () => {
    const chunk = `${(1 << 20).toString(16)}\r\n${'x'.repeat(1 << 20)}\r\n`
    const answer = await rig.post(`${chunk.repeat(bodyBytesMax >> 20)}1\r\nx`, chatPath, [
      ['transfer-encoding', 'chunked'],
    ])
    rig.expectRefusal(answer, { status: 413, code: 'request_too_large' })
    await rig.expectServed()
  })

  test.each(['GET /v1/models', 'GET /v1/models/plain', ...everyPath.map((path) => `POST ${path}`)])(
    'H26 %s without a credential is 401 and says how to send one',
    async (route) => {
      const [method = '', path = ''] = route.split(' ')
      const sent = method === 'POST' ? { headers: [json], body: '{ not json' } : {}
      const answer = await exchange(rig.gateway.port, { method, path, ...sent })
      rig.expectRefusal(answer, { status: 401, code: 'missing_api_key', says: /Authorization: Bearer.*x-api-key/ })
      expect(answer.headers.get('www-authenticate')).toBe('Bearer')
    },
  )

  test('H27 two credentials that differ are refused, two that agree are one', async () => {
    const other = await rig.gateway.issueKey()
    const ask = (token: string, apiKey: string) =>
      exchange(rig.gateway.port, { path: '/v1/models', headers: [...bearer(token), ['x-api-key', apiKey]] })
    const differing = await ask(rig.key.secret, other.secret)
    rig.expectRefusal(differing, { status: 400, code: 'ambiguous_credentials', says: /Authorization.*x-api-key/ })
    expect(differing.body).not.toContain(other.secret)
    expect((await ask(rig.key.secret, rig.key.secret)).status).toBe(200)
  })

  test.each(['api_key', 'key', 'api-key', 'access_token'])(
    'H27 a key in the query as %s does not count',
    async (name) => {
      const path = `/v1/models?${name}=${rig.key.secret}`
      rig.expectRefusal(await exchange(rig.gateway.port, { path }), { status: 401, code: 'missing_api_key' }, path)
      expect(rig.gateway.output()).not.toContain(rig.key.secret)
    },
  )

  test.each([
    ['the scheme alone', 'Bearer', 'missing_api_key'],
    ['the scheme and spaces', 'Bearer    ', 'missing_api_key'],
    ['another scheme', 'Basic dXNlcjpwYXNz', 'missing_api_key'],
    ['no scheme', 'hg_0123456789', 'missing_api_key'],
    ['10 KB', `Bearer ${'x'.repeat(10_240)}`, 'invalid_api_key'],
    ['letters outside of ASCII', 'Bearer hg_\xfc\xe9\xff', 'invalid_api_key'],
    ['a quote', "Bearer ' OR 1=1--", 'invalid_api_key'],
    ['a star', 'Bearer *', 'invalid_api_key'],
    ['a subject wildcard', 'Bearer >', 'invalid_api_key'],
    ['a path', 'Bearer ../../etc/passwd', 'invalid_api_key'],
    ['a name of Object', 'Bearer __proto__', 'invalid_api_key'],
  ])('H28 a credential of %s is 401', async (_, authorization, code) => {
    const answer = await exchange(rig.gateway.port, { path: '/v1/models', headers: [['authorization', authorization]] })
    rig.expectRefusal(answer, { status: 401, code }, authorization)
    expect(answer.headers.get('www-authenticate')).toBe('Bearer')
    if (code === 'invalid_api_key') expect(answer.body).not.toContain(authorization.slice(7))
  })

  test('H28 part of a key, a key with more behind it and a revoked key are all the same unknown', async () => {
    const revoked = await rig.gateway.issueKey()
    await rig.gateway.admin('DELETE', `/keys/${revoked.id}`)
    const tokens = [
      rig.key.secret.slice(0, -1),
      `${rig.key.secret}x`,
      rig.key.secret.toUpperCase(),
      revoked.secret,
      'hg_nobody',
    ]
    const answers = await Promise.all(
      tokens.map((token) => exchange(rig.gateway.port, { path: '/v1/models', headers: bearer(token) })),
    )
    for (const answer of answers) rig.expectRefusal(answer, { status: 401, code: 'invalid_api_key' })
    expect(new Set(answers.map((answer) => answer.body)).size).toBe(1)
  })

  test('H29, H30 forwarding, hop-by-hop and internal headers of a caller go no further (wire 14)', async () => {
    const sent: [string, string][] = [
      ['x-forwarded-for', '203.0.113.7'],
      ['x-forwarded-host', 'evil.example'],
      ['x-forwarded-proto', 'https'],
      ['forwarded', 'for=203.0.113.7'],
      ['connection', 'authorization, x-secret'],
      ['x-secret', 'hop'],
      ['cookie', 'session=1'],
      ['mcp-session-id', 'm1'],
      ['te', 'trailers'],
      ['x-headgate-provider', 'spoofed'],
      ['x-headgate-model', 'spoofed'],
      ['x-headgate-config-revision', '999999'],
      ['x-headgate-metadata', '{"a":1}'],
    ]
    const answer = await rig.post(body, chatPath, sent)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('x-headgate-provider')).toBe('mock')
    expect(answer.headers.get('x-headgate-config-revision')).not.toBe('999999')
    const { headers } = (await rig.mock.requests()).at(-1)!
    const allowed = [
      'host',
      'authorization',
      'content-type',
      'content-length',
      'accept',
      'accept-encoding',
      'user-agent',
    ]
    expect(Object.keys(headers).filter((name) => !allowed.includes(name))).toEqual([])
    expect(headers['authorization']).toBe('Bearer sk-upstream-canary')
    expect(JSON.stringify(headers)).not.toMatch(/evil|203\.0|spoofed/)
  })

  test.each(['null', 'https://evil.example', 'http://localhost:3000'])(
    'H31 the origin %s is never echoed',
    async (origin) => {
      const preflight: [string, string][] = [
        ['origin', origin],
        ['access-control-request-method', 'POST'],
      ]
      const data = await exchange(rig.gateway.port, { path: '/v1/models', headers: [...withKey(), ['origin', origin]] })
      expect(data.headers.has('access-control-allow-origin')).toBe(false)
      const asked = await exchange(rig.gateway.port, { method: 'OPTIONS', path: chatPath, headers: preflight })
      expect([asked.status >= 400, asked.headers.has('access-control-allow-origin')]).toEqual([true, false])
      for (const method of ['GET', 'OPTIONS']) {
        const admin = await exchange(rig.gateway.controlPort, { method, path: '/api/v1/config', headers: preflight })
        expect([admin.status, admin.headers.has('access-control-allow-origin')]).toEqual([403, false])
      }
    },
  )

  test.each([`${'x'.repeat(129)}`, '<script>alert(1)</script>', 'a b', 'caf\xe9s', '{jndi:x}'])(
    'a request id of %s is replaced',
    async (id) => {
      const answer = await exchange(rig.gateway.port, {
        path: '/v1/models',
        headers: [...withKey(), ['x-request-id', id]],
      })
      expect(answer.headers.get('x-request-id')).toMatch(/^req_\w+$/)
    },
  )
})

test('after all of this the process has printed no secret, no fault of its own, and still answers', () =>
  rig.expectUnharmed())
