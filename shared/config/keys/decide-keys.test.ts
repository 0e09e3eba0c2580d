import { describe, expect, test } from 'vitest'
import { publicKey } from '../public-view.ts'
import { type Gateway, noonIso, problemsOf, refusalType, smallGateway } from '../test-config.ts'
import { decideIssueKey, decideRevokeKey, decideRotateKey } from './decide-keys.ts'

function withKey(): Gateway {
  const gateway = smallGateway()
  gateway.issueKey('key_1', { name: 'first' })
  return gateway
}

const rotation = { keyId: 'key_1', tokenHash: 'new', prefix: 'hg_2', at: noonIso }

describe('a key', () => {
  test('without an owner belongs to the team default, which is made for it once', () => {
    const gateway = smallGateway()
    expect(gateway.issueKey('key_1', { name: 'first' })).toMatchObject({
      value: {
        type: 'change-set',
        changes: [{ type: 'team-set', name: 'default', origin: 'bootstrap' }, { type: 'key-issued' }],
      },
    })
    expect(gateway.issueKey('key_2', { name: 'first' })).toMatchObject({ value: { type: 'key-issued' } })
    expect(gateway.apply('{}')).toEqual({ ok: true, value: undefined })
    expect(gateway.state.keys.get('key_2')?.spec).toEqual({
      id: 'key_2',
      name: 'first',
      owner: { team: 'default' },
      tokenHash: 'key_2'.padEnd(64, '0'),
      prefix: 'key_',
      createdAt: noonIso,
    })
  })

  test('may be narrowed to models, a provider, a time and labels', () => {
    const gateway = smallGateway()
    gateway.put('apps', 'bot', {})
    const input = {
      name: 'bot key',
      owner: { app: 'bot' },
      models: ['fast', 'up/gpt-5', 'up/*'],
      expiresAt: '2030-01-31T13:00:00+01:00',
      metadata: { constructor: 'x' },
    }
    expect(gateway.issueKey('key_1', input).ok).toBe(true)
    expect(gateway.state.keys.get('key_1')?.spec).toMatchObject({ ...input, expiresAt: '2030-01-31T12:00:00.000Z' })
  })

  test.each<[string, unknown, string[]]>([
    ['nothing at all', null, [': expected a map of fields, found nothing']],
    ['a blank name', { name: ' ' }, ['name: expected text, without control characters']],
    ['a name that turns text around', { name: 'a\u202eb' }, ['name: expected text, without control characters']],
    [
      'fields that are not its own',
      { name: 'k', role: 'admin', spend: 0, id: 'key_0', tokenHash: 'x' },
      [
        'role: unknown field "role"',
        'spend: unknown field "spend"',
        'id: unknown field "id"',
        'tokenHash: unknown field "tokenHash"',
      ],
    ],
    [
      'a misspelt field',
      { name: 'k', expiresat: 'x' },
      ['expiresat: unknown field "expiresat"; did you mean "expiresAt"?'],
    ],
    [
      'two owners',
      { name: 'k', owner: { team: 'default', user: 'u' } },
      ['owner: expected exactly one of team, user, app'],
    ],
    ['no owner in owner', { name: 'k', owner: {} }, ['owner: expected exactly one of team, user, app']],
    [
      'everything dangling and a misspelling',
      { name: 'k', owner: { user: 'nobody' }, models: ['fest', 'down/m', 'down/*'], modells: [] },
      [
        'modells: unknown field "modells"; did you mean "models"?',
        'owner.user: there is no user "nobody"',
        'models[0]: there is no model "fest"; did you mean "fast"?',
        'models[1]: there is no model "down/m"',
        'models[2]: there is no model "down/*"',
      ],
    ],
    ['a time that has passed', { name: 'k', expiresAt: '2020-01-01T00:00:00Z' }, ['expiresAt: this time has passed']],
    [
      'a time without a zone',
      { name: 'k', expiresAt: '2030-01-01' },
      ['expiresAt: expected a time such as 2030-01-31T12:00:00Z'],
    ],
    [
      'a polluting field',
      JSON.parse('{"name":"k","metadata":{"__proto__":{"a":1}}}'),
      ['metadata.__proto__: unknown field "__proto__"'],
    ],
  ])('with %s is refused', (_, input, problems) => {
    const gateway = smallGateway()
    const decision = gateway.issueKey('key_1', input)
    expect(refusalType(decision)).toBe('invalid')
    expect(problemsOf(decision)).toEqual(problems)
    expect(gateway.state.keys.size).toBe(0)
  })

  test('has an id and a token of its own', () => {
    const { state } = withKey()
    const again = { input: { name: 'k' }, prefix: 'hg', at: noonIso, teamId: '' }
    const takenToken = state.keys.get('key_1')!.spec.tokenHash
    expect(refusalType(decideIssueKey(state, { ...again, id: 'key_1', tokenHash: 'x' }))).toBe('conflict')
    expect(refusalType(decideIssueKey(state, { ...again, id: 'key_2', tokenHash: takenToken }))).toBe('conflict')
    expect(refusalType(decideRotateKey(state, { ...rotation, input: {}, tokenHash: takenToken }))).toBe('conflict')
  })

  test('is shown without its hashes and its sealed token', () => {
    const gateway = withKey()
    const record = gateway.state.keys.get('key_1')!.spec
    const shown = publicKey({
      ...record,
      sealedToken: { $sealed: 's', hint: '' },
      previous: { tokenHash: 'h', until: noonIso },
    })
    const { tokenHash: _, ...rest } = record
    expect(shown).toEqual({ ...rest, previous: { until: noonIso } })
  })
})

describe('a rotation', () => {
  test.each([
    [{}, noonIso],
    [{ overlap: '0s' }, noonIso],
    [{ overlap: '24h' }, '2026-01-02T12:00:00.000Z'],
    [{ overlap: '30d' }, '2026-01-31T12:00:00.000Z'],
  ])('with %j lets the old token count until %s', (input, overlapUntil) => {
    expect(decideRotateKey(withKey().state, { ...rotation, input })).toEqual({
      ok: true,
      value: { type: 'key-rotated', keyId: 'key_1', tokenHash: 'new', prefix: 'hg_2', overlapUntil },
    })
  })

  test.each([
    [{ overlap: '31d' }, 'overlap: expected a duration from 0ms to 30d'],
    [{ overlap: 30 }, 'overlap: a duration has a unit: write 30s for seconds or 30ms for milliseconds'],
    [{ overlap: '-1s' }, 'overlap: expected a duration such as 250ms, 30s, 10m, 24h or 30d'],
    [{ overlaps: '1s' }, 'overlaps: unknown field "overlaps"; did you mean "overlap"?'],
  ])('with %j is refused', (input, problem) => {
    expect(problemsOf(decideRotateKey(withKey().state, { ...rotation, input }))).toEqual([problem])
  })
})

test('a rotation or revocation of an unknown key is not found, and of another revision fails its precondition', () => {
  const { state } = withKey()
  expect(refusalType(decideRotateKey(state, { ...rotation, keyId: 'constructor', input: {} }))).toBe('not-found')
  expect(refusalType(decideRevokeKey(state, { keyId: 'constructor' }))).toBe('not-found')
  expect(refusalType(decideRevokeKey(state, { keyId: 'key_1', expectedRevision: 1 }))).toBe('precondition-failed')
  expect(decideRevokeKey(state, { keyId: 'key_1', expectedRevision: 3 }).ok).toBe(true)
})
