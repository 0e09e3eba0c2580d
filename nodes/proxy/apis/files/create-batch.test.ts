import { expect, test } from 'vitest'
import { readBatch } from './create-batch.ts'
import { filesRequest, ids, owner, refOf, type TestFilesOptions } from './test-files.ts'

const input = ids.seal(refOf({ models: ['fast'] }))
const asked = { input_file_id: input, endpoint: '/v1/chat/completions', completion_window: '24h' }

function batchOf(body: object | string, options: TestFilesOptions = {}) {
  return readBatch(filesRequest({ path: '/v1/batches', body, ...options }), ids)
}

test("a provider is asked for a batch on its own file, with the caller's metadata and our mark", () => {
  const batch = batchOf({ ...asked, metadata: { ticket: '7' }, vendor: 1 })
  if (!batch.ok) throw new Error(batch.error.type)
  const { body, mark, account } = batch.value
  const { metadata, ...rest } = JSON.parse(body)
  expect(rest).toEqual({ ...asked, vendor: 1, input_file_id: 'file-1' })
  expect(metadata).toEqual({ ticket: '7', headgate: expect.any(String) })
  expect(ids.readToken(metadata.headgate)).toEqual({
    owner,
    models: ['fast'],
    payer: { keyId: 'key_1', team: 'search', user: '', app: '', costCenter: '4711' },
  })
  expect(mark).toEqual({ owner, models: ['fast'] })
  expect([account.provider, account.credentials.map(({ name }) => name)]).toEqual(['vault', ['main']])
})

test('names that are too long together for a mark go, and the key stays', () => {
  const long = 'm'.repeat(153)
  const batch = batchOf({ ...asked, input_file_id: ids.seal(refOf({ models: [long, long] })) })
  const token = batch.ok ? JSON.parse(batch.value.body).metadata.headgate : ''
  expect(token.length).toBeLessThanOrEqual(512)
  expect(ids.readToken(token)).toEqual({
    owner,
    models: [long, long],
    payer: { keyId: 'key_1', team: '', user: '', app: '', costCenter: '' },
  })
})

test.each([undefined, null, {}])('metadata that is %j is our mark alone', (metadata) => {
  const batch = batchOf({ ...asked, metadata })
  expect(batch.ok && Object.keys(JSON.parse(batch.value.body).metadata)).toEqual(['headgate'])
})

const pairs = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 'v']))

test('metadata may have fifteen pairs, none of them ours', () => {
  expect(batchOf({ ...asked, metadata: pairs(15) }).ok).toBe(true)
  for (const metadata of [pairs(16), { headgate: 'x' }, [], 'x', 7])
    expect(batchOf({ ...asked, metadata })).toMatchObject({
      ok: false,
      error: { code: 'invalid_value', param: 'metadata' },
    })
})

test.each<[string, object | string, TestFilesOptions, object]>([
  ['no JSON', '{', {}, { type: 'bad-body', code: 'invalid_json' }],
  ['no file', { endpoint: 'x' }, {}, { type: 'bad-body', code: 'missing_required_parameter', param: 'input_file_id' }],
  ['a number for a file', { ...asked, input_file_id: 7 }, {}, { code: 'missing_required_parameter' }],
  ["a provider's own id", { ...asked, input_file_id: 'file-1' }, {}, { type: 'unknown-object', kind: 'file' }],
  ['the file of another team', asked, { owner: 'team other' }, { type: 'unknown-object', kind: 'file' }],
  [
    'a batch for a file',
    { ...asked, input_file_id: ids.seal(refOf({ kind: 'batch' })) },
    {},
    { type: 'unknown-object', kind: 'file' },
  ],
  [
    'a file whose account is gone',
    { ...asked, input_file_id: ids.seal(refOf({ credential: 'gone', models: ['fast'] })) },
    {},
    { type: 'unknown-object', kind: 'file' },
  ],
  [
    'a file that was not made for a batch',
    { ...asked, input_file_id: ids.seal(refOf()) },
    {},
    { code: 'invalid_value', param: 'input_file_id' },
  ],
  ['a model that this key may not use', asked, { allowed: ['smart'] }, { type: 'model-not-allowed', model: 'fast' }],
])('a batch with %s is refused', (_, body, options, error) => {
  expect(batchOf(body, options)).toMatchObject({ ok: false, error })
})

test('the file is looked at before the metadata, and its owner before its models', () => {
  const wrong = { input_file_id: 'file-x', metadata: [] }
  expect(batchOf(wrong)).toMatchObject({ ok: false, error: { type: 'unknown-object' } })
  expect(batchOf(asked, { owner: 'team other', allowed: ['smart'] })).toMatchObject({
    ok: false,
    error: { type: 'unknown-object' },
  })
})
