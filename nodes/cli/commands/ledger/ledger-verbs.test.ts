import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../../../shared/clock.ts'
import { done, fail } from '../../../../shared/result.ts'
import type { AdminRequest } from '../../admin-client.ts'
import { exitCode } from '../../exit-code.ts'
import type { VerbContext } from '../../verb.ts'
import { exportLedger } from './export.ts'
import { verifyLedger } from './verify.ts'

const status = {
  name: 'b',
  mode: 'hard',
  limitUsd: 5,
  spentUsd: 2,
  reservedUsd: 1,
  unsureUsd: 0,
  grantedUsd: 4,
  returnedUsd: 1,
  startedAt: '2026-11-01T00:00:00.000Z',
  resetsAt: '2026-12-01T00:00:00.000Z',
}
const slice = { partition: 0, boot: '', stage: 'chain', events: 2, faults: [], digest: 'abcd' }
const hours = [[5, '2', '2000000000', '0']]
const chain = { ...slice, hours, sums: hours, firstHour: 0, next: 'usage.5' }
const usage = { ...slice, stage: 'usage', events: 0, compared: 1 }

interface World {
  readonly status?: object
  /** What the ledger has for the owner, in nano-dollars. */
  readonly ledger?: string
  readonly answers?: Readonly<Record<string, unknown>>
}

/** Answers by the beginning of the path. */
function answersOf({ status: over = {}, ledger = '2000000000', answers = {} }: World): Record<string, unknown> {
  return {
    ...answers,
    '/ledger:verify?partition=0&after=usage': usage,
    '/ledger:verify?partition=0': chain,
    '/ledger:verify': { partitions: [0] },
    '/budgets?': { items: [{ name: 'b', spec: { team: 't', usd: 5, window: '1mo' } }] },
    '/budgets:status': { budgets: [{ ...status, ...over }] },
    '/budgets/b': { revision: 7 },
    '/events?after=6': { events: [{ at: '2026-10-01T00:00:00.000Z' }] },
    '/ledger:sums': { rows: [{ team: 't', costNanoUsd: ledger }] },
  }
}

async function run(world: World, verb = verifyLedger, json = false) {
  const out: string[] = []
  const answers = { ...answersOf(world), ...world.answers }
  const clock = new ManualClock(Date.UTC(2026, 10, 20))
  const call = ({ path }: AdminRequest) => {
    clock.advance(10_000)
    const found = Object.keys(answers)
      .sort((a, b) => b.length - a.length)
      .find((one) => path.startsWith(one))
    if (found === undefined) return Promise.resolve(fail({ code: exitCode.no, message: path }))
    return Promise.resolve(done(answers[found] as Record<string, unknown>))
  }
  const context = {
    environment: {},
    json,
    clock: {
      ...clock,
      wallMs: () => clock.wallMs(),
      after(_: number, then: () => void) {
        then()
        return { cancel() {} }
      },
    },
    client: { call },
    signal: new AbortController().signal,
    terminal: {
      out: (text: string) => void out.push(text),
      err: (text: string) => void out.push(text),
      write: async (text: string) => void out.push(text),
      colours: false,
    },
  } as unknown as VerbContext
  return { code: await verb(context), text: out.join('\n') }
}

test('what holds is told in a table, with exit code 0', async () => {
  const { code, text } = await run({})
  expect(code).toBe(exitCode.ok)
  expect(text).toBe(
    [
      'PARTITION  EVENTS  USD          USAGE SUMS  DIGEST  VERDICT',
      '0          2       2.000000000  1           abcd    ok',
      '',
      'BUDGET  GRANTED      SPENT        OPEN         RETURNED     LEDGER       VERDICT  NOTE',
      'b       4.000000000  2.000000000  1.000000000  1.000000000  2.000000000  ok',
      '',
      'The ledger is proven.',
    ].join('\n'),
  )
})

describe('what does not hold', () => {
  const cases: [string, World, string][] = [
    [
      'a chain',
      { answers: { '/ledger:verify?partition=0': { ...chain, faults: [{ type: 'chain', message: 'x' }] } } },
      'partition 0: chain: x',
    ],
    [
      'sums that are not those of the events',
      { answers: { '/ledger:verify?partition=0': { ...chain, sums: [[5, '2', '1999999999', '0']] } } },
      'partition 0: sums: 1970-01-01T05:00:00.000Z: events 2 2000000000 0, kept sums 2 1999999999 0',
    ],
    [
      'grants',
      { status: { returnedUsd: 0 } },
      'budget b: granted 4000000000 is not spent 2000000000 + open 1000000000 + given back 0 nano-USD',
    ],
    ['a hard budget', { status: { limitUsd: 1 } }, 'budget b: spent 2000000000 of 1000000000 nano-USD'],
    ['less in the ledger', { ledger: '1999999999' }, 'budget b: it has 2000000000 nano-USD, and the ledger 1999999999'],
    ['more in the ledger', { ledger: '2000000001' }, 'budget b: it has 2000000000 nano-USD, and the ledger 2000000001'],
  ]
  test.each(cases)('%s', async (_, world, told) => {
    const { code, text } = await run(world)
    expect(code).toBe(exitCode.no)
    expect(text).toContain(told)
    expect(text).toContain('The ledger is NOT proven.')
  })
})

describe('a difference with a reason is no fault', () => {
  const cases: [string, World, string][] = [
    [
      'bounds of killed proxies',
      { ledger: '1500000000', status: { unsureUsd: 0.5 } },
      '500000000 nano-USD are bounds of proxies that were killed',
    ],
    [
      'a soft budget after a kill',
      { ledger: '2000000001', status: { mode: 'soft' } },
      'soft: a kill can lose a second of its count',
    ],
    [
      'a budget that is younger than its window',
      { ledger: '2000000001', answers: { '/events?after=6': { events: [{ at: '2026-11-19T00:00:00.000Z' }] } } },
      'it was written at 2026-11-19T00:00:00.000Z, within its window',
    ],
  ]
  test.each(cases)('%s', async (_, world, note) => {
    const { code, text } = await run(world)
    expect([code, text]).toEqual([exitCode.ok, expect.stringContaining(note)])
  })
})

test('an aggregator that takes over in the middle is read from the beginning', async () => {
  const { code, text } = await run({
    answers: { '/ledger:verify?partition=0&after=usage': { ...usage, boot: 'another' } },
  })
  expect([code, text]).toEqual([
    exitCode.no,
    expect.stringContaining('another aggregator answered each time: verify again'),
  ])
})

test('an export is one head and the lines of all pages', async () => {
  const item = (id: string) => ({ id, kind: 'charge', costNanoUsd: '-1', savedNanoUsd: '0', user: '@x' })
  const answers = {
    '/ledger?limit=1000': { items: [item('a')], next: 'n' },
    '/ledger?limit=1000&from=f&before=n': { items: [item('b')] },
  }
  const { code, text } = await run({ answers }, (context) => exportLedger(context, { from: 'f' }))
  expect(code).toBe(exitCode.ok)
  const lines = text.split('\r\n')
  expect(lines[0]).toMatch(/^id,kind,/)
  expect(lines.slice(1).map((line) => line.trim().split(',')[0])).toEqual(['a', 'b', ''])
  expect(text).toContain(",'@x,")
  expect(text).toContain('-0.000000001,-1')
})

test('an export that would lack events is refused', async () => {
  const answers = { '/ledger?limit=1000': { items: [], stale: [{ partition: 3, ageMs: 1 }] } }
  const { code, text } = await run({ answers }, (context) => exportLedger(context, {}))
  expect([code, text]).toEqual([exitCode.no, expect.stringContaining('no aggregator that is up to date')])
})
