// Whom the overrides of a limit name, and what limits are called elsewhere.
import { expect, test } from 'vitest'
import { done } from '../../../result.ts'
import { Gateway, problemsOf, smallGateway } from '../../test-config.ts'

const daily = { requests: 1_000, window: '1d' }

function gateway(): Gateway {
  const made = smallGateway()
  made.put('teams', 'search', {})
  made.put('apps', 'robot', {})
  made.issueKey('key_1', { name: 'k', owner: { team: 'search' } })
  return made
}

test.each([
  ['team', 'serach', 'there is no team "serach"; did you mean "search"?'],
  ['app', 'robto', 'there is no app "robto"; did you mean "robot"?'],
  ['provider', 'u', 'there is no provider "u"'],
  ['model', 'fsat', 'there is no model "fsat"; did you mean "fast"?'],
  ['target', 'nobody/gpt-4o', 'there is no provider "nobody/gpt-4o"'],
  ['key', 'key_9', 'there is no key "key_9"'],
])('per %s, an override of %s changes nothing, and is refused', (per, subject, problem) => {
  const input = { ...daily, per, overrides: { [subject]: 5 } }
  const path = /^[\w-]+$/.test(subject) ? `.${subject}` : `["${subject}"]`
  expect(problemsOf(gateway().put('limits', 'x', input))).toEqual([`limits.x.overrides${path}: ${problem}`])
})

test.each([
  ['team', 'search'],
  ['app', 'robot'],
  ['provider', 'up'],
  ['model', 'fast'],
  ['model', 'up/whatever'],
  ['model', 'gpt-4o'],
  ['target', 'up/whatever'],
  ['key', 'key_1'],
  ['user', 'named-by-a-caller'],
  ['costCenter', '4711'],
  ['session', 'run-1'],
  ['metadata.run', 'a'],
])('per %s, %s may have an amount of its own', (per, subject) => {
  expect(problemsOf(gateway().put('limits', 'x', { ...daily, per, overrides: { [subject]: 5 } }))).toEqual([])
})

test('whom an override named may go, and the limit can be written all the same', () => {
  const made = gateway()
  made.put('limits', 'x', { ...daily, per: 'team', overrides: { search: 5 } })
  made.settle(done({ type: 'key-revoked', keyId: 'key_1' }))
  expect(problemsOf(made.delete('teams', 'search'))).toEqual([])
  expect(problemsOf(made.put('limits', 'x', { ...daily, per: 'team', overrides: { search: 6 } }))).toEqual([])
})

test.each([
  ['rpm', 'requests, with window: 1m'],
  ['tpm_limit', 'tokens, with window: 1m'],
  ['max_parallel_requests', 'concurrency'],
  ['budget_duration', 'window'],
])('%s is told as it is written here', (name, meant) => {
  expect(problemsOf(new Gateway().put('limits', 'x', { ...daily, per: 'key', [name]: 5 }))).toEqual([
    `limits.x.${name}: is written ${meant}`,
  ])
})

test.each(['teams', 'users', 'apps'] as const)('limits at %s themselves are told where they belong', (kind) => {
  expect(problemsOf(new Gateway().put(kind, 'x', { max_budget: 5 }))).toEqual([
    `${kind}.x.max_budget: limits and budgets are resources of their own: see limits and budgets, which name whom they count`,
  ])
})

test('of two bounds of a whole number the tighter one is told', () => {
  expect(problemsOf(new Gateway().put('limits', 'x', { per: 'key', window: '1d', requests: 1e308 }))).toEqual([
    'limits.x.requests: expected a number of at most 1000000000000',
  ])
})
