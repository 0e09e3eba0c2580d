import { expect, test } from 'vitest'
import { accountNamed, namedAccount, providerRequired } from './account.ts'
import { accountAt, claude, filesRequest, type TestFilesOptions, vault } from './test-files.ts'

const other = accountAt('other')
const dialect = 'openai-files'

function named(options: TestFilesOptions) {
  const { head, snapshot, caller } = filesRequest(options)
  const found = namedAccount(head, { snapshot, caller, dialect })
  return found.ok ? (found.value?.provider ?? 'one has to be named') : found.error
}

test.each<[string, TestFilesOptions, string]>([
  ['the only provider with files', { accounts: [vault, claude] }, 'vault'],
  ['none of two', { accounts: [vault, other] }, 'one has to be named'],
  ['the only one that the caller may use', { accounts: [vault, other], allowed: ['elsewhere'] }, 'other'],
  ['the one in the header', { accounts: [vault, other], headers: { 'x-headgate-provider': 'other' } }, 'other'],
  ['the one in the query', { accounts: [vault, other], query: 'limit=1&provider=vault' }, 'vault'],
  [
    'the one in the header before that in the query',
    { accounts: [vault, other], headers: { 'x-headgate-provider': 'other' }, query: 'provider=vault' },
    'other',
  ],
])('files go to %s', (_, options, wanted) => {
  expect(named(options)).toBe(wanted)
})

test.each<[string, TestFilesOptions, object]>([
  ['a provider that is not there', { query: 'provider=nobody' }, { code: 'unknown_provider', param: 'provider' }],
  [
    'a provider of which the caller may use no model',
    { accounts: [vault, other], allowed: ['fast'], query: 'provider=other' },
    { code: 'unknown_provider' },
  ],
  ['a provider without files', { query: 'provider=claude' }, { code: 'unsupported_endpoint', param: 'provider' }],
  ['no provider where none has files', { accounts: [claude] }, { code: 'unsupported_endpoint' }],
  ['no provider where the caller may use none', { allowed: ['claude'] }, { code: 'unsupported_endpoint' }],
])('%s is refused', (_, options, error) => {
  expect(named(options)).toMatchObject({ type: 'bad-body', ...error })
})

test('a caller may use a provider by one of its models, or by all of its names', () => {
  expect(named({ accounts: [vault], allowed: ['smart'] })).toBe('vault')
  expect(named({ accounts: [vault], allowed: ['vault/*'] })).toBe('vault')
})

test('new objects go to the account of the first credential', () => {
  const { head, snapshot, caller } = filesRequest()
  const found = namedAccount(head, { snapshot, caller, dialect })
  expect(found.ok && found.value?.credentials.map(({ name }) => name)).toEqual(['main'])
})

test('an object is found by the credential that its account has', () => {
  const { snapshot } = filesRequest()
  expect(accountNamed(snapshot, 'vault', 'second')?.credentials.map(({ name }) => name)).toEqual(['second'])
  expect(accountNamed(snapshot, 'vault', 'gone')).toBeUndefined()
  expect(accountNamed(snapshot, 'nobody', 'main')).toBeUndefined()
})

test('whoever has to name a provider is told which there are, ten at most', () => {
  const { snapshot, caller } = filesRequest({ accounts: [vault, claude, other] })
  expect(providerRequired(snapshot, caller, dialect)).toMatchObject({
    code: 'provider_required',
    message: expect.stringMatching(/: `vault`, `other`\.$/),
  })
  const many = filesRequest({ accounts: Array.from({ length: 15 }, (_, n) => accountAt(`p${n}`)) })
  expect(providerRequired(many.snapshot, many.caller, dialect)).toMatchObject({
    message: expect.stringMatching(/`p9`\.$/),
  })
})
