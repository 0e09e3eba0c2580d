// Many proxies on one budget: however many callers there are and whatever a call costs, the budget is spent to its end and no
// further, also where proxies are killed, cut off, or both.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../shared/clock.ts'
import { BudgetDesk } from './budget-desk.ts'
import type { BudgetTerms } from './ledger.ts'
import { MarkJournal } from './mark-journal.ts'
import { diskWith } from './test-disk.ts'
import { TestRegister } from './test-register.ts'

const cap = 10e9
const key = { key: 'k', window: 1 }
const terms: BudgetTerms = { name: 'x', cap, revision: 1, windowEndMs: Date.now() + 3_600_000, alertAt: [] }

let folder: string
let register: TestRegister
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'desks-'))
  register = new TestRegister(systemClock)
})
afterEach(() => rmSync(folder, { recursive: true }))

/** A proxy, and what its upstream charged. */
class TestProxy {
  readonly desk: BudgetDesk
  charged = 0
  isKilled = false
  readonly #bus = register.bus()

  constructor(node: string, boot: string) {
    // A killed process writes nothing more.
    const never = new Promise<void>(() => {})
    const disk = diskWith('push', (file) => (bytes) => (this.isKilled ? never : file.push(bytes)))
    const journal = new MarkJournal(join(folder, node), disk)
    this.desk = new BudgetDesk({ node, boot, bus: this.#bus, clock: systemClock, journal })
    this.desk.start()
  }

  kill(): void {
    this.isKilled = true
    this.#bus.close()
  }

  /** False: the caller was told that the budget is spent. */
  async call(bound: number, cost: number): Promise<boolean> {
    const lease = this.desk.lease(key, { terms, isHard: true })
    const outcome = lease.reserve(bound) ? 'granted' : await this.desk.wait(lease, bound)
    if (outcome !== 'granted' || this.isKilled) return outcome !== 'spent'
    this.desk.renew(lease)
    this.charged += cost
    await new Promise((resolve) => setTimeout(resolve, 1))
    // A killed process settles nothing.
    if (this.isKilled) return true
    lease.settle(bound, cost)
    this.desk.settled(lease)
    return true
  }
}

/** A repeatable sequence of numbers in [0, 1). */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

interface Calls {
  readonly callers: number
  /** The cost of a call in USD: from, to. */
  readonly usd: readonly [number, number]
  /** The most that a call could cost, as a multiple of what it does. */
  readonly times: number
  readonly seed: number
}

/** Lets callers call proxies at random until each was told that the budget is spent. */
async function spendAll(proxies: readonly TestProxy[], { callers, usd, times, seed }: Calls): Promise<void> {
  const chance = numbers(seed)
  const [from, to] = usd
  const one = async () => {
    const deadlineMs = Date.now() + 20_000
    while (Date.now() < deadlineMs) {
      const proxy = proxies[Math.floor(chance() * proxies.length)]
      const cost = Math.round(1e9 * Math.exp(Math.log(from) + chance() * Math.log(to / from)))
      if (proxy === undefined || proxy.isKilled) continue
      if (!(await proxy.call(Math.ceil(cost * times), cost))) return
    }
  }
  await Promise.all(Array.from({ length: callers }, one))
}

const chargedBy = (proxies: readonly TestProxy[]) => proxies.reduce((sum, { charged }) => sum + charged, 0)
const eight = () => Array.from({ length: 8 }, (_, n) => new TestProxy(`n${n}`, '1'))

describe('2,000 callers on eight proxies', () => {
  test.each<[string, Calls]>([
    ['calls of one price', { callers: 2_000, usd: [0.01, 0.01], times: 1, seed: 1 }],
    ['cheap calls', { callers: 2_000, usd: [0.002, 0.004], times: 1.5, seed: 2 }],
    ['calls of very different prices', { callers: 2_000, usd: [0.0005, 0.5], times: 1, seed: 3 }],
    ['dear calls', { callers: 2_000, usd: [0.25, 0.25], times: 1, seed: 4 }],
    ['calls that cost a tenth of what they could', { callers: 500, usd: [0.005, 0.02], times: 10, seed: 5 }],
  ])(
    'spend the budget to its end and no further with %s',
    async (_, calls) => {
      const proxies = eight()
      await spendAll(proxies, calls)
      const charged = chargedBy(proxies)
      expect(charged).toBeLessThanOrEqual(cap)
      expect(charged).toBeGreaterThanOrEqual(0.97 * cap - (calls.times > 2 ? calls.usd[1] * calls.times * 1e9 : 0))
      await Promise.all(proxies.map(({ desk }) => desk.stop()))
      expect(await register.standings('x')).toEqual([{ cap, settled: charged, open: 0, unsure: 0 }])
    },
    60_000,
  )
})

test('with three of eight proxies killed nothing is overspent, and what they held comes back', async () => {
  const proxies = eight()
  const all = [...proxies]
  const calls = { callers: 200, usd: [0.001, 0.02], times: 1, seed: 6 } as const
  const killing = setInterval(() => {
    const killed = proxies.filter(({ isKilled }) => isKilled).length
    const next = proxies[killed]
    if (chargedBy(all) < (0.2 + killed / 8) * cap || killed === 3 || next === undefined) return
    next.kill()
    setTimeout(() => all.push(new TestProxy(`n${killed}`, '2')), 100)
  }, 1)
  await spendAll(all, calls)
  clearInterval(killing)
  expect(all).toHaveLength(11)
  expect(chargedBy(all)).toBeLessThanOrEqual(cap)
  expect(chargedBy(all)).toBeGreaterThanOrEqual(0.97 * cap)
  const [standing] = await register.standings('x')
  expect(standing?.unsure).toBeGreaterThan(0)
}, 60_000)

test('what a proxy that never comes back held counts as spent', async () => {
  const [lost, other] = [new TestProxy('n1', '1'), new TestProxy('n2', '1')]
  for (let call = 0; call < 10; call++) await lost.call(0.1e9, 0.1e9)
  lost.kill()
  const before = (await register.standings('x'))[0]
  const held = (before?.settled ?? 0) + (before?.open ?? 0)
  while (other.charged + held <= cap - 0.1e9) await other.call(0.1e9, 0.1e9)
  await other.call(0.1e9, 0.1e9)
  expect(other.charged).toBeLessThanOrEqual(cap - held)
  expect(lost.charged + other.charged).toBeLessThanOrEqual(cap)
}, 30_000)

test('a lease that lies idle goes back to whoever needs it', async () => {
  const [first, second] = [new TestProxy('n1', '1'), new TestProxy('n2', '1')]
  for (let call = 0; call < 20; call++) await first.call(0.2e9, 0.2e9)
  const before = (await register.standings('x'))[0]
  expect(before?.open).toBeGreaterThan(0)
  let passed = 0
  while (await second.call(0.2e9, 0.2e9)) passed++
  expect(first.charged + second.charged).toBeGreaterThanOrEqual(0.97 * cap)
  expect(passed).toBeGreaterThan(20)
}, 30_000)
