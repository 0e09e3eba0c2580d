import { hash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Change } from '../../../shared/config/events.ts'
import { applyEvent, emptyState } from '../../../shared/config/fold.ts'
import type { KeyRecord } from '../../../shared/config/keys/key-record.ts'
import { Callers, type Credentials, identify, mayUse } from './callers.ts'

const token = 'hg_secret-token'
const nowMs = Date.parse('2026-06-01T00:00:00Z')

function key(more: Partial<KeyRecord> = {}): Change {
  const record = {
    id: 'key_1',
    name: 'k',
    owner: { team: 'search' },
    prefix: 'hg_se',
    createdAt: '2026-01-01T00:00:00Z',
  }
  return { type: 'key-issued', key: { ...record, tokenHash: hash('sha256', token, 'hex'), ...more } }
}

function given(...changes: Change[]) {
  const state = emptyState()
  for (const change of [
    { type: 'team-set', name: 'search', spec: { costCenter: '4711' }, origin: 'api' } as Change,
    ...changes,
  ]) {
    const revision = state.revision + 1
    applyEvent(
      state,
      {
        revision,
        version: 1,
        type: change.type,
        at: '2026-01-01T00:00:00Z',
        actor: 'a',
        reason: '',
        commandId: `${revision}`,
        change,
        prevHash: state.hash,
      },
      `${revision}`,
    )
  }
  return new Callers(state)
}

const bearer = { authorization: `Bearer ${token}`, apiKey: undefined }

describe('a caller', () => {
  test.each([
    ['Authorization', bearer],
    ['Authorization in lower case', { authorization: `bearer ${token}`, apiKey: undefined }],
    ['x-api-key', { authorization: undefined, apiKey: token }],
    ['both, when they are equal', { authorization: `Bearer ${token}`, apiKey: token }],
    ['Authorization and the same key in the URL', { ...bearer, query: `key=${token}` }],
    ['x-api-key and a query without a key', { authorization: undefined, apiKey: token, query: 'monkey=1&beta=true' }],
  ])('is the same by %s', (_, credentials) => {
    const found = identify(given(key()), credentials, nowMs)
    expect(found.ok && found.value).toMatchObject({ keyId: 'key_1', team: 'search', costCenter: '4711' })
  })

  test.each([
    ['no credential', { authorization: undefined, apiKey: undefined }, 'missing-key'],
    ['a scheme without a token', { authorization: 'Bearer', apiKey: undefined }, 'missing-key'],
    ['two that differ', { authorization: `Bearer ${token}`, apiKey: 'other' }, 'ambiguous-credentials'],
    ['keys that differ', { authorization: undefined, apiKey: token, apiKeysDiffer: true }, 'ambiguous-credentials'],
    [
      'keys that differ beside a token',
      { authorization: `Bearer ${token}`, apiKey: token, apiKeysDiffer: true },
      'ambiguous-credentials',
    ],
    ...['key', 'api-key', 'api_key', 'access_token'].map((name): [string, Credentials, string] => [
      `another key in the URL, as ${name}`,
      { ...bearer, query: `a=1&${name}=hg_other` },
      'ambiguous-credentials',
    ]),
    ['two keys in the URL', { ...bearer, query: `key=${token}&key=hg_other` }, 'ambiguous-credentials'],
    ['an escaped key in the URL', { ...bearer, query: 'a=1&%6Bey=hg_other' }, 'ambiguous-credentials'],
    ['a key in the URL alone', { authorization: undefined, apiKey: undefined, query: `key=${token}` }, 'missing-key'],
    [
      'a signature of AWS beside a key',
      { authorization: 'AWS4-HMAC-SHA256 Credential=a', apiKey: token },
      'ambiguous-credentials',
    ],
    ['a password beside a key', { authorization: 'Basic YTpi', apiKey: token }, 'ambiguous-credentials'],
    ['a wildcard', { authorization: 'Bearer *', apiKey: undefined }, 'unknown-key'],
    ['an injection', { authorization: "Bearer ' OR 1=1--", apiKey: undefined }, 'unknown-key'],
  ])('is refused for %s', (_, credentials, type) => {
    expect(identify(given(key()), credentials, nowMs)).toEqual({ ok: false, error: { type } })
  })

  test('is never another one whose token begins alike', () => {
    const callers = given(key())
    fc.assert(
      fc.property(fc.string(), fc.nat(token.length), (suffix, kept) => {
        const other = token.slice(0, kept) + suffix
        fc.pre(other.trim() !== token)
        expect(identify(callers, { authorization: undefined, apiKey: other }, nowMs).ok).toBe(false)
      }),
    )
  })

  test('is gone once its key is revoked or expired, with the same words', () => {
    const revoked = given(key(), { type: 'key-revoked', keyId: 'key_1' })
    const expired = given(key({ expiresAt: '2026-05-31T23:59:59Z' }))
    for (const callers of [revoked, expired]) {
      expect(identify(callers, bearer, nowMs)).toEqual({ ok: false, error: { type: 'unknown-key' } })
    }
  })

  test('keeps both tokens of a rotated key until the overlap ends', () => {
    const rotated: Change = {
      type: 'key-rotated',
      keyId: 'key_1',
      tokenHash: hash('sha256', 'new', 'hex'),
      prefix: 'ne',
      overlapUntil: '2026-06-01T00:00:10Z',
    }
    const callers = given(key(), rotated)
    const fresh = { authorization: undefined, apiKey: 'new' }
    expect([identify(callers, bearer, nowMs).ok, identify(callers, fresh, nowMs).ok]).toEqual([true, true])
    expect([identify(callers, bearer, nowMs + 11_000).ok, identify(callers, fresh, nowMs + 11_000).ok]).toEqual([
      false,
      true,
    ])
  })

  test('may use what its key and its team both allow', () => {
    const team: Change = { type: 'team-set', name: 'search', spec: { models: ['fast', 'openai/*'] }, origin: 'api' }
    const found = identify(given(team, key({ models: ['fast', 'smart', 'openai/gpt-x'] })), bearer, nowMs)
    if (!found.ok) throw new Error('refused')
    expect(['fast', 'smart', 'openai/gpt-x', 'openai/gpt-y'].map((model) => mayUse(found.value, model))).toEqual([
      true,
      false,
      true,
      false,
    ])
  })

  test('follows a change of its team at once', () => {
    const before = given(key())
    const after = given(key(), { type: 'team-set', name: 'search', spec: { costCenter: '99' }, origin: 'api' })
    const centers = [before, after]
      .map((callers) => identify(callers, bearer, nowMs))
      .map((found) => found.ok && found.value.costCenter)
    expect(centers).toEqual(['4711', '99'])
  })
})

test.each([
  ['hga_secret', undefined, { type: 'missing-key', lacks: 'scheme' }],
  [token, undefined, { type: 'missing-key', lacks: 'scheme' }],
  ['Basic aGc6aGc=', undefined, { type: 'missing-key', lacks: 'scheme' }],
  ['Bearer', undefined, { type: 'missing-key' }],
  ['Bearer hga_secret', undefined, { type: 'unknown-key', looksLike: 'admin-token' }],
  [undefined, 'hga_secret', { type: 'unknown-key', looksLike: 'admin-token' }],
  [undefined, 'sk-proj-secret', { type: 'unknown-key', looksLike: 'provider-key' }],
  [undefined, `Bearer ${token}`, { type: 'unknown-key', looksLike: 'bearer' }],
  [undefined, 'hg_other', { type: 'unknown-key' }],
])('Authorization %j with the key %j is refused as %o', (authorization, apiKey, error) => {
  expect(identify(given(key()), { authorization, apiKey }, nowMs)).toEqual({ ok: false, error })
})
