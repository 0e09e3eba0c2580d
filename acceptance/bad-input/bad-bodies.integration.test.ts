// What a caller may put into a JSON body that is wrong. Rows are named as in the catalogue of bad input (J).
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  type BadInputRig,
  chatPath,
  everyPath,
  long,
  messages,
  startBadInputRig,
  type Wanted,
} from './bad-input-rig.ts'

let rig: BadInputRig
beforeAll(async () => {
  rig = await startBadInputRig()
})
afterAll(() => rig?.stop())
beforeEach(() => rig.mock.reset())

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
    rig.expectRefusal(await rig.post(body, path), wanted, String(body))
    expect((await rig.mock.ledger()).requests).toBe(0)
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
    expect((await rig.post(`\ufeff{"model":"plain",${messages}}`)).status).toBe(200)
    expect((await rig.mock.requests()).at(-1)?.body).toMatch(/^\{"model":"gpt-x"/)
  })

  test('J4 the deepest body that is allowed passes', async () => {
    expect((await rig.post(`{"model":"plain",${messages},"x":${'['.repeat(63)}${']'.repeat(63)}}`)).status).toBe(200)
  })

  test('J6 __proto__ and constructor are ordinary data', async () => {
    const members = '"__proto__":{"stream":true,"admin":1},"constructor":{"prototype":{"stream":true}}'
    const answer = await rig.post(`{"model":"plain",${messages},${members}}`)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json'])
    expect((await rig.mock.requests()).at(-1)?.body).toBe(`{"model":"gpt-x",${messages},${members}}`)
    await rig.expectServed()
  })

  test('J8 100,000 messages and a string of a million characters pass below the limit', async () => {
    const many = `{"model":"plain","messages":[${'{"role":"user","content":"x"},'.repeat(99_999)}{"role":"user"}]}`
    expect((await rig.post(many)).status).toBe(200)
    const large = `{"model":"plain","messages":[{"role":"user","content":"${'x'.repeat(1_000_000)}"}]}`
    expect((await rig.post(large)).status).toBe(200)
    expect((await rig.mock.ledger()).requestBytes).toBeGreaterThan(many.length + large.length - 100)
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
    rig.expectRefusal(await rig.post(body, path), { status: 400, code, param, says: new RegExp(`\`${param}\``) }, body)
  })

  test('J11 what is inside of messages is for the upstream to judge', async () => {
    const odd = '"messages":[{"role":"wizard","content":null},{"role":"tool","tool_call_id":"none"}]'
    expect((await rig.post(`{"model":"plain",${odd}}`)).status).toBe(200)
    expect((await rig.mock.requests()).at(-1)?.body).toContain(odd)
  })

  test('J14 embeddings do not stream', async () => {
    const answer = await rig.post('{"model":"plain","input":"x","stream":true}', '/v1/embeddings')
    rig.expectRefusal(answer, { status: 400, code: 'unsupported_parameter', param: 'stream' })
  })

  test('J15 the same names deeper down are data', async () => {
    const members = '"metadata":{"api_key":"x","base_url":"y"}'
    expect((await rig.post(`{"model":"plain",${messages},${members}}`)).status).toBe(200)
  })

  test('J16 unknown parameters and large numbers reach the upstream byte for byte', async () => {
    const rest = `${messages}, "x_vendor" : {"n":12345678901234567890,"f":1.0,"e":1e400,"z":-0},"caf\\u00e9":"\\ud83d\\ude00"`
    expect((await rig.post(`{ "model" : "plain",${rest}}`)).status).toBe(200)
    expect((await rig.mock.requests()).at(-1)?.body).toBe(`{ "model" : "gpt-x",${rest}}`)
  })
})

test('after all of this the process has printed no secret, no fault of its own, and still answers', () =>
  rig.expectUnharmed())
