import { expect, test } from 'vitest'
import {
  backOff,
  type Credential,
  CredentialHealthTable,
  credentialNamed,
  drawCredential,
  recovered,
} from './credential.ts'

test('credentials are drawn by weight', () => {
  const both = [credential('a', 1), credential('b', 3)]
  expect([0, 0.24, 0.26, 0.99].map((chance) => drawCredential(both, 0, () => chance).name)).toEqual([
    'a',
    'a',
    'b',
    'b',
  ])
})

test('a credential that was rejected is not drawn for a while', () => {
  const [a, b] = [credential('a'), credential('b')]
  backOff(a.health, 1_000)
  expect(drawCredential([a, b], 10_999, () => 0).name).toBe('b')
  expect(drawCredential([a, b], 11_000, () => 0).name).toBe('a')
})

test('where every credential was rejected, all of them are drawn from', () => {
  const [a, b] = [credential('a'), credential('b')]
  backOff(a.health, 0)
  backOff(b.health, 0)
  expect(drawCredential([a, b], 1, () => 0.9).name).toBe('b')
})

test('the pause doubles with each rejection in a row, up to ten minutes', () => {
  const { health } = credential('a')
  const pauses = Array.from({ length: 8 }, () => {
    backOff(health, 0)
    return health.refusedUntilMs
  })
  expect(pauses).toEqual([10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 600_000, 600_000])
})

test('a success ends the pause and its growth', () => {
  const { health } = credential('a')
  backOff(health, 0)
  backOff(health, 0)
  recovered(health)
  expect(health).toEqual({ refusedUntilMs: 0, refusals: 0 })
})

test('a rotated secret begins without a history', () => {
  const table = new CredentialHealthTable()
  backOff(table.of('p/main/old'), 0)
  expect(table.of('p/main/old').refusals).toBe(1)
  expect(table.of('p/main/new').refusals).toBe(0)
})

test('a credential is found by its name', () => {
  const both = [credential('a'), credential('b')]
  expect(credentialNamed(both, 'b')?.name).toBe('b')
  expect(credentialNamed(both, 'c')).toBeUndefined()
  expect(credentialNamed(both, undefined)).toBeUndefined()
})

function credential(name: string, weight = 1): Credential {
  return { name, weight, headerLines: '', health: { refusedUntilMs: 0, refusals: 0 } }
}
