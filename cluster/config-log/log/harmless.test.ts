import { describe, expect, test } from 'vitest'
import type { Change, ConfigChange } from '../../../shared/config/events.ts'
import { applyChange, emptyState } from '../../../shared/config/fold.ts'
import type { KeyRecord } from '../../../shared/config/keys/key-record.ts'
import type { ModelSpec } from '../../../shared/config/kinds/models/spec.ts'
import type { OwnerSpec } from '../../../shared/config/kinds/owners/spec.ts'
import type { ProviderSpec } from '../../../shared/config/kinds/providers/spec.ts'
import { isHarmless } from './harmless.ts'

const key = (id: string, rest: Partial<KeyRecord> = {}): Change => ({
  type: 'key-issued',
  key: { id, name: id, owner: { team: 'a' }, tokenHash: id, prefix: 'sk', createdAt: '2026-01-01T00:00:00Z', ...rest },
})
const team = (name: string, spec: OwnerSpec): Change => ({ type: 'team-set', name, spec, origin: 'api' })
const model = (name: string, spec: ModelSpec): Change => ({ type: 'model-set', name, spec, origin: 'api' })
const provider = (name: string, spec: ProviderSpec): Change => ({ type: 'provider-set', name, spec, origin: 'api' })
const sealed = (text: string) => ({ $sealed: text, hint: 'x' })
const openai = (rest: Partial<ProviderSpec> = {}): ProviderSpec => ({
  kind: 'openai',
  bareNames: ['listed'],
  credentials: [{ name: 'main', apiKey: sealed('a') }],
  ...rest,
})
const one = { provider: 'p', model: 'one' }
const two = { provider: 'p', model: 'two' }

function before() {
  const state = emptyState()
  const made = [
    team('all', {}),
    team('two', { models: ['x', 'y'] }),
    provider('p', openai()),
    model('m', { targets: [one, two], fallbacks: ['f'] }),
    key('key_1'),
  ]
  for (const [index, change] of made.entries()) applyChange(state, change, index + 1)
  state.revision = made.length
  return state
}

describe('may be held back', () => {
  test.each<[string, ConfigChange]>([
    ['a new team', team('new', { models: ['x'] })],
    ['a team that may use more', team('two', { models: ['y', 'x', 'z'] })],
    ['a team that may use everything', team('two', {})],
    ['a cost centre', team('all', { costCenter: 'c' })],
    ['a new key', key('key_2')],
    ['a new model', model('n', { targets: [one] })],
    [
      'another weight and another way to choose',
      model('m', { targets: [{ ...two, weight: 3 }, one], routing: 'latency', fallbacks: ['f'] }),
    ],
    ['one target more', model('m', { targets: [one, two, { provider: 'p', model: 'three' }], fallbacks: ['f', 'g'] })],
    ['a new provider', provider('q', openai())],
    [
      'another weight of a credential',
      provider('p', openai({ credentials: [{ name: 'main', apiKey: sealed('a'), weight: 4 }] })),
    ],
    ['an objective that goes', { type: 'slo-deleted', name: 's' }],
    ['several of these at once', { type: 'change-set', changes: [team('new', {}), team('new', { costCenter: 'c' })] }],
  ])('%s', (_, change) => expect(isHarmless(before(), change)).toBe(true))
})

describe('must not be held back', () => {
  test.each<[string, ConfigChange]>([
    ['a team that is narrowed for the first time', team('all', { models: ['x'] })],
    ['a team that loses a model', team('two', { models: ['x'] })],
    ['a team that loses one and gains another', team('two', { models: ['x', 'z'] })],
    ['another tier', team('all', { tier: 'free' })],
    ['a team that is deleted', { type: 'team-deleted', name: 'all' }],
    ['a key that is revoked', { type: 'key-revoked', keyId: 'key_1' }],
    ['a key that is rotated', { type: 'key-rotated', keyId: 'key_1', tokenHash: 'h', prefix: 'sk', overlapUntil: 'x' }],
    ['a key that is written again', key('key_1', { models: ['x'] })],
    ['a model that loses a target', model('m', { targets: [one], fallbacks: ['f'] })],
    [
      'a model whose target is another one',
      model('m', { targets: [one, { provider: 'q', model: 'two' }], fallbacks: ['f'] }),
    ],
    ['a model that loses a fallback', model('m', { targets: [one, two] })],
    ['a model that becomes strict', model('m', { targets: [one, two], fallbacks: ['f'], strict: true })],
    ['a model that takes a name that a provider offers', model('listed', { targets: [one] })],
    ['a model that takes the path of another', model('p/one', { targets: [two] })],
    ['a model that is deleted', { type: 'model-deleted', name: 'm' }],
    ['a credential that is replaced', provider('p', openai({ credentials: [{ name: 'main', apiKey: sealed('b') }] }))],
    [
      'a credential that is put out of use',
      provider('p', openai({ credentials: [{ name: 'main', apiKey: sealed('a'), weight: 0 }] })),
    ],
    ['another address', provider('p', openai({ baseUrl: 'https://other.example/v1' }))],
    ['bare names that end', provider('p', openai({ bareNames: false }))],
    ['a provider that is deleted', { type: 'provider-deleted', name: 'p' }],
    ['a change set with one of these', { type: 'change-set', changes: [team('new', {}), team('two', { models: [] })] }],
    [
      'a change set that narrows what it has just made',
      { type: 'change-set', changes: [team('new', {}), team('new', { models: ['x'] })] },
    ],
    ['a change of a newer release', { type: 'limit-set', name: 'l', spec: {}, origin: 'api' } as unknown as Change],
  ])('%s', (_, change) => expect(isHarmless(before(), change)).toBe(false))
})

test('where any name of the catalogue may be called, a new model may stand in the way of one', () => {
  const state = before()
  applyChange(state, provider('p', openai({ bareNames: true })), 6)
  expect(isHarmless(state, model('n', { targets: [one] }))).toBe(false)
})
