// Limits, budgets, prices and blocks that make no sense: refused with their path however they are written: by PUT, in an applied document, and
// in the file of a start. Nothing of them is stored.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { StartRefused } from './first-writes.ts'
import { ControlStarts } from './testing/control-starts.ts'
import type { StartedControl, Told } from './testing/started-control.ts'

const team = { team: 'default' }
const daily = { ...team, usd: 5, window: '1d' }
const perKey = { per: 'key', window: '1d' }
const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`u${n}`, 5]))

type Row = readonly [what: string, kind: 'limits' | 'budgets' | 'blocks', spec: unknown, path: string]

const rows: readonly Row[] = [
  ['a negative limit', 'limits', { ...perKey, requests: -1 }, 'limits.bad.requests'],
  ['a limit of nothing', 'limits', { ...perKey, requests: 0 }, 'limits.bad.requests'],
  ['half a token', 'limits', { ...perKey, tokens: 0.5 }, 'limits.bad.tokens'],
  ['a text for an amount', 'limits', { ...perKey, requests: '10' }, 'limits.bad.requests'],
  ['an amount beyond all numbers', 'limits', { ...perKey, tokens: 1e300 }, 'limits.bad.tokens'],
  ['a cost below a nano-dollar', 'limits', { ...perKey, usd: 1e-10 }, 'limits.bad.usd'],
  ['a window that nobody can hold', 'limits', { ...perKey, requests: 1, window: '10y' }, 'limits.bad.window'],
  ['a window of nothing', 'limits', { ...perKey, requests: 1, window: '0s' }, 'limits.bad.window'],
  ['a window of 200 days', 'limits', { ...perKey, requests: 1, window: '200d' }, 'limits.bad.window'],
  ['an unknown time zone', 'limits', { ...perKey, requests: 1, timeZone: 'Mars/Olympus' }, 'limits.bad.timeZone'],
  ['an empty time zone', 'limits', { ...perKey, requests: 1, timeZone: '' }, 'limits.bad.timeZone'],
  ['two amounts', 'limits', { ...perKey, requests: 1, usd: 1 }, 'limits.bad.usd'],
  ['an unknown subject', 'limits', { per: 'planet', requests: 1, window: '1d' }, 'limits.bad.per'],
  ['a team that nobody has', 'limits', { ...perKey, requests: 1, match: { team: 'ghost' } }, 'limits.bad.match.team'],
  [
    'an override below nothing',
    'limits',
    { ...perKey, requests: 1, overrides: { ann: -5 } },
    'limits.bad.overrides.ann',
  ],
  [
    'more overrides than are kept',
    'limits',
    { ...perKey, requests: 1, overrides: many(1_001) },
    'limits.bad.overrides',
  ],
  ['an unknown field', 'limits', { ...perKey, requests: 1, spend: 0 }, 'limits.bad.spend'],
  ['a wall time of a key', 'limits', { per: 'key', wallTime: '1h' }, 'limits.bad.per'],
  ['a negative budget', 'budgets', { ...daily, usd: -5 }, 'budgets.bad.usd'],
  ['a budget of 1e-9 USD', 'budgets', { ...daily, usd: 1e-9 }, 'budgets.bad.usd'],
  ['a budget of 1e15 USD', 'budgets', { ...daily, usd: 1e15 }, 'budgets.bad.usd'],
  ['a budget that is a text', 'budgets', { ...daily, usd: '5' }, 'budgets.bad.usd'],
  ['another currency', 'budgets', { ...daily, usd: undefined, eur: 5 }, 'budgets.bad.eur'],
  ['an owner that nobody has', 'budgets', { ...daily, team: 'ghost' }, 'budgets.bad.team'],
  ['two owners', 'budgets', { ...daily, costCenter: '1' }, 'budgets.bad.costCenter'],
  ['no owner', 'budgets', { usd: 5, window: '1d' }, 'budgets.bad'],
  ['a window of a week', 'budgets', { ...daily, window: '7d' }, 'budgets.bad.window'],
  ['the time zone of no place', 'budgets', { ...daily, timeZone: '+25:00' }, 'budgets.bad.timeZone'],
  ['what is spent already', 'budgets', { ...daily, spent: 0 }, 'budgets.bad.spent'],
  ['a threshold beyond the amount', 'budgets', { ...daily, alertAt: [2] }, 'budgets.bad.alertAt[0]'],
  [
    'a webhook at a metadata service',
    'budgets',
    { ...daily, alertAt: [0.5], webhook: 'http://169.254.169.254/x' },
    'budgets.bad.webhook',
  ],
  ['a block of nobody', 'blocks', { match: {} }, 'blocks.bad.match'],
  ['a block until no time', 'blocks', { match: { session: 'a' }, until: 'tomorrow' }, 'blocks.bad.until'],
]

const controls = new ControlStarts()
let control: StartedControl
beforeAll(async () => {
  control = await controls.start({})
})
afterAll(async () => {
  await controls.end()
})

const pathsOf = ({ json }: Told): string[] => (json.problems ?? []).map(({ path }: { path: string }) => path)

async function startWith(document: unknown): Promise<string> {
  const path = join(controls.folder, 'headgate.yaml')
  writeFileSync(path, JSON.stringify(document))
  const refused = await controls.start({ variables: { HEADGATE_CONFIG: path } }).catch((error: unknown) => error)
  if (!(refused instanceof StartRefused)) throw new Error('it started')
  return refused.message
}

describe.each(rows)('%s', (_, kind, spec, path) => {
  test('is refused by PUT and in an applied document, and nothing is stored', async () => {
    const before = (await control.admin('GET', '/config')).json.hash
    const put: Told = await control.admin('PUT', `/${kind}/bad`, spec)
    expect([put.status, pathsOf(put)]).toEqual([422, expect.arrayContaining([path])])
    const applied: Told = await control.admin('POST', '/apply', { [kind]: { bad: spec } })
    expect([applied.status, pathsOf(applied)]).toEqual([422, expect.arrayContaining([path])])
    expect((await control.admin('GET', '/config')).json.hash).toBe(before)
  })
})

test('the file of a start is refused with the path of every one of them at once', async () => {
  const document: Record<string, Record<string, unknown>> = {}
  for (const [index, [, kind, spec]] of rows.entries()) {
    document[kind] ??= {}
    document[kind][`bad${index}`] = spec
  }
  const message = await startWith(document)
  for (const [index, [what, , , path]] of rows.entries())
    expect([what, message]).toEqual([what, expect.stringContaining(path.replace('.bad', `.bad${index}`))])
})

test.each([['.nan'], ['.inf'], ['1e400']])('an amount of %s in a file is refused with its path', async (amount) => {
  const path = join(controls.folder, 'headgate.yaml')
  writeFileSync(path, `budgets:\n  bad: { costCenter: "1", window: 1d, usd: ${amount} }\n`)
  const refused = await controls.start({ variables: { HEADGATE_CONFIG: path } }).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(StartRefused)
  expect((refused as Error).message).toContain('budgets.bad.usd')
})

test('a second budget of one owner and window is refused by PUT, in a document, and in the file of a start', async () => {
  const two = { budgets: { one: daily, two: { ...daily, usd: 6 } } }
  expect((await control.admin('PUT', '/budgets/one', daily)).status).toBe(200)
  expect(pathsOf(await control.admin('PUT', '/budgets/two', daily))).toEqual(['budgets.two.window'])
  expect(pathsOf(await control.admin('POST', '/apply', two))).toEqual(['budgets.two.window'])
  expect(await startWith(two)).toContain('budgets.two.window')
  expect((await control.admin('GET', '/budgets/two')).status).toBe(404)
})
