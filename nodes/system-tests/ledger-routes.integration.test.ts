// The routes of the ledger, over real HTTP and a real database.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { monthAt } from '../../shared/time/calendar-month.ts'
import { ask } from '../control/testing/started-control.ts'
import { type LedgerNode, ledgerNode } from './test-ledger-node.ts'

let node: LedgerNode
const now = Date.now()
const thisMonth = monthAt('Europe/Berlin', now)
const lastMonth = monthAt('Europe/Berlin', thisMonth.startMs - 1)
const before = monthAt('Europe/Berlin', lastMonth.startMs - 1)

beforeAll(async () => {
  node = await ledgerNode()
})
afterAll(() => node.remove())

async function items(query = '') {
  const told = await node.get(`/ledger${query}`)
  expect(told.status).toBe(200)
  return told.json.items as Record<string, unknown>[]
}

const count = async () => (await items('?limit=1000')).length

describe('the list', () => {
  beforeAll(async () => {
    node.send({ requestId: 'first', costNanoUsd: 9_007_199_254_740_991, team: 'search', costCenter: '4711' })
    node.send({
      requestId: 'second',
      costNanoUsd: 1,
      user: '=HYPERLINK("http://evil")',
      app: 'a,b',
      settlement: 'bound',
    })
    await vi.waitFor(async () => expect(await count()).toBe(2))
  })

  test('tells each event in full, the newest first, with exact amounts', async () => {
    const [second, first] = await items()
    expect(first).toMatchObject({
      id: 'first/0',
      kind: 'charge',
      requestId: 'first',
      attempt: 0,
      settlement: 'reported',
      outcome: 'ok',
      team: 'search',
      costCenter: '4711',
      provider: 'openai',
      costNanoUsd: '9007199254740991',
      costUsd: 9_007_199.254740991,
      correctsMonth: '',
    })
    expect(second).toMatchObject({ id: 'second/0', settlement: 'bound', costNanoUsd: '1' })
  })

  test.each([
    ['requestId=first', ['first/0']],
    ['team=search&costCenter=4711', ['first/0']],
    ['settlement=bound', ['second/0']],
    ['team=nobody', []],
    ['kind=correction', []],
    [`from=${new Date(now + 3_600_000).toISOString()}`, []],
    [`to=${new Date(now - 3_600_000).toISOString()}`, []],
    [`from=${new Date(now - 3_600_000).toISOString()}`, ['second/0', 'first/0']],
  ])('%s', async (query, ids) => {
    expect((await items(`?${query}`)).map(({ id }) => id)).toEqual(ids)
  })

  test('as CSV no cell is a formula', async () => {
    const told = await node.get('/ledger', { accept: 'text/csv' })
    expect(told.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present')
    const [head, second, first, end] = told.text.split('\r\n')
    expect(head).toMatch(/^id,kind,at,bookedAt,requestId,.*,costUsd,costNanoUsd,savedUsd,savedNanoUsd$/)
    expect(second).toContain(`,"'=HYPERLINK(""http://evil"")","a,b",`)
    expect(first).toContain(',9007199.254740991,9007199254740991,')
    expect(end).toBe('')
  })

  test('a page of CSV says where the next one begins, and pages put together are the file', async () => {
    const whole = await node.get('/ledger?format=csv')
    const first = await node.get('/ledger?format=csv&limit=1')
    const next = first.headers.get('x-headgate-next')
    const second = await node.get(`/ledger?format=csv&limit=1&before=${next}`)
    expect(second.headers.get('content-type')).toContain('header=absent')
    expect(first.text + second.text).toBe(whole.text)
  })

  test('usage has the same sum', async () => {
    const [row] = (await node.get('/usage?groupBy=team')).json.rows as { costUsd: number }[]
    const [sum] = (await node.get(`/ledger:sums?groupBy=team&from=1970-01-01T00:00:00Z&to=2100-01-01T00:00:00Z`)).json
      .rows
    expect(sum).toMatchObject({ team: 'search', events: 2, costNanoUsd: '9007199254740992' })
    expect(row?.costUsd).toBe(sum.costUsd)
  })
})

test('a long file is sent page by page, each event once', async () => {
  const requests = Array.from({ length: 2_500 }, (_, index) => ({
    requestId: `long-${index}`,
    team: 'long',
    costNanoUsd: 1,
  }))
  node.send(...requests)
  await expect
    .poll(async () => (await node.get('/ledger?team=long&limit=1000')).json.next, { timeout: 10_000 })
    .toBeDefined()
  const { text } = await node.get('/ledger?team=long&format=csv')
  const ids = text
    .trimEnd()
    .split('\r\n')
    .slice(1)
    .map((line) => line.split(',')[0])
  expect(new Set(ids).size).toBe(2_500)
  expect(ids).toHaveLength(2_500)
}, 30_000)

describe('what is asked wrongly', () => {
  test.each<[string, string, string]>([
    ['/ledger?from=yesterday', 'query.from', 'expected a time'],
    ['/ledger?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z', 'query.to', 'is not after `from`'],
    ['/ledger?before=nonsense', 'query.before', 'is not a cursor of this list'],
    ['/ledger?before=WzEsMl0', 'query.before', 'is not a cursor of this list'],
    ['/ledger?limit=0', 'query.limit', 'from 1 to 1000'],
    ['/ledger?settlement=paid', 'query.settlement', 'reported'],
    ['/ledger?kind=refund', 'query.kind', 'charge'],
    ['/ledger?format=xlsx', 'query.format', 'csv'],
    ['/ledger?tenant=x', 'query.tenant', 'is not a parameter of this path'],
    ['/ledger:sums?from=2026-01-01T00:00:00Z&to=2026-01-01T00:07:00Z', 'query.to', 'quarter of an hour'],
    ['/ledger:sums?groupBy=model&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z', 'query.groupBy', 'costCenter'],
    ['/ledger:months?timeZone=Europe/Bielefeld', 'query.timeZone', 'is not a time zone'],
    ['/ledger:months?from=2026-13', 'query.from', 'is not a month'],
    ['/ledger:months?from=2026-05&to=2026-04', 'query.to', 'is before `from`'],
    ['/ledger:months?from=2001-01', 'query.from', 'more than 36 months'],
    ['/ledger:verify?partition=16', 'query.partition', 'from 0 to 15'],
    ['/ledger:verify?partition=0&after=chain.x', 'query.after', 'is not a cursor'],
  ])('%s', async (path, where, why) => {
    const told = await node.get(path)
    expect(told.status).toBe(422)
    expect(told.json.problems).toEqual([{ path: where, message: expect.stringContaining(why) }])
  })

  test.each([
    [{}, ['month']],
    [{ month: '2026-13' }, ['month']],
    [{ month: 'november' }, ['month']],
    [{ month: '2026-10', timeZone: 'Mars/Olympus' }, ['timeZone']],
    [{ month: '2026-10', acceptMissing: 'yes' }, ['acceptMissing']],
    [{ month: '2026-10', total: 5 }, ['total']],
    [{ month: thisMonth.name }, ['month']],
  ])('close of %j', async (body, where) => {
    const told = await node.post('/ledger:close', body)
    expect([told.status, told.json.problems.map(({ path }: { path: string }) => path)]).toEqual([422, where])
  })

  test.each(['/ledger', '/ledger:sums', '/ledger:months', '/ledger:verify?partition=0'])(
    '%s without rights',
    async (path) => {
      expect((await ask(`${node.control.url}/api/v1${path}`, 'GET')).status).toBe(401)
      const headers = { authorization: 'Bearer hg_a-key-of-a-caller' }
      expect((await ask(`${node.control.url}/api/v1${path}`, 'GET', undefined, headers)).status).toBe(401)
    },
  )

  test('a close without rights', async () => {
    expect((await ask(`${node.control.url}/api/v1/ledger:close`, 'POST', { month: '2026-01' })).status).toBe(401)
  })
})

describe('months', () => {
  const inLast = { atMs: lastMonth.endMs - 60_000 }

  beforeAll(async () => {
    node.send({ ...inLast, costNanoUsd: 700, costCenter: 'a' }, { ...inLast, costNanoUsd: 50, costCenter: 'b' })
    node.send({ atMs: before.endMs - 1, costNanoUsd: 9, costCenter: 'a' })
    await vi.waitFor(async () => expect((await monthOf(before.name))?.['total']).toMatchObject({ costNanoUsd: '9' }))
  })

  async function monthOf(name: string): Promise<Record<string, unknown> | undefined> {
    const told = await node.get(`/ledger:months?timeZone=Europe/Berlin&from=${before.name}`)
    return told.json.months.find(({ month }: { month: string }) => month === name)
  }

  test('are those of the time zone, with what each cost centre has cost', async () => {
    expect(await monthOf(lastMonth.name)).toMatchObject({
      status: 'open',
      from: new Date(lastMonth.startMs).toISOString(),
      to: new Date(lastMonth.endMs).toISOString(),
      total: { events: 2, costNanoUsd: '750' },
      costCenters: [
        { costCenter: 'a', costNanoUsd: '700', corrections: [] },
        { costCenter: 'b', costNanoUsd: '50', corrections: [] },
      ],
    })
  })

  test('records that may be missing refuse a close, which says what is missing', async () => {
    node.beat({ node: 'proxy-9', queues: { intents: { length: 3, dropped: 0 } } })
    await expect.poll(async () => (await node.get('/nodes')).json.nodes.length).toBeGreaterThan(0)
    // Silent by the time of the question.
    await new Promise((resume) => setTimeout(resume, 5_500))
    const told = await node.post('/ledger:close', { month: lastMonth.name, timeZone: 'Europe/Berlin' })
    expect(told.status).toBe(409)
    expect(told.json.problems).toEqual([
      { path: 'month', message: expect.stringMatching(/^proxy proxy-9 has been silent for \d+ s$/) },
    ])
  }, 20_000)

  test('a close stands: what comes later is booked in the present month, and says which one it corrects', async () => {
    const asked = { month: lastMonth.name, timeZone: 'Europe/Berlin', acceptMissing: true }
    const closed = await node.post('/ledger:close', asked)
    expect(closed.json).toMatchObject({
      month: lastMonth.name,
      status: 'closed',
      total: { costNanoUsd: '750' },
      missing: [expect.stringContaining('proxy-9')],
    })
    // Another way to say it, and the same again.
    for (const body of [asked, { month: lastMonth.name }]) {
      const again = await node.post('/ledger:close', body)
      expect([again.status, again.json]).toEqual([200, closed.json])
    }
    node.send({ ...inLast, requestId: 'late', costNanoUsd: 33, costCenter: 'b' })
    await expect.poll(async () => items('?requestId=late')).toMatchObject([{ correctsMonth: lastMonth.name }])
    expect(await monthOf(lastMonth.name)).toEqual(closed.json)
    const present = await monthOf(thisMonth.name)
    const b = (present?.['costCenters'] as { costCenter: string }[] | undefined)?.find(
      ({ costCenter }) => costCenter === 'b',
    )
    expect(b).toMatchObject({
      costNanoUsd: '33',
      corrections: [{ month: lastMonth.name, events: 1, costNanoUsd: '33' }],
    })
    expect(await items('?kind=month-close')).toMatchObject([{ id: lastMonth.name, costNanoUsd: '0' }])
  })

  test('a month in another zone than those that are closed is refused, because it would overlap', async () => {
    const told = await node.post('/ledger:close', { month: before.name, timeZone: 'UTC' })
    expect([told.status, told.json.problems[0].path]).toEqual([422, 'timeZone'])
  })

  test('all of it is proven', async () => {
    const slices: { faults: unknown[]; compared?: number }[] = []
    for (let after = ''; ; ) {
      const { json } = await node.get(`/ledger:verify?partition=0${after === '' ? '' : `&after=${after}`}`)
      slices.push(json)
      if (json.next === undefined) break
      after = json.next
    }
    expect(slices.flatMap(({ faults }) => faults)).toEqual([])
    expect(slices.reduce((sum, { compared = 0 }) => sum + compared, 0)).toBeGreaterThan(3)
  })
})
