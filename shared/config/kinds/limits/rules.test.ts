import { expect, test } from 'vitest'
import { Gateway, problemsOf, smallGateway } from '../../test-config.ts'

const daily = { per: 'user', requests: 1_000, window: '1d' }

test.each<[string, Record<string, unknown>, string]>([
  [
    'no amount',
    { requests: undefined },
    'limits.x: expected one of requests, repeats, tokens, inputTokens, outputTokens, concurrency, usd, wallTime',
  ],
  ['two amounts', { usd: 5 }, 'limits.x.usd: a limit counts one thing, and this one has requests already'],
  ['a negative amount', { requests: -1 }, 'limits.x.requests: expected a number of more than 0'],
  ['half a request', { requests: 0.5 }, 'limits.x.requests: expected a whole number, found a number'],
  ['no window', { window: undefined }, 'limits.x.window: is required, such as 1m, 1h, 1d or 1mo'],
  [
    'a window that nobody can hold',
    { window: '10y' },
    'limits.x.window: expected a duration from 1s to 90d, such as 1m, 1h or 1d, or 1mo for a calendar month',
  ],
  [
    'a window without a unit',
    { window: '60' },
    'limits.x.window: expected a duration from 1s to 90d, such as 1m, 1h or 1d, or 1mo for a calendar month',
  ],
  [
    'a rolling month',
    { window: '1mo', reset: 'rolling' },
    'limits.x.reset: a month is a calendar window; write 30d for a rolling one',
  ],
  [
    'a calendar week',
    { window: '7d', reset: 'calendar' },
    'limits.x.window: a calendar window is one of 1m, 1h, 1d, 1mo',
  ],
  [
    'an unknown time zone',
    { timeZone: 'Mars/Olympus' },
    'limits.x.timeZone: expected an IANA time zone such as Europe/Berlin',
  ],
  [
    'a time zone of a rolling window',
    { window: '1m', timeZone: 'UTC' },
    'limits.x.timeZone: only calendar windows have a time zone',
  ],
  [
    'a window of concurrency',
    { requests: undefined, concurrency: 2 },
    'limits.x.window: requests at the same time have no window',
  ],
  [
    'an unknown subject',
    { per: 'planet' },
    'limits.x.per: expected one of key, session, user, app, team, costCenter, model, provider, target, org or metadata.<name>',
  ],
])('%s is refused with its path', (_, change, problem) => {
  const input = Object.fromEntries(Object.entries({ ...daily, ...change }).filter(([, value]) => value !== undefined))
  expect(problemsOf(new Gateway().put('limits', 'x', input))).toEqual([problem])
})

test.each<[string, Record<string, unknown>, string]>([
  ['half a request', { requests: 5, overrides: { ann: 0.5 } }, 'expected a whole number up to 1000000000000'],
  ['half a token', { tokens: 5, overrides: { ann: 1.5 } }, 'expected a whole number up to 1000000000000'],
  [
    'too many places',
    { concurrency: 5, window: undefined, overrides: { ann: 1e7 } },
    'expected a whole number up to 1000000',
  ],
  ['less than can be counted', { usd: 5, overrides: { ann: 1e-9 } }, 'expected a number from 0.000001 to 1000000'],
  ['more than can be counted', { usd: 5, overrides: { ann: 1e7 } }, 'expected a number from 0.000001 to 1000000'],
])('an override of %s is refused like such an amount', (_, change, problem) => {
  const { requests: _requests, ...rest } = { ...daily, ...change } as Record<string, unknown>
  const spec = { ...rest, ...('requests' in change ? { requests: change['requests'] } : {}) }
  const input = Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== undefined))
  expect(problemsOf(new Gateway().put('limits', 'x', input))).toEqual([`limits.x.overrides.ann: ${problem}`])
})

test('whatever a limit matches must be there', () => {
  const match = { model: 'fsat', team: 'x', user: 'x', app: 'x', provider: 'x', target: 'y/gpt-4o', key: 'key_9' }
  expect(problemsOf(smallGateway().put('limits', 'x', { ...daily, match }))).toEqual([
    'limits.x.match.model: there is no model "fsat"; did you mean "fast"?',
    'limits.x.match.team: there is no team "x"',
    'limits.x.match.user: there is no user "x"',
    'limits.x.match.app: there is no app "x"',
    'limits.x.match.provider: there is no provider "x"',
    'limits.x.match.target: there is no provider "y"',
    'limits.x.match.key: there is no key with the id "key_9"',
  ])
})

test.each(['gpt-4o', '/gpt-4o', 'up/', 'up/a b'])('%j is no target', (target) => {
  expect(problemsOf(smallGateway().put('limits', 'x', { ...daily, match: { target } }))).toEqual([
    "limits.x.match.target: expected provider/model, with the provider's name of the model",
  ])
})

test('a model with a limit is not deleted', () => {
  const gateway = smallGateway()
  gateway.put('limits', 'fast', { ...daily, match: { model: 'fast' } })
  expect(problemsOf(gateway.delete('models', 'fast'))).toEqual([
    'models.fast: cannot be deleted: still used by limits.fast.match.model',
  ])
})

test('there are at most 1024 limits', () => {
  const document = (count: number) =>
    JSON.stringify({ limits: Object.fromEntries(Array.from({ length: count }, (_, i) => [`l${i}`, daily])) })
  expect(problemsOf(new Gateway().apply(document(1_025)))).toEqual(['limits: expected at most 1024 limits'])
  expect(new Gateway().apply(document(1_024)).ok).toBe(true)
})

const runTime = { per: 'session', wallTime: '30m' }
const noWindow = 'expected a duration that is at least the wall time, such as 1d'

test.each<[string, Record<string, unknown>, string]>([
  ['of a key', { per: 'key' }, 'limits.x.per: a wall time is one of sessions: write session or metadata.<name>'],
  ['of no length', { wallTime: '0s' }, 'limits.x.wallTime: expected a duration from 1000ms to 90d'],
  [
    'of a number',
    { wallTime: 30 },
    'limits.x.wallTime: a duration has a unit: write 30s for seconds or 30ms for milliseconds',
  ],
  ['of a year', { wallTime: '365d' }, 'limits.x.wallTime: expected a duration from 1000ms to 90d'],
  ['that is forgotten before it is over', { window: '10m' }, `limits.x.window: ${noWindow}`],
  ['in a month of the calendar', { window: '1mo' }, `limits.x.window: ${noWindow}`],
  ['with a time zone', { timeZone: 'UTC' }, 'limits.x.timeZone: a limit of wall time has none'],
  ['with other amounts for some', { overrides: { a: 5 } }, 'limits.x.overrides: a limit of wall time has none'],
  [
    'and of requests',
    { requests: 5 },
    'limits.x.wallTime: a limit counts one thing, and this one has requests already',
  ],
  ['of a provider', { match: { provider: 'up' } }, 'limits.x.match.provider: a wall time counts no attempts'],
])('a wall time %s is refused with its path', (_, change, problem) => {
  expect(problemsOf(smallGateway().put('limits', 'x', { ...runTime, ...change }))).toContain(problem)
})

test('a wall time needs no window', () => {
  expect(smallGateway().put('limits', 'x', runTime).ok).toBe(true)
  expect(smallGateway().put('limits', 'x', { per: 'metadata.run', wallTime: '2h', window: '7d' }).ok).toBe(true)
})
