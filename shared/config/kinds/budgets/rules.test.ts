import { expect, test } from 'vitest'
import { Gateway, problemsOf, smallGateway } from '../../test-config.ts'

const monthly = { costCenter: '4711', usd: 500, window: '1mo' }

test.each<[string, Record<string, unknown>, string]>([
  ['no owner', { costCenter: undefined }, 'budgets.x: expected one of team, user, app, key, costCenter'],
  ['two owners', { key: 'key_1' }, 'budgets.x.costCenter: a budget has one owner, and this one has a key already'],
  ['no amount', { usd: undefined }, 'budgets.x.usd: is required'],
  ['a negative amount', { usd: -1 }, 'budgets.x.usd: expected a number of at least 0.000001'],
  ['an amount of nothing', { usd: 0 }, 'budgets.x.usd: expected a number of at least 0.000001'],
  ['no window', { window: undefined }, 'budgets.x.window: is required'],
  ['a rolling window', { window: '30d' }, 'budgets.x.window: expected one of 1h, 1d, 1mo'],
  [
    'an unknown time zone',
    { timeZone: 'Mars/Olympus' },
    'budgets.x.timeZone: expected an IANA time zone such as Europe/Berlin',
  ],
  ['another mode', { mode: 'firm' }, 'budgets.x.mode: expected one of hard, soft'],
  [
    'an alert beyond the amount',
    { alertAt: [0.5, 1.2] },
    'budgets.x.alertAt[1]: expected a part of more than 0 and up to 1, such as 0.8',
  ],
  [
    'alerts out of order',
    { alertAt: [0.9, 0.5] },
    'budgets.x.alertAt: expected parts in rising order, such as [0.8, 0.95]',
  ],
  [
    'a webhook that nothing is told to',
    { webhook: 'https://hooks.example/x' },
    'budgets.x.alertAt: is required beside a webhook: the parts at which it is told, such as [0.8, 0.95]',
  ],
  ['a webhook at a metadata service', { webhook: 'http://169.254.169.254/', alertAt: [0.5] }, 'budgets.x.webhook: '],
  [
    'a webhook with a weak secret',
    { webhook: { url: 'https://hooks.example/x', secret: 'short' }, alertAt: [0.5] },
    'budgets.x.webhook.secret: ',
  ],
])('%s is refused with its path', (_, change, problem) => {
  const input = Object.fromEntries(Object.entries({ ...monthly, ...change }).filter(([, value]) => value !== undefined))
  const told = problemsOf(new Gateway().put('budgets', 'x', input))
  expect(told.map((text) => text.slice(0, problem.length))).toContain(problem)
})

test.each<[string, Record<string, unknown>, string]>([
  ['team', { team: 'x' }, 'budgets.x.team: there is no team "x"'],
  ['user', { user: 'x' }, 'budgets.x.user: there is no user "x"'],
  ['app', { app: 'x' }, 'budgets.x.app: there is no app "x"'],
  ['key', { key: 'key_9' }, 'budgets.x.key: there is no key with the id "key_9"'],
])('the %s of a budget must be there', (_, owner, problem) => {
  expect(problemsOf(smallGateway().put('budgets', 'x', { ...owner, usd: 1, window: '1d' }))).toEqual([problem])
})

test('an owner has one budget of each window', () => {
  const gateway = new Gateway()
  expect(gateway.put('budgets', 'first', monthly).ok).toBe(true)
  expect(gateway.put('budgets', 'daily', { ...monthly, window: '1d' }).ok).toBe(true)
  expect(gateway.put('budgets', 'first', { ...monthly, usd: 600 }).ok).toBe(true)
  expect(problemsOf(gateway.put('budgets', 'second', { ...monthly, timeZone: 'Europe/Berlin' }))).toEqual([
    'budgets.second.window: the costCenter "4711" has a budget of 1mo already: "first"',
  ])
})

test('an owner with a budget is not deleted', () => {
  const gateway = new Gateway()
  gateway.put('teams', 'crew', {})
  gateway.put('budgets', 'x', { team: 'crew', usd: 1, window: '1d' })
  expect(problemsOf(gateway.delete('teams', 'crew'))).toEqual([
    'teams.crew: cannot be deleted: still used by budgets.x.team',
  ])
})

test('there are at most 1024 budgets', () => {
  const document = (count: number) =>
    JSON.stringify({
      budgets: Object.fromEntries(
        Array.from({ length: count }, (_, i) => [`b${i}`, { ...monthly, costCenter: `c${i}` }]),
      ),
    })
  expect(problemsOf(new Gateway().apply(document(1_025)))).toEqual(['budgets: expected at most 1024 budgets'])
  expect(new Gateway().apply(document(1_024)).ok).toBe(true)
})
