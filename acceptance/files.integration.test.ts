// Files and batches with the official SDK: they lie at the provider, in one account, and belong to a team here. Nobody else
// sees them, their ids lead back to where they are, and no batch runs a model that its caller may not use.
import OpenAI, { BadRequestError, NotFoundError, PermissionDeniedError, toFile } from 'openai'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type FileUpstream, keep, startFileUpstream } from './file-upstream.ts'
import { type Gateway, startGateway } from './gateway.ts'
import { ask } from './http.ts'
import { until } from './until.ts'

let upstream: FileUpstream
let gateway: Gateway
let ours: OpenAI
let theirs: OpenAI
let narrow: OpenAI
let ourKey: string

const first = { name: 'first', apiKey: 'sk-first' }
const second = { name: 'second', apiKey: 'sk-second' }
const account = () => upstream.account('sk-first')

beforeAll(async () => {
  upstream = await startFileUpstream()
  const baseUrl = `${upstream.url}/v1`
  gateway = await startGateway({
    config: {
      providers: {
        vault: { kind: 'openai', baseUrl, credentials: [first, second], bareNames: ['tuned-1'] },
        other: { kind: 'openai', baseUrl, credentials: [{ name: 'main', apiKey: 'sk-other' }] },
        claude: { kind: 'anthropic', baseUrl: upstream.url, credentials: [{ name: 'main', apiKey: 'sk-ant' }] },
      },
      models: {
        fast: { targets: [{ provider: 'vault', model: 'gpt-fast-1' }] },
        smart: {
          targets: [
            { provider: 'claude', model: 'claude-x' },
            { provider: 'vault', model: 'gpt-smart-1' },
          ],
        },
        elsewhere: { targets: [{ provider: 'other', model: 'x' }] },
        claude: { targets: [{ provider: 'claude', model: 'claude-x' }] },
      },
      teams: {
        us: { models: ['fast', 'smart', 'claude', 'vault/*'] },
        them: { models: ['fast', 'elsewhere', 'vault/*'] },
      },
    },
  })
  const keyOf = async (team: string, more: object = {}) =>
    (await gateway.issueKey({ name: team, owner: { team }, ...more })).secret
  const clientOf = (apiKey: string) => new OpenAI({ apiKey, baseURL: `${gateway.base}/v1`, maxRetries: 0 })
  ourKey = await keyOf('us')
  ours = clientOf(ourKey)
  theirs = clientOf(await keyOf('them'))
  narrow = clientOf(await keyOf('us', { models: ['smart'] }))
})
afterAll(async () => {
  await gateway?.stop()
  await upstream?.stop()
})
beforeEach(() => {
  account().files.clear()
  account().batches.clear()
  upstream.seen.length = 0
  upstream.pageMax = 100
  upstream.failure = () => undefined
})

const vault = { headers: { 'x-headgate-provider': 'vault' } }
const document = () => toFile(Buffer.from('hello'), 'näme.txt')
const requestOf = (model: unknown, id = '1') =>
  JSON.stringify({ custom_id: id, method: 'POST', url: '/v1/chat/completions', body: { model, messages: [] } })

function batchFile(...models: unknown[]) {
  return toFile(Buffer.from(models.map((model, i) => `${requestOf(model, `${i}`)}\n`).join('')), 'batch.jsonl')
}

test('a file is kept at the provider, and read, listed and deleted by the team that owns it', async () => {
  const made = await ours.files.create({ file: await document(), purpose: 'user_data' })
  expect(made).toMatchObject({ object: 'file', filename: 'näme.txt', purpose: 'user_data', bytes: 5 })
  const [kept] = [...account().files.values()]
  expect(made.id).not.toContain(kept!.id)
  expect(await ours.files.retrieve(made.id)).toEqual(made)
  expect(await (await ours.files.content(made.id)).text()).toBe('hello')
  const listed = await ours.files.list()
  expect(listed.data).toEqual([made])
  expect(await ours.files.delete(made.id)).toEqual({ id: made.id, object: 'file', deleted: true })
  expect(account().files.size).toBe(0)
  await expect(ours.files.retrieve(made.id)).rejects.toThrow(NotFoundError)
})

test('another team has no way to it, and is told what it would be told of a file that never was (wire 116)', async () => {
  const made = await ours.files.create({ file: await document(), purpose: 'user_data' })
  const [kept] = [...account().files.keys()]
  upstream.seen.length = 0
  const { error } = await theirs.files.retrieve('file-never-was').catch((refused) => refused)
  for (const id of [made.id, kept!, `${made.id}A`, made.id.toLowerCase()]) {
    for (const attempt of [
      () => theirs.files.retrieve(id),
      () => theirs.files.content(id),
      () => theirs.files.delete(id),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ status: 404, error })
    }
  }
  expect(upstream.seen).toEqual([])
  expect((await theirs.files.list(undefined, vault)).data).toEqual([])
  expect(account().files.size).toBe(1)
})

test('the same file has the same id, whoever of the team asks and however', async () => {
  const made = await ours.files.create({ file: await batchFile('fast'), purpose: 'batch' })
  expect((await ours.files.retrieve(made.id)).id).toBe(made.id)
  expect((await ours.files.list()).data.map(({ id }) => id)).toEqual([made.id])
  expect((await narrow.files.retrieve(made.id)).id).toBe(made.id)
})

test('an id leads to the account that the file lies in, also when credentials have changed places (wire 116)', async () => {
  const made = await ours.files.create({ file: await document(), purpose: 'user_data' })
  const vaultNow = { kind: 'openai', baseUrl: `${upstream.url}/v1`, bareNames: ['tuned-1'] }
  const provider = { ...vaultNow, credentials: [second, first] }
  expect((await gateway.admin('PUT', '/providers/vault', provider)).status).toBe(200)
  expect((await ours.files.retrieve(made.id)).filename).toBe('näme.txt')
  const later = await ours.files.create({ file: await document(), purpose: 'user_data' })
  expect(upstream.account('sk-second').files.size).toBe(1)
  await ours.files.delete(later.id)
  await gateway.admin('PUT', '/providers/vault', { ...provider, credentials: [second] })
  await expect(ours.files.retrieve(made.id)).rejects.toThrow(NotFoundError)
  await gateway.admin('PUT', '/providers/vault', { ...provider, credentials: [first, second] })
  expect((await ours.files.retrieve(made.id)).filename).toBe('näme.txt')
})

test('where several providers could keep a file, one has to be named', async () => {
  const file = await document()
  await expect(theirs.files.create({ file, purpose: 'user_data' })).rejects.toMatchObject({
    status: 400,
    code: 'provider_required',
    message: expect.stringMatching(/`vault`.*`other`|`other`.*`vault`/),
  })
  const made = await theirs.files.create({ file, purpose: 'user_data' }, { query: { provider: 'other' } })
  expect(upstream.account('sk-other').files.size).toBe(1)
  expect((await theirs.files.retrieve(made.id)).filename).toBe('näme.txt')
  const unknown = { headers: { 'x-headgate-provider': 'nobody' } }
  await expect(theirs.files.create({ file, purpose: 'user_data' }, unknown)).rejects.toMatchObject({
    code: 'unknown_provider',
  })
  const notOurs = { headers: { 'x-headgate-provider': 'other' } }
  await expect(ours.files.create({ file, purpose: 'user_data' }, notOurs)).rejects.toMatchObject({
    code: 'unknown_provider',
  })
  const without = { headers: { 'x-headgate-provider': 'claude' } }
  await expect(ours.files.create({ file, purpose: 'user_data' }, without)).rejects.toMatchObject({
    code: 'unsupported_endpoint',
  })
})

test("a list shows the team's own, over as many pages of the provider as it takes", async () => {
  const made: string[] = []
  upstream.pageMax = 3
  for (let i = 0; i < 5; i++) {
    for (let k = 0; k < 4; k++) keep(account(), { filename: `foreign-${k}`, purpose: 'x', content: Buffer.from('') })
    await theirs.files.create({ file: await document(), purpose: 'user_data' }, vault)
    made.unshift((await ours.files.create({ file: await document(), purpose: 'user_data' })).id)
  }
  expect((await ours.files.list()).data.map(({ id }) => id)).toEqual(made)
  const paged: string[] = []
  for await (const { id } of ours.files.list({ limit: 2 })) paged.push(id)
  expect(paged).toEqual(made)
  const page = await ours.files.list({ limit: 2 })
  expect(page.has_more).toBe(true)
  const foreign = (await theirs.files.list({}, vault)).data[0]!.id
  await expect(ours.files.list({ after: foreign })).rejects.toThrow(NotFoundError)
  await expect(ours.files.list({ limit: 0 })).rejects.toThrow(BadRequestError)
})

test('the models of a batch file are checked and get their names at the provider; a batch runs on it', async () => {
  const input = await ours.files.create({
    file: await batchFile('fast', 'smart', 'vault/gpt-direct', 'tuned-1'),
    purpose: 'batch',
  })
  const [kept] = [...account().files.values()]
  const lines = kept!.content
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines.map(({ body }) => body.model)).toEqual(['gpt-fast-1', 'gpt-smart-1', 'gpt-direct', 'tuned-1'])
  expect(lines[0]).toEqual(JSON.parse(requestOf('gpt-fast-1', '0')))
  const asked = {
    input_file_id: input.id,
    endpoint: '/v1/chat/completions' as const,
    completion_window: '24h' as const,
  }
  const batch = await ours.batches.create({ ...asked, metadata: { ticket: '7' } })
  expect(batch).toMatchObject({ status: 'validating', input_file_id: input.id, metadata: { ticket: '7' } })
  const [running] = [...account().batches.values()]
  expect(running).toMatchObject({ input_file_id: kept!.id, endpoint: '/v1/chat/completions' })
  const output = keep(account(), {
    filename: 'output.jsonl',
    purpose: 'batch_output',
    content: Buffer.from('{"a":1}\n'),
  })
  Object.assign(running!, { status: 'completed', output_file_id: output.id, usage: { total_tokens: 9 } })
  const done = await ours.batches.retrieve(batch.id)
  expect(done).toMatchObject({ id: batch.id, status: 'completed', input_file_id: input.id, usage: { total_tokens: 9 } })
  expect(await (await ours.files.content(done.output_file_id!)).text()).toBe('{"a":1}\n')
  await expect(theirs.files.content(done.output_file_id!)).rejects.toThrow(NotFoundError)
  expect((await ours.batches.list()).data.map(({ id }) => id)).toEqual([batch.id])
  expect((await theirs.batches.list(undefined, vault)).data).toEqual([])
  await expect(theirs.batches.retrieve(batch.id)).rejects.toThrow(NotFoundError)
  await expect(theirs.batches.cancel(batch.id)).rejects.toThrow(NotFoundError)
  expect(await ours.batches.cancel(batch.id)).toMatchObject({ id: batch.id, status: 'cancelling' })
})

test('a key of the same team that may not use the models of a file runs no batch on it', async () => {
  const input = await ours.files.create({ file: await batchFile('fast'), purpose: 'batch' })
  const asked = {
    input_file_id: input.id,
    endpoint: '/v1/chat/completions' as const,
    completion_window: '24h' as const,
  }
  await expect(narrow.batches.create(asked)).rejects.toThrow(PermissionDeniedError)
  await expect(theirs.batches.create(asked)).rejects.toThrow(NotFoundError)
  const plain = await ours.files.create({ file: await batchFile('fast'), purpose: 'user_data' })
  await expect(ours.batches.create({ ...asked, input_file_id: plain.id })).rejects.toMatchObject({
    status: 400,
    param: 'input_file_id',
  })
  const [kept] = [...account().files.keys()]
  await expect(ours.batches.create({ ...asked, input_file_id: kept! })).rejects.toThrow(NotFoundError)
  expect(account().batches.size).toBe(0)
})

test.each<[string, unknown, string]>([
  ['an unknown model', 'nothing', 'Line 2 names the model `nothing`'],
  ['a model of somebody else', 'elsewhere', 'Line 2 names the model `elsewhere`'],
  ['a model at another provider', 'claude', 'Line 2 names the model `claude`'],
  ['no model', undefined, 'Line 2 names no model'],
  ['a model that is none', { a: 1 }, 'Line 2 names no model'],
])('a batch file with %s is refused, and nothing of it reaches the provider', async (_, model, says) => {
  const upload = ours.files.create({ file: await batchFile('fast', model), purpose: 'batch' })
  await expect(upload).rejects.toMatchObject({ code: 'invalid_batch_line', message: expect.stringContaining(says) })
  expect(upstream.seen).toEqual([])
})

test.each<[string, [string, string][], string]>([
  ['no file', [['purpose', 'batch']], 'missing_required_parameter'],
  ['no purpose', [['file', 'x']], 'missing_required_parameter'],
  [
    'two purposes',
    [
      ['purpose', 'user_data'],
      ['file', 'x'],
      ['purpose', 'batch'],
    ],
    'invalid_form',
  ],
  [
    'a purpose that is nearly batch',
    [
      ['purpose', ' Batch'],
      ['file', 'x'],
    ],
    'invalid_value',
  ],
  [
    'a second file',
    [
      ['purpose', 'user_data'],
      ['file', 'x'],
      ['file', 'y'],
    ],
    'invalid_form',
  ],
  [
    'a list of files',
    [
      ['purpose', 'user_data'],
      ['file', 'x'],
      ['file[]', 'y'],
    ],
    'invalid_form',
  ],
  [
    'another address',
    [
      ['purpose', 'user_data'],
      ['file', 'x'],
      ['api_base', 'http://x'],
    ],
    'forbidden_param',
  ],
])('an upload with %s is refused', async (_, parts, code) => {
  const form = new FormData()
  for (const [name, value] of parts) {
    if (name.startsWith('file')) form.append(name, new Blob([value]), 'a.jsonl')
    else form.append(name, value)
  }
  const headers = { authorization: `Bearer ${ourKey}` }
  const response = await fetch(`${gateway.base}/v1/files`, { method: 'POST', headers, body: form })
  expect([response.status, ((await response.json()) as { error: { code: string } }).error.code]).toEqual([400, code])
  expect(upstream.seen).toEqual([])
})

test.each<[string, string, object | undefined, number]>([
  ['PUT', '/v1/files', {}, 405],
  ['POST', '/v1/files', {}, 415],
  ['DELETE', '/v1/batches/batch_x', undefined, 405],
  ['GET', '/v1/files/a%2e%2e/content', undefined, 501],
  ['POST', '/v1/batches', { endpoint: '/v1/embeddings' }, 400],
  ['POST', '/v1/batches', { input_file_id: 'file-x', metadata: [] }, 404],
])('%s %s with %j is %i', async (method, path, body, status) => {
  expect((await ask(gateway.base + path, method, body, { authorization: `Bearer ${ourKey}` })).status).toBe(status)
  expect((await ask(gateway.base + path, method, body)).status).toBe(status === 405 || status === 501 ? status : 401)
})

test('a request to a model may name a file of the team, where it says at which provider', async () => {
  const made = await ours.files.create({ file: await document(), purpose: 'user_data' })
  const content = [
    { type: 'input_file' as const, file_id: made.id },
    { type: 'input_text' as const, text: 'Sum it up.' },
  ]
  const asked = { model: 'fast', input: [{ role: 'user' as const, content }], store: false }
  for (let i = 0; i < 6; i++) {
    // Always by the credential of the account that has the file, though there are two.
    expect((await ours.responses.create(asked, vault)).output_text).toBe('näme.txt')
  }
  expect((await ours.responses.create(asked)).output_text).toBe('')
  expect((await theirs.responses.create(asked, vault)).output_text).toBe('')
  const atOther = { query: { provider: 'other' } }
  const elsewhere = await theirs.files.create({ file: await document(), purpose: 'user_data' }, atOther)
  const other = [{ type: 'input_file' as const, file_id: elsewhere.id }]
  const wrong = theirs.responses.create(
    { model: 'fast', input: [{ role: 'user', content: other }], store: false },
    vault,
  )
  await expect(wrong).rejects.toMatchObject({ status: 400, param: 'file_id' })
})

test('an upload that fails is not sent again, and what only reads is', async () => {
  upstream.failure = () => 500
  await expect(ours.files.create({ file: await document(), purpose: 'user_data' })).rejects.toMatchObject({
    status: 502,
  })
  expect(upstream.seen.map(({ method }) => method)).toEqual(['POST'])
  upstream.failure = () => undefined
  const made = await ours.files.create({ file: await document(), purpose: 'user_data' })
  upstream.seen.length = 0
  let failures = 1
  upstream.failure = () => (failures-- > 0 ? 500 : undefined)
  expect(await ours.files.retrieve(made.id)).toEqual(made)
  expect(upstream.seen.length).toBe(2)
})

test('a list whose second page fails is no list', async () => {
  upstream.pageMax = 1
  for (let i = 0; i < 3; i++) keep(account(), { filename: 'foreign', purpose: 'x', content: Buffer.from('') })
  upstream.failure = ({ path }) => (path.includes('after=') ? 503 : undefined)
  await expect(ours.files.list()).rejects.toMatchObject({ status: 503, code: 'overloaded' })
  upstream.failure = () => undefined
  expect((await ours.files.list()).data).toEqual([])
})

test('a long list of others ends the search, and says that there may be more', async () => {
  upstream.pageMax = 1
  await ours.files.create({ file: await document(), purpose: 'user_data' })
  for (let i = 0; i < 25; i++) keep(account(), { filename: 'foreign', purpose: 'x', content: Buffer.from('') })
  upstream.seen.length = 0
  const page = await ours.files.list()
  expect([page.data, page.has_more, upstream.seen.length]).toEqual([[], true, 20])
  const told = await ask(`${gateway.base}/v1/files`, 'GET', undefined, { authorization: `Bearer ${ourKey}` })
  const cursor: string = told.json.last_id
  expect((await ours.files.list({ after: cursor })).data).toHaveLength(1)
  // It stands behind a foreign file, and opens none.
  for (const attempt of [
    () => ours.files.retrieve(cursor),
    () => ours.files.content(cursor),
    () => ours.files.delete(cursor),
  ]) {
    await expect(attempt()).rejects.toThrow(NotFoundError)
  }
  await expect(theirs.files.list({ after: cursor }, vault)).rejects.toThrow(NotFoundError)
})

test('requests leave records: who kept how much where', async () => {
  const { response } = await ours.files.create({ file: await document(), purpose: 'user_data' }).withResponse()
  const id = response.headers.get('x-request-id')
  let told = await gateway.admin('GET', `/requests/${id}`)
  await until(async () => {
    told = await gateway.admin('GET', `/requests/${id}`)
    return told.status === 200
  }, 10_000)
  expect(told.json).toMatchObject({
    route: '/v1/files',
    team: 'us',
    provider: 'vault',
    model: '',
    status: 'ok',
    inputTokens: 0,
    estimated: false,
    measure: { unit: 'bytes', amount: 5 },
  })
})
