// A stream that gets longer than its bound, because its upstream ignores the cap of the caller: it takes more from its hard budget as
// long as there is more, and is cut where there is not.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { BudgetDesk } from '../../../../cluster/budgets/budget-desk.ts'
import { MarkJournal } from '../../../../cluster/budgets/mark-journal.ts'
import { TestRegister } from '../../../../cluster/budgets/test-register.ts'
import { ManualClock } from '../../../../shared/clock.ts'
import { TestGateway } from '../../apis/test-gateway.ts'
import { InlineJobs } from '../../large/test-jobs.ts'
import { openAiChat } from '../../streams/test-streams.ts'
import { Budgets } from './budgets.ts'

// A token of input costs 1,000 nano-dollars, one of output 2,000.
const question = { model: 'gpt', max_tokens: 10, stream: true, messages: [{ role: 'user', content: 'hi' }] }
const bound = (JSON.stringify(question).length + 32) * 1_000 + 10 * 2_000

let folder: string
let clock: ManualClock
let desk: BudgetDesk
let budgets: Budgets
let gateway: TestGateway

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cut-'))
  clock = new ManualClock(Date.parse('2026-11-30T12:00:00Z'))
  const journal = new MarkJournal(join(folder, 'marks'))
  desk = new BudgetDesk({ node: 'n1', boot: '1', bus: new TestRegister(clock).bus(), clock, journal })
  desk.start()
  budgets = new Budgets({ desk, clock, jobs: new InlineJobs() })
  gateway = await TestGateway.open({ policies: [budgets], clock })
})
afterEach(() => rmSync(folder, { recursive: true }))

const put = (usd: number, more: object = {}) =>
  gateway.put('budgets', 'small', { team: 'search', window: '1d', usd, ...more })

/** A stream of so many tokens, of 4.5 bytes each. `isSlow`: the register has the time to answer before more tokens come. */
async function streamed(tokens: number, isSlow = false) {
  const { reply } = gateway.call({ body: question })
  await until(() => expect(gateway.upstream.calls.length).toBe(1))
  const upstream = gateway.upstream.last.stream(openAiChat.opening)
  for (let sent = 0; sent < tokens; sent += 2) {
    upstream.data(openAiChat.word('nine char'))
    if (isSlow && sent % 20 === 0) await reserved(10_000 + (sent + 22) * 2_000)
  }
  return { reply, upstream }
}

const lease = () => [...desk.leases][0]!

/** Lets time pass, in which messages and syncs of the disk come through. */
function until(check: () => void): Promise<void> {
  const step = () => {
    clock.advance(5)
    check()
  }
  return vi.waitFor(step, { interval: 2, timeout: 3_000 })
}

const reserved = (nanoUsd: number) => until(() => expect(lease().reserved).toBeGreaterThanOrEqual(nanoUsd))

/** What was asked for when the stream ended may be granted a moment later, and is given back then. */
const settled = (used: number) =>
  until(() => {
    for (const one of desk.leases) expect(one).toMatchObject({ reserved: 0, used })
  })

test('it is cut where the budget has no more, and is paid for', async () => {
  const cap = bound + 100 * 2_000
  await put(cap / 1e9)
  const { reply, upstream } = await streamed(2_000)
  expect([reply.ended, upstream.aborted]).toEqual([true, true])
  expect(reply.text).toContain('"finish_reason":"length"')
  expect(reply.text).toContain(': budget_exhausted: The budget `small` does not pay for more of this answer.')
  expect(gateway.record).toMatchObject({ status: 'cut', errorCode: 'budget_exhausted' })
  await settled(gateway.record.costNanoUsd)
  expect(lease().used).toBeLessThanOrEqual(cap)
  expect(lease().used).toBeGreaterThan(bound)
  expect(budgets.loads()).toMatchObject({ small: { cut: 1 } })
})

test('it goes on as long as the budget has more, which is given back', async () => {
  await put(1)
  const { reply, upstream } = await streamed(2_000, true)
  expect(reply.ended).toBe(false)
  upstream.data(openAiChat.closing)
  expect(gateway.record).toMatchObject({ status: 'ok', costNanoUsd: 13_000 })
  await settled(13_000)
})

test('a caller that leaves has everything given back that was not used', async () => {
  await put(1)
  const { reply } = await streamed(2_000)
  reply.leave()
  await settled(gateway.record.costNanoUsd)
})

test('a stream within its bound takes no more than the bound', async () => {
  await put(1)
  await streamed(10)
  expect(lease().reserved).toBe(bound)
})

test('a soft budget cuts nothing', async () => {
  await put(bound / 1e9, { mode: 'soft' })
  const { reply } = await streamed(2_000)
  expect(reply.ended).toBe(false)
})

test('of two budgets the one without more is told, and the other has its part back', async () => {
  await put(1)
  await gateway.put('budgets', 'tiny', { costCenter: '4711', window: '1d', usd: (bound + 300_000) / 1e9 })
  const { reply } = await streamed(2_000)
  expect(reply.text).toContain('The budget `tiny` does not pay for more of this answer.')
  await settled(gateway.record.costNanoUsd)
})
