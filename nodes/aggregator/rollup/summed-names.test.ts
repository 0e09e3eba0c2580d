import { describe, expect, test } from 'vitest'
import { bounds } from '../../../shared/bounds.ts'
import { sampleRequest } from '../../../shared/telemetry/arbitrary-records.ts'
import { LabelNames } from './counts.ts'
import { NamesOfDay } from './summed-names.ts'

const dayMs = 86_400_000
const noonMs = 20_000 * dayMs

function given(perKeyMax = 2) {
  const labels = new LabelNames(16)
  labels.admit('team/fast', 'openai')
  const names = new NamesOfDay(perKeyMax, labels)
  const of = (fields: { keyId?: string; user?: string; model?: string; atMs?: number }) =>
    names.of({ ...sampleRequest({ keyId: 'k', user: '', model: 'fast', atMs: noonMs }), ...fields })
  return { names, of }
}

describe('users of one key', () => {
  test('the first ones of a day have sums of their own, the rest share one', () => {
    const { names, of } = given()
    const users = ['ada', 'bo', 'cy', 'ada', 'di', 'bo'].map((user) => of({ user }).user)
    expect(users).toEqual(['ada', 'bo', 'other', 'ada', 'other', 'bo'])
    expect(names.others).toEqual({ user: 2, model: 0 })
  })

  test('another key has its own, nobody is no name, and neither is one who is called other', () => {
    const { names, of } = given(1)
    expect(
      [of({ user: 'ada' }), of({ user: '' }), of({ user: 'other' }), of({ keyId: 'k2', user: 'bo' })].map(
        ({ user }) => user,
      ),
    ).toEqual(['ada', '', 'other', 'bo'])
    expect(names.others.user).toBe(0)
  })

  test('a day begins anew, and a record of an earlier one does not bring it back', () => {
    const { of } = given(1)
    const users = [
      of({ user: 'ada' }),
      of({ user: 'bo', atMs: noonMs + dayMs }),
      of({ user: 'ada' }),
      of({ user: 'bo', atMs: noonMs + dayMs }),
    ].map(({ user }) => user)
    expect(users).toEqual(['ada', 'bo', 'other', 'bo'])
  })
})

describe('models that callers address by their provider', () => {
  test('are bounded alike, and what is beyond is summed for the provider', () => {
    const { names, of } = given()
    const models = ['openai/a', 'openai/b', 'openai/c', 'main/x/y', 'openai/a'].map((model) => of({ model }).model)
    expect(models).toEqual(['openai/a', 'openai/b', 'openai/*', 'main/*', 'openai/a'])
    expect(names.others).toEqual({ user: 0, model: 2 })
  })

  test('those of the configuration are not', () => {
    const { of } = given(0)
    expect(['fast', '', 'team/fast', 'openai/a'].map((model) => of({ model }).model)).toEqual([
      'fast',
      '',
      'team/fast',
      'openai/*',
    ])
  })
})

test('all keys of a partition together have a bound too', () => {
  const { names, of } = given(10_000)
  const keys = Math.ceil(bounds.usageNamesMax / 10_000) + 1
  let last = ''
  for (let key = 0; key < keys; key++)
    for (let i = 0; i < 10_000; i++) last = of({ keyId: `k${key}`, user: `u${i}` }).user
  expect([last, names.others.user]).toEqual(['other', keys * 10_000 - bounds.usageNamesMax])
})
