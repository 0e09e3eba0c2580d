// Budgets in a whole pipeline: what passes, what is rejected, and what is settled.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { BudgetDesk } from '../../../../cluster/budgets/budget-desk.ts'
import { MarkJournal } from '../../../../cluster/budgets/mark-journal.ts'
import { promptDisk } from '../../../../cluster/budgets/test-disk.ts'
import { TestRegister } from '../../../../cluster/budgets/test-register.ts'
import { ManualClock } from '../../../../shared/clock.ts'
import type { Outcome } from '../../accounting/outcome.ts'
import { type AskedCall, TestGateway } from '../../apis/test-gateway.ts'
import { InlineJobs } from '../../large/test-jobs.ts'
import { testRequest } from '../../request/test-request.ts'
import { openAiChat } from '../../streams/test-streams.ts'
import { Budgets } from './budgets.ts'

// A token of input costs 1,000 nano-dollars, one of output 2,000.
const question = { model: 'gpt', max_tokens: 10, messages: [{ role: 'user', content: 'hi' }] }
const bound = (JSON.stringify(question).length + 32) * 1_000 + 10 * 2_000
/** Each answer of the upstream has 7 input and 3 output tokens. */
const cost = 13_000
const noon = Date.parse('2026-11-30T12:00:00Z')
const usd = (nano: number) => nano / 1e9

let folder: string
let clock: ManualClock
let register: TestRegister
let desk: BudgetDesk
let gateway: TestGateway

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'budgets-'))
  clock = new ManualClock(noon)
  register = new TestRegister(clock)
  desk = openDesk('1')
  gateway = await TestGateway.open({ policies: [new Budgets({ desk, clock, jobs: new InlineJobs() })], clock })
})
afterEach(() => rmSync(folder, { recursive: true }))

function openDesk(boot: string): BudgetDesk {
  const journal = new MarkJournal(join(folder, 'marks'), promptDisk)
  const made = new BudgetDesk({ node: 'n1', boot, bus: register.bus(), clock, journal })
  made.start()
  return made
}

/** Lets messages come through, as time goes on. */
async function settle(isDone: () => boolean): Promise<void> {
  await vi.waitFor(
    () => {
      clock.advance(20)
      if (!isDone()) throw new Error('it is not done')
    },
    { interval: 2, timeout: 60_000 },
  )
}

const put = (spec: object, name = 'small') => gateway.put('budgets', name, { team: 'search', window: '1d', ...spec })

/** A call that has reached the upstream, or was answered. */
async function begun(asked: AskedCall = { body: question }) {
  const before = gateway.upstream.calls.length
  const { reply, body } = gateway.call(asked)
  await settle(() => reply.ended || gateway.upstream.calls.length > before)
  return { reply, body }
}

async function answered(asked?: AskedCall) {
  const { reply } = await begun(asked)
  if (!reply.ended) gateway.upstream.last.answer(200, openAiChat.whole('hello'))
  return reply
}

/** What the register knows after the next report. */
async function told(name = 'small') {
  clock.advance(1_000)
  let seen = await register.standings(name)
  for (let turn = 0; turn < 20; turn++) {
    if (turn % 10 === 9) clock.advance(1_000)
    await new Promise((resolve) => setTimeout(resolve, 2))
    seen = await register.standings(name)
  }
  return seen
}

describe('a hard budget', () => {
  test('pays for requests until one could cost more than is left', async () => {
    await put({ usd: usd(bound + cost) })
    expect([(await answered()).status, (await answered()).status]).toEqual([200, 200])
    const { status, text, headers } = await answered()
    expect(status).toBe(429)
    expect(JSON.parse(text).error).toMatchObject({ type: 'insufficient_quota', code: 'budget_exceeded' })
    expect(text).toContain(
      `The budget \`small\` of ${usd(bound + cost)} USD in 1d does not pay for this request: 0.000026 USD are spent`,
    )
    expect(text).toContain('It resets at 2026-12-01T00:00:00.000Z.')
    expect(headers[headers.indexOf('x-should-retry') + 1]).toBe('false')
    expect(headers).not.toContain('retry-after')
    expect(await told()).toMatchObject([{ settled: 2 * cost }])
  })

  test('does not pay for what it could never pay for', async () => {
    await put({ usd: usd(bound - 1) })
    expect((await answered()).status).toBe(429)
    expect(gateway.upstream.calls).toHaveLength(0)
  })

  test('asks another time where the rest is reserved for requests that are not finished', async () => {
    await put({ usd: usd(bound + cost) })
    const first = await begun()
    const { reply } = await begun()
    expect(reply.status).toBe(429)
    expect(reply.text).toContain('is reserved by requests that are not finished')
    expect(reply.headers[reply.headers.indexOf('x-should-retry') + 1]).toBe('true')
    gateway.upstream.last.answer(200, openAiChat.whole('hello'))
    expect(first.reply.status).toBe(200)
    expect((await answered()).status).toBe(200)
  })

  test('lets a request go as soon as another one has left it room', async () => {
    await put({ usd: usd(bound + cost) })
    await begun()
    const { reply } = gateway.call({ body: question })
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect([reply.ended, gateway.upstream.calls.length]).toEqual([false, 1])
    gateway.upstream.last.answer(200, openAiChat.whole('hello'))
    await settle(() => gateway.upstream.calls.length === 2)
  })

  test('begins anew with the next window, and a long request is settled in its own', async () => {
    await put({ usd: usd(bound), timeZone: 'Europe/Berlin' })
    clock.advance(11 * 3_600_000 - 5_000)
    const late = await begun()
    clock.advance(6_000)
    await begun()
    expect(gateway.upstream.calls).toHaveLength(2)
    const [first, second] = gateway.upstream.calls
    second?.answer(200, openAiChat.whole('hello'))
    first?.answer(200, openAiChat.whole('hello'))
    expect(late.reply.status).toBe(200)
    expect(await told()).toMatchObject([{ settled: cost }, { settled: cost }])
  })

  test('takes the cost of a caller that leaves, and of one whose request fails', async () => {
    await put({ usd: 1 })
    const { reply } = await begun({ body: { ...question, stream: true } })
    gateway.upstream.last.bodySent().stream(openAiChat.opening, openAiChat.word('hello'))
    reply.leave()
    await begun()
    gateway.upstream.last.answer(500, '{}')
    const [{ settled, open } = { settled: 0, open: 0 }] = await told()
    expect(settled).toBeGreaterThan(0)
    expect(settled).toBeLessThan(bound)
    expect(open).toBeGreaterThan(0)
  })

  test('counts the whole of what an attempt may have cost that got no answer', async () => {
    await put({ usd: 1 })
    await begun()
    gateway.upstream.last.fail()
    expect(await told()).toMatchObject([{ settled: bound }])
  })

  test.each<[string, number, number]>([
    ['without room for another attempt that may cost as much, it is not tried again', 1, 1],
    ['with room for it, it is tried again', 20, 2],
  ])('after an attempt without an answer: %s', async (_, times, calls) => {
    const body = { ...question, model: 'pair' }
    await put({ usd: usd(times * (bound + 1_000)) })
    await begun({ body })
    // The lease is renewed in the background.
    await new Promise((resolve) => setTimeout(resolve, 50))
    gateway.upstream.last.fail()
    await settle(() => gateway.upstream.calls.length === calls)
    expect(gateway.upstream.calls).toHaveLength(calls)
    gateway.upstream.last.answer(200, openAiChat.whole('hello'))
    expect(await told()).toMatchObject([{ settled: calls === 1 ? bound + 1_000 : bound + 1_000 + cost }])
  })
})

describe('while the register is away', () => {
  test('what was granted is spent, and no more', async () => {
    await put({ usd: 1 })
    expect((await answered()).status).toBe(200)
    expect((await answered()).status).toBe(200)
    register.leave()
    const statuses: number[] = []
    for (let call = 0; call < 60 && statuses.at(-1) !== 503; call++) statuses.push((await answered()).status)
    expect(statuses.at(-1)).toBe(503)
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(1)
    const [{ settled, open } = { settled: 0, open: 0 }] = await register.standings('small')
    expect(statuses.length * cost).toBeLessThan(settled + open + cost)
    register.return()
    await vi.waitFor(async () => expect((await answered()).status).toBe(200), { timeout: 3_000 })
  })

  test('a request that cannot be paid for is told when to come again', async () => {
    register.leave()
    await put({ usd: 1 })
    const { status, text, headers } = await answered()
    expect([status, JSON.parse(text).error.code]).toEqual([503, 'budget_unavailable'])
    expect(headers).toContain('retry-after')
  })
})

describe('after a kill', () => {
  test('the next life gives back what the last one cannot have spent', async () => {
    await put({ usd: 1 })
    await answered()
    await begun()
    // The first life is forgotten as it is: it neither settles nor reports any more.
    clock = new ManualClock(noon + 5_000)
    const [before] = await register.standings('small')
    openDesk('2')
    await vi.waitFor(async () => expect(await register.standings('small')).toMatchObject([{ open: 0 }]), {
      timeout: 60_000,
    })
    const [after = { settled: 0, unsure: 0 }] = await register.standings('small')
    expect(after.settled).toBeGreaterThanOrEqual(cost + bound)
    expect(after.settled).toBeLessThan(0.01e9)
    expect(after.settled).toBeLessThanOrEqual((before?.settled ?? 0) + (before?.open ?? 0))
    expect(after.unsure).toBeGreaterThan(0)
  })
})

describe('a soft budget', () => {
  test('counts and rejects nothing, and tells each threshold once', async () => {
    await put({ usd: usd(3 * cost), mode: 'soft', alertAt: [0.5, 1] })
    for (let call = 0; call < 5; call++) expect((await answered()).status).toBe(200)
    expect(await told()).toMatchObject([{ settled: 5 * cost, open: 0 }])
    expect((await answered()).status).toBe(200)
    await told()
    expect(register.alerts.map(({ budget, threshold }) => [budget, threshold])).toEqual([
      ['small', 0.5],
      ['small', 1],
    ])
  })

  test('counts what has no bound, too', async () => {
    await put({ usd: 1, mode: 'soft' })
    const body = { ...question, tools: [{ type: 'web_search' }] }
    expect((await answered({ body })).status).not.toBe(429)
  })
})

describe('a realtime session', () => {
  test('is charged for each of its responses, and not opened when the budget is spent', async () => {
    const { request } = testRequest()
    const spec = { team: 'search', usd: usd(2 * cost), window: '1d' } as const
    const budgets = new Map([['small', { spec, revision: 1, origin: 'api' as const }]])
    const asked = {
      ...request,
      caller: { ...request.caller, team: 'search' },
      snapshot: { ...request.snapshot, budgets },
    }
    const policy = new Budgets({ desk, clock, jobs: new InlineJobs() })
    const opened = await policy.enter(asked, 'gpt')
    if (opened.type !== 'proceed' || opened.hold === undefined) throw new Error('it was not opened')
    const response = { attempts: [], attemptCount: 1, costNanoUsd: cost } as unknown as Outcome
    opened.hold.use?.(response)
    expect((await policy.enter(asked, 'gpt')).type).toBe('proceed')
    opened.hold.use?.(response)
    expect(await policy.enter(asked, 'gpt')).toMatchObject({ type: 'reject', error: { type: 'budget-exceeded' } })
    opened.hold.settle({ ...response, costNanoUsd: 0 })
    expect(await told()).toMatchObject([{ settled: 2 * cost }])
  })
})

describe('who is paid for', () => {
  test.each<[string, object, Record<string, string>, number]>([
    ['the team', { team: 'search' }, {}, 429],
    ['another team', { team: 'other' }, {}, 200],
    ['the key', { key: 'key_1', team: undefined }, {}, 429],
    ['the cost centre', { costCenter: '4711', team: undefined }, {}, 429],
    ['another cost centre', { costCenter: '4712', team: undefined }, {}, 200],
    ['a user that the caller names', { user: 'ann', team: undefined }, { 'x-headgate-user': 'ann' }, 429],
    ['a user that nobody names', { user: 'ann', team: undefined }, {}, 200],
  ])('%s', async (_, owner, headers, status) => {
    await gateway.put('teams', 'other', {})
    await gateway.put('users', 'ann', {})
    const spec = { window: '1d', usd: usd(1_000), team: 'search', ...owner }
    await gateway.put(
      'budgets',
      'x',
      Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== undefined)),
    )
    expect((await answered({ body: question, headers })).status).toBe(status)
  })

  test('with two budgets both must have enough, and the first gets back what the second does not allow', async () => {
    await put({ usd: usd(bound) }, 'team')
    await gateway.put('budgets', 'centre', { costCenter: '4711', window: '1d', usd: usd(bound - 1) })
    expect((await answered()).text).toContain('`centre`')
    await gateway.put('budgets', 'centre', { costCenter: '4711', window: '1d', usd: usd(2 * bound) })
    expect((await answered()).status).toBe(200)
    expect(await told('team')).toMatchObject([{ settled: cost }])
  })

  test('files and stored responses cost nothing', async () => {
    await put({ usd: usd(1_000) })
    expect((await answered({ method: 'GET', path: '/v1/files/file-x' })).status).toBe(404)
  })
})
