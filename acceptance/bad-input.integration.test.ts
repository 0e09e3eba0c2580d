// What a caller may send that is wrong, and what the gateway then says: the caller's error shape, a request id, whether to
// try again, and words that help. Rows are named as in the catalogue of bad input (J: JSON and API, H: HTTP).
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type MockUpstream, startMockUpstream } from '../loadtest/mock-upstream/mock-upstream.ts'
import { type Gateway, type IssuedKey, startGateway } from './gateway.ts'
import { exchange, type RawAnswer, type RawRequest } from './raw-http.ts'
import { modelOn, providerAt } from './scripted-llm.ts'

const bodyBytesMax = 4 << 20

let mock: MockUpstream
let gateway: Gateway
let key: IssuedKey

beforeAll(async () => {
  mock = await startMockUpstream({ recordedMax: 4 })
  gateway = await startGateway({
    config: {
      providers: { mock: providerAt(mock.url) },
      models: { plain: modelOn('mock', 'gpt-x'), planet: modelOn('mock', 'gpt-x'), hidden: modelOn('mock', 'gpt-x') },
    },
    environment: { HEADGATE_BODY_MAX: '4MiB' },
  })
  key = await gateway.issueKey({ models: ['plain', 'planet', 'demo/*'] })
})
afterAll(async () => {
  await gateway?.stop()
  await mock?.stop()
})
beforeEach(() => mock.reset())

const chatPath = '/v1/chat/completions'
const everyPath = [chatPath, '/v1/completions', '/v1/embeddings', '/v1/responses', '/v1/moderations']
const messages = '"messages":[{"role":"user","content":"hi"}]'
const long = 'canary-'.repeat(40)

function post(body: string | Buffer, path = chatPath, headers: RawRequest['headers'] = []): Promise<RawAnswer> {
  const own: [string, string][] = [
    ['authorization', `Bearer ${key.secret}`],
    ['content-type', 'application/json'],
  ]
  return exchange(gateway.port, { method: 'POST', path, headers: [...own, ...headers], body })
}

interface Wanted {
  status: number
  code: string | null
  says?: RegExp
  param?: string | null
  retry?: boolean
}

/** The contract of every refusal; `input` must not come back in it. */
function expectRefusal(answer: RawAnswer, wanted: Wanted, input = ''): void {
  const { status, code, says = /\w+ \w+/, param, retry = false } = wanted
  expect([answer.status, answer.error['code']]).toEqual([status, code])
  expect(Object.keys(answer.error).sort()).toEqual(['code', 'message', 'param', 'type'])
  expect(typeof answer.error['type']).toBe('string')
  expect(answer.error['message']).toMatch(says)
  if (param !== undefined) expect(answer.error['param']).toBe(param)
  expect(answer.headers.get('content-type')).toBe('application/json')
  expect(answer.headers.get('x-request-id')).toMatch(/^[\w.-]{8,}$/)
  expect(answer.headers.get('x-should-retry')).toBe(String(retry))
  expect(repeated(`${answer.error['message']} ${answer.error['param']}`, input)).toBeUndefined()
  expect(answer.body).not.toContain(key.secret)
  expect(answer.body).not.toContain('sk-upstream-canary')
}

/** A piece of more than 64 characters of the input that stands in the answer. */
function repeated(answer: string, input: string): string | undefined {
  const text = input.slice(0, 4_096)
  for (let at = 0; at + 65 <= text.length; at++) {
    if (answer.includes(text.slice(at, at + 65))) return text.slice(at, at + 65)
  }
  return undefined
}

async function expectServed(): Promise<void> {
  expect((await post(`{"model":"plain",${messages}}`)).status).toBe(200)
}

describe.each(everyPath)('POST %s', (path) => {
  const start = '{"model":"plain","messages":[{}],"prompt":"p","input":"i"'
  const nested = (depth: number) => `${start},"x":${'['.repeat(depth)}${']'.repeat(depth)}}`
  const rows: [string, string | Buffer, Wanted][] = [
    ['J1 empty', '', { status: 400, code: 'empty_body', says: /empty.*object/i }],
    ['J1 only spaces', ' \n\t ', { status: 400, code: 'empty_body' }],
    ['J2 truncated', `${start},\n"x":"${long}`, { status: 400, code: 'invalid_json', says: /line 2, column \d+/ }],
    ['J2 a trailing comma', `${start},}`, { status: 400, code: 'invalid_json', says: /line 1, column \d+/ }],
    ['J2 NaN', `${start},\n\n"x":NaN}`, { status: 400, code: 'invalid_json', says: /line 3, column 5/ }],
    ['J2 single quotes', "{'model':'plain'}", { status: 400, code: 'invalid_json', says: /line 1, column 2/ }],
    ['J2 bytes after the end', `${start}} {}`, { status: 400, code: 'invalid_json' }],
    ['J3 UTF-16', Buffer.from(`${start}}`, 'utf16le'), { status: 400, code: 'invalid_json' }],
    ['J3 UTF-16 with a mark', Buffer.from(`\ufeff${start}}`, 'utf16le'), { status: 400, code: 'invalid_utf8' }],
    [
      'J3 bytes that are no UTF-8',
      Buffer.from(`${start},"x":"\xff"}`, 'latin1'),
      { status: 400, code: 'invalid_utf8' },
    ],
    ['J3 an overlong slash', Buffer.from(`${start},"x":"\xc0\xaf"}`, 'latin1'), { status: 400, code: 'invalid_utf8' }],
    ['J3 half a surrogate pair', `${start},"x":"\\ud800"}`, { status: 400, code: 'lone_surrogate', says: /column/ }],
    ['J4 too deep', nested(10_000), { status: 400, code: 'too_deep', says: /64/ }],
    ['J4 one level too deep', nested(64), { status: 400, code: 'too_deep' }],
    ['J5 model twice', `${start},"model":"planet"}`, { status: 400, code: 'duplicate_key', param: 'model' }],
    ['J5 model twice, once escaped', `${start},"m\\u006fdel":"hidden"}`, { status: 400, code: 'duplicate_key' }],
    ['J5 any member twice', `${start},"${long}":1,"${long}":2}`, { status: 400, code: 'duplicate_key' }],
    ['J7 an array', `[${start}}]`, { status: 400, code: 'not_an_object' }],
    ['J7 a string', `"${long}"`, { status: 400, code: 'not_an_object' }],
    ['J7 null', 'null', { status: 400, code: 'not_an_object' }],
    [
      'J9 no model',
      '{"messages":[{}],"prompt":"p","input":"i"}',
      { status: 400, code: 'invalid_model', param: 'model' },
    ],
    ['J9 a number for a model', '{"model":4}', { status: 400, code: 'invalid_model', param: 'model', says: /string/ }],
    ['J9 an empty model', '{"model":""}', { status: 400, code: 'invalid_model', param: 'model' }],
    ['J9 a model that is none', start.replace('plain', 'plane') + '}', unknownModel(/Did you mean `planet`, `plain`/)],
    ['J9 a model of others', start.replace('plain', 'hidden') + '}', { status: 403, code: 'model_not_allowed' }],
    ['J14 a string for stream', `${start},"stream":"true"}`, { status: 400, code: 'invalid_type', param: 'stream' }],
    ...['../plain', 'plain\\n', '*', '>', 'plain.*', '$SYS.>', 'plain\\u0000', '__proto__', 'constructor', long].map(
      (model): [string, string, Wanted] => [
        `J10 the model ${model.slice(0, 16)}`,
        start.replace('plain', model) + '}',
        unknownModel(/There is no model/),
      ],
    ),
    ...['api_base', 'base_url', 'api_key', 'extra_headers', 'custom_llm_provider'].map(
      (param): [string, string, Wanted] => [
        `J15 ${param}`,
        `${start},"${param}":"http://169.254.169.254/${long}"}`,
        { status: 400, code: 'forbidden_param', param, says: /configuration/ },
      ],
    ),
  ]

  // What a body says is read by the same code at every path; its table is in `nodes/proxy/request/json-body.test.ts`.
  const asked = path === chatPath ? rows : rows.filter(([name]) => representative.test(name))

  test.each(asked)('%s', async (_, body, wanted) => {
    expectRefusal(await post(body, path), wanted, String(body))
    expect((await mock.ledger()).requests).toBe(0)
  })
})

/** One row of each kind of error. */
const representative =
  /^(J1 empty|J2 truncated|J3 half a surrogate pair|J4 one level too deep|J5 model twice|J9 .*|J14 .*|J15 api_base)$/

function unknownModel(says: RegExp): Wanted {
  return { status: 404, code: 'model_not_found', says }
}

describe('JSON and API', () => {
  test('J3 a byte order mark is taken off', async () => {
    expect((await post(`\ufeff{"model":"plain",${messages}}`)).status).toBe(200)
    expect((await mock.requests()).at(-1)?.body).toMatch(/^\{"model":"gpt-x"/)
  })

  test('J4 the deepest body that is allowed passes', async () => {
    expect((await post(`{"model":"plain",${messages},"x":${'['.repeat(63)}${']'.repeat(63)}}`)).status).toBe(200)
  })

  test('J6 __proto__ and constructor are ordinary data', async () => {
    const members = '"__proto__":{"stream":true,"admin":1},"constructor":{"prototype":{"stream":true}}'
    const answer = await post(`{"model":"plain",${messages},${members}}`)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json'])
    expect((await mock.requests()).at(-1)?.body).toBe(`{"model":"gpt-x",${messages},${members}}`)
    await expectServed()
  })

  test('J8 100,000 messages and a string of a million characters pass below the limit', async () => {
    const many = `{"model":"plain","messages":[${'{"role":"user","content":"x"},'.repeat(99_999)}{"role":"user"}]}`
    expect((await post(many)).status).toBe(200)
    const large = `{"model":"plain","messages":[{"role":"user","content":"${'x'.repeat(1_000_000)}"}]}`
    expect((await post(large)).status).toBe(200)
    expect((await mock.ledger()).requestBytes).toBeGreaterThan(many.length + large.length - 100)
  })

  test.each([
    ['chat without messages', chatPath, '{"model":"plain"}', 'messages', 'missing_required_parameter'],
    ['messages that are empty', chatPath, '{"model":"plain","messages":[]}', 'messages', 'invalid_messages'],
    ['messages that are text', chatPath, `{"model":"plain","messages":"${long}"}`, 'messages', 'invalid_messages'],
    ['messages that are null', chatPath, '{"model":"plain","messages":null}', 'messages', 'invalid_messages'],
    ['no prompt', '/v1/completions', '{"model":"plain"}', 'prompt', 'missing_required_parameter'],
    ['no input', '/v1/embeddings', '{"model":"plain"}', 'input', 'missing_required_parameter'],
    ['nothing to moderate', '/v1/moderations', '{"model":"plain"}', 'input', 'missing_required_parameter'],
  ])('J11 %s', async (_, path, body, param, code) => {
    expectRefusal(await post(body, path), { status: 400, code, param, says: new RegExp(`\`${param}\``) }, body)
  })

  test('J11 what is inside of messages is for the upstream to judge', async () => {
    const odd = '"messages":[{"role":"wizard","content":null},{"role":"tool","tool_call_id":"none"}]'
    expect((await post(`{"model":"plain",${odd}}`)).status).toBe(200)
    expect((await mock.requests()).at(-1)?.body).toContain(odd)
  })

  test('J14 embeddings do not stream', async () => {
    const answer = await post('{"model":"plain","input":"x","stream":true}', '/v1/embeddings')
    expectRefusal(answer, { status: 400, code: 'unsupported_parameter', param: 'stream' })
  })

  test('J15 the same names deeper down are data', async () => {
    const members = '"metadata":{"api_key":"x","base_url":"y"}'
    expect((await post(`{"model":"plain",${messages},${members}}`)).status).toBe(200)
  })

  test('J16 unknown parameters and large numbers reach the upstream byte for byte', async () => {
    const rest = `${messages}, "x_vendor" : {"n":12345678901234567890,"f":1.0,"e":1e400,"z":-0},"caf\\u00e9":"\\ud83d\\ude00"`
    expect((await post(`{ "model" : "plain",${rest}}`)).status).toBe(200)
    expect((await mock.requests()).at(-1)?.body).toBe(`{ "model" : "gpt-x",${rest}}`)
  })
})

const withKey = (): [string, string][] => [['x-api-key', key.secret]]
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
    const answer = await exchange(gateway.port, { method: 'POST', path, headers: [...withKey(), json], body })
    expectRefusal(answer, { status: 404, code: 'unknown_path' })
    expect((await mock.ledger()).requests).toBe(0)
  })

  test.each([
    ['OPTIONS', '*'],
    ['CONNECT', '127.0.0.1:443'],
    ['GET', 'http://evil.example/v1/models'],
    ['TRACE', chatPath],
  ])('H16 %s %s leads nowhere', async (method, path) => {
    const { status } = await exchange(gateway.port, { method, path, headers: withKey() })
    expect([400, 404, 405, 505]).toContain(status)
    await expectServed()
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
    const answer = await exchange(gateway.port, { method, path, ...sent })
    expectRefusal(answer, { status: 405, code: 'method_not_allowed', says: new RegExp(allow) })
    expect(answer.headers.get('allow')).toBe(allow)
  })

  test.each([
    ['/v1/chat/completion', '/v1/chat/completions'],
    ['/v1/embedding', '/v1/embeddings'],
    ['/v1/model', '/v1/models'],
  ])('H18 %s is told the nearest path', async (path, nearest) => {
    const answer = await exchange(gateway.port, { path })
    expectRefusal(answer, { status: 404, code: 'unknown_path', says: new RegExp(`${nearest}\\?`) })
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
    expectRefusal(await exchange(gateway.port, { method, path, ...sent }), { status: 501, code: 'not_supported', says })
  })

  test('H18 a long path does not come back', async () => {
    const path = `/v1/${long}`
    expectRefusal(await exchange(gateway.port, { path }), { status: 404, code: 'unknown_path' }, path)
  })

  test('H20 who waits for 100-continue is refused all the same', async () => {
    const expecting: [string, string] = ['expect', '100-continue']
    const unknown = [...bearer('hg_nobody'), json, expecting]
    const refused = await exchange(gateway.port, { method: 'POST', path: chatPath, headers: unknown, body })
    expectRefusal(refused, { status: 401, code: 'invalid_api_key' })
    const declared: [string, string] = ['content-length', '99999999']
    const large = { method: 'POST', path: chatPath, headers: [...withKey(), json, expecting, declared] }
    expectRefusal(await exchange(gateway.port, large), { status: 413, code: 'request_too_large' })
    expect((await post(body, chatPath, [expecting])).status).toBe(200)
    expectRefusal(await post(body, chatPath, [['expect', 'a-miracle']]), { status: 417, code: 'expectation_failed' })
  })

  test('J8, H21 a body that is declared too large is refused before it is sent', async () => {
    const headers: [string, string][] = [...withKey(), json, ['content-length', String(bodyBytesMax + 1)]]
    const answer = await exchange(gateway.port, { method: 'POST', path: chatPath, headers })
    expectRefusal(answer, { status: 413, code: 'request_too_large', says: /4194304 bytes/ })
  })

  test('H21 a chunked body is refused where it passes the limit', async () => {
    const chunk = `${(1 << 20).toString(16)}\r\n${'x'.repeat(1 << 20)}\r\n`
    const answer = await post(`${chunk.repeat(bodyBytesMax >> 20)}1\r\nx`, chatPath, [['transfer-encoding', 'chunked']])
    expectRefusal(answer, { status: 413, code: 'request_too_large' })
    await expectServed()
  })

  test.each(['GET /v1/models', 'GET /v1/models/plain', ...everyPath.map((path) => `POST ${path}`)])(
    'H26 %s without a credential is 401 and says how to send one',
    async (route) => {
      const [method = '', path = ''] = route.split(' ')
      const sent = method === 'POST' ? { headers: [json], body: '{ not json' } : {}
      const answer = await exchange(gateway.port, { method, path, ...sent })
      expectRefusal(answer, { status: 401, code: 'missing_api_key', says: /Authorization: Bearer.*x-api-key/ })
      expect(answer.headers.get('www-authenticate')).toBe('Bearer')
    },
  )

  test('H27 two credentials that differ are refused, two that agree are one', async () => {
    const other = await gateway.issueKey()
    const ask = (token: string, apiKey: string) =>
      exchange(gateway.port, { path: '/v1/models', headers: [...bearer(token), ['x-api-key', apiKey]] })
    const differing = await ask(key.secret, other.secret)
    expectRefusal(differing, { status: 400, code: 'ambiguous_credentials', says: /Authorization.*x-api-key/ })
    expect(differing.body).not.toContain(other.secret)
    expect((await ask(key.secret, key.secret)).status).toBe(200)
  })

  test.each(['api_key', 'key', 'api-key', 'access_token'])(
    'H27 a key in the query as %s does not count',
    async (name) => {
      const path = `/v1/models?${name}=${key.secret}`
      expectRefusal(await exchange(gateway.port, { path }), { status: 401, code: 'missing_api_key' }, path)
      expect(gateway.output()).not.toContain(key.secret)
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
    const answer = await exchange(gateway.port, { path: '/v1/models', headers: [['authorization', authorization]] })
    expectRefusal(answer, { status: 401, code }, authorization)
    expect(answer.headers.get('www-authenticate')).toBe('Bearer')
    if (code === 'invalid_api_key') expect(answer.body).not.toContain(authorization.slice(7))
  })

  test('H28 part of a key, a key with more behind it and a revoked key are all the same unknown', async () => {
    const revoked = await gateway.issueKey()
    await gateway.admin('DELETE', `/keys/${revoked.id}`)
    const tokens = [key.secret.slice(0, -1), `${key.secret}x`, key.secret.toUpperCase(), revoked.secret, 'hg_nobody']
    const answers = await Promise.all(
      tokens.map((token) => exchange(gateway.port, { path: '/v1/models', headers: bearer(token) })),
    )
    for (const answer of answers) expectRefusal(answer, { status: 401, code: 'invalid_api_key' })
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
    const answer = await post(body, chatPath, sent)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('x-headgate-provider')).toBe('mock')
    expect(answer.headers.get('x-headgate-config-revision')).not.toBe('999999')
    const { headers } = (await mock.requests()).at(-1)!
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
      const data = await exchange(gateway.port, { path: '/v1/models', headers: [...withKey(), ['origin', origin]] })
      expect(data.headers.has('access-control-allow-origin')).toBe(false)
      const asked = await exchange(gateway.port, { method: 'OPTIONS', path: chatPath, headers: preflight })
      expect([asked.status >= 400, asked.headers.has('access-control-allow-origin')]).toEqual([true, false])
      for (const method of ['GET', 'OPTIONS']) {
        const admin = await exchange(gateway.controlPort, { method, path: '/api/v1/config', headers: preflight })
        expect([admin.status, admin.headers.has('access-control-allow-origin')]).toEqual([403, false])
      }
    },
  )

  test.each([`${'x'.repeat(129)}`, '<script>alert(1)</script>', 'a b', 'caf\xe9s', '{jndi:x}'])(
    'a request id of %s is replaced',
    async (id) => {
      const answer = await exchange(gateway.port, { path: '/v1/models', headers: [...withKey(), ['x-request-id', id]] })
      expect(answer.headers.get('x-request-id')).toMatch(/^req_\w+$/)
    },
  )
})

test('after all of this the process has printed no secret, no fault of its own, and still answers', async () => {
  await expectServed()
  const output = gateway.output()
  for (const secret of [key.secret, 'sk-upstream-canary', long]) expect(output).not.toContain(secret)
  expect(output).not.toMatch(/handler-threw|TypeError|at .*\.ts:\d+/)
})
