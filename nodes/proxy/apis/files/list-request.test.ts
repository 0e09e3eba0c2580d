import { expect, test } from 'vitest'
import { matchObjectPath } from '../../provider-objects/object-operations.ts'
import { pageCall, readListRequest } from './list-request.ts'
import { accountAt, answers, filesRequest, ids, refOf, type TestFilesOptions, vault } from './test-files.ts'

function listOf(query: string, { path = '/v1/files', ...options }: TestFilesOptions = {}) {
  const object = matchObjectPath(path)
  if (object === undefined) throw new Error(path)
  return readListRequest(filesRequest({ method: 'GET', path, query, ...options }), object, ids)
}

function callOf(query: string, options: TestFilesOptions = {}) {
  const asked = listOf(query, options)
  if (!asked.ok) throw new Error(asked.error.type)
  return pageCall(asked.value, asked.value.after, (bytes) => bytes).path
}

test.each<[string, TestFilesOptions, string]>([
  ['', {}, '/v1/files?limit=1000'],
  ['', { path: '/v1/batches' }, '/v1/batches?limit=100'],
  ['limit=5', {}, '/v1/files?limit=1000'],
  ['purpose=batch&order=asc&evil=1', {}, '/v1/files?purpose=batch&order=asc&limit=1000'],
  ['provider=vault', {}, '/v1/files?limit=1000'],
  ['purpose=a%26b', {}, '/v1/files?purpose=a%26b&limit=1000'],
  [
    '',
    { accounts: [accountAt('azure', { kind: 'azure' })], allowed: ['azure/*'] },
    '/openai/files?api-version=2024-10-21&limit=1000',
  ],
])('a list with the query %j is asked of the provider as it needs it (%#)', (query, options, path) => {
  expect(callOf(query, options)).toBe(path)
})

test.each<[string, string]>([
  ['a file', ids.seal(refOf({ id: 'file-9', credential: 'second' }))],
  ['a place in the list', ids.seal(refOf({ kind: 'file-cursor', id: 'file-9', credential: 'second' }))],
])('a list goes on behind %s, in the account that it lies in', (_, after) => {
  const asked = listOf(`after=${after}`)
  expect(asked).toMatchObject({ ok: true, value: { after: 'file-9', account: { provider: 'vault' } } })
  expect(asked.ok && asked.value.account.credentials.map(({ name }) => name)).toEqual(['second'])
  expect(callOf(`after=${after}`)).toBe('/v1/files?limit=1000&after=file-9')
})

test.each<[string, string, TestFilesOptions, object]>([
  ['a limit of zero', 'limit=0', {}, { code: 'invalid_value', param: 'limit' }],
  ['a limit that is no number', 'limit=ten', {}, { code: 'invalid_value', param: 'limit' }],
  ['an empty limit', 'limit=', {}, { code: 'invalid_value' }],
  ['too many files', 'limit=10001', {}, { code: 'invalid_value', message: expect.stringContaining('1 to 10000') }],
  ['too many batches', 'limit=101', { path: '/v1/batches' }, { message: expect.stringContaining('1 to 100') }],
  ["a provider's own id", 'after=file-1', {}, { type: 'unknown-object', kind: 'file' }],
  ['an empty id', 'after=', {}, { type: 'unknown-object', kind: 'file' }],
  ['the file of another team', `after=${ids.seal(refOf({ owner: 'team other' }))}`, {}, { type: 'unknown-object' }],
  ['a batch in a list of files', `after=${ids.seal(refOf({ kind: 'batch' }))}`, {}, { type: 'unknown-object' }],
  ['several providers and none named', '', { accounts: [vault, accountAt('other')] }, { code: 'provider_required' }],
  ['a provider that is not there', 'provider=nobody', {}, { code: 'unknown_provider' }],
])('a list with %s is refused', (_, query, options, error) => {
  expect(listOf(query, options)).toMatchObject({ ok: false, error })
})

test.each([
  ['limit=1', 1],
  ['limit=3', 3],
])('with %s as many objects are shown', (query, count) => {
  const asked = listOf(query)
  const data = Array.from({ length: 5 }, (_, n) => ({ id: `file-${n}`, filename: `hg.${ids.tokenOf(refOf())}.a` }))
  const list = asked.ok ? asked.value.openList(answers) : undefined
  const page = list?.add(Buffer.from(JSON.stringify({ data, has_more: false })))
  expect(page?.body).toMatchObject({ data: { length: count } })
})

test('a page is read with GET and without a body', () => {
  const asked = listOf('')
  if (!asked.ok) throw new Error(asked.error.type)
  expect(pageCall(asked.value, undefined, (bytes) => bytes)).toMatchObject({ method: 'GET', body: [], contentType: '' })
})
