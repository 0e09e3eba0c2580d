import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import type { LedgerList } from '../../../cluster/budgets/bus-register.ts'
import type { Ledger } from '../../../cluster/budgets/ledger.ts'
import { ManualClock } from '../../../shared/clock.ts'
import { budgetKey } from '../../../shared/config/kinds/budgets/spec.ts'
import { Gateway } from '../../../shared/config/test-config.ts'
import { done, fail } from '../../../shared/result.ts'
import type { BudgetAlertEvent } from '../../../shared/telemetry/slo-state.ts'
import { Outbox } from '../webhooks/outbox.ts'
import type { WebhookMessage } from '../webhooks/webhook-message.ts'
import { BudgetAlerts, budgetAlertLog } from './budget-alerts.ts'

const spec = { costCenter: '4711', usd: 10, window: '1d' as const, alertAt: [0.5] }
const passed: Ledger = {
  cap: 10e9,
  revision: 1,
  name: 'daily',
  windowEndMs: 86_400_000,
  alertAt: [0.5],
  shares: { p: { sequence: 1, settled: 6e9, open: 0 } },
  closed: 0,
  unsure: 0,
  passed: [{ threshold: 0.5, holder: 'p', sequence: 1 }],
}

function rig(fields: object = { webhook: 'https://hooks.example/x' }, database = new DatabaseSync(':memory:')) {
  const clock = new ManualClock()
  const log = budgetAlertLog()
  log.open(database)
  const told: WebhookMessage[] = []
  const answers: LedgerList[] = []
  const asked = { times: 0, delivered: true }
  const deliver = async (_: unknown, message: WebhookMessage) => {
    told.push(message)
    return asked.delivered ? done(undefined) : fail('it answered 500')
  }
  const around = { clock, chance: () => 0, notify: () => {}, deliver }
  const outbox = new Outbox<BudgetAlertEvent>({ ...around, kind: 'budgets', nameOf: ({ budget }) => budget, log })
  const ledgers = async () => {
    asked.times++
    return answers.shift() ?? (done([[{ key: budgetKey(spec), window: 0 }, passed] as const]) as LedgerList)
  }
  const alerts = new BudgetAlerts({ log, outbox, clock, ledgers, openSecret: () => 'whsec-0123456789-example' })
  const gateway = new Gateway()
  const put = gateway.put('budgets', 'daily', { ...spec, ...fields })
  if (!put.ok) throw new Error(JSON.stringify(put.error))
  alerts.configure(gateway.state)
  /** Seconds of a publisher. */
  const run = async (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      alerts.tick()
      await new Promise(setImmediate)
      clock.advance(1_000)
    }
  }
  return { run, told, answers, asked, log, database }
}

describe('a webhook of a budget', () => {
  test('is told once of what was passed, with owner, amounts and window', async () => {
    const { run, told, log } = rig()
    await run(20)
    expect(told).toHaveLength(1)
    const body = JSON.parse(told[0]?.body ?? '')
    expect(body).toEqual({
      id: expect.stringMatching(/^daily\//),
      type: 'budget.alert',
      budget: 'daily',
      owner: { costCenter: '4711' },
      mode: 'hard',
      threshold: 0.5,
      limitUsd: 10,
      spentUsd: 6,
      window: '1d',
      startedAt: '1970-01-01T00:00:00.000Z',
      resetsAt: '1970-01-02T00:00:00.000Z',
      at: expect.any(String),
    })
    expect(told[0]?.headers['x-headgate-event-id']).toBe(body.id)
    expect(log.events().map(({ delivery }) => delivery)).toEqual(['delivered'])
  })

  test('is told again, under the same id, until it has taken the message', async () => {
    const { run, told, asked } = rig()
    asked.delivered = false
    await run(4)
    asked.delivered = true
    await run(30)
    const ids = told.map(({ headers }) => headers['x-headgate-event-id'])
    expect(ids.length).toBeGreaterThan(1)
    expect(new Set(ids).size).toBe(1)
  })

  test('is told after a register that did not answer, and after a restart not again', async () => {
    const first = rig()
    first.answers.push(fail({ type: 'unavailable', message: 'away' }))
    await first.run(12)
    expect(first.told).toHaveLength(1)
    const second = rig(undefined, first.database)
    await second.run(12)
    expect(second.told).toEqual([])
  })
})

test('an alert of a budget without a webhook is kept, and told to nobody', async () => {
  const { run, told, log } = rig({})
  await run(8)
  expect(told).toEqual([])
  expect(log.events().map(({ budget, delivery }) => [budget, delivery])).toEqual([['daily', 'none']])
})

test('the register is asked every five seconds, and not where no budget alerts', async () => {
  const watched = rig({})
  await watched.run(11)
  expect(watched.asked.times).toBe(3)
  const silent = rig({ alertAt: [] })
  await silent.run(11)
  expect(silent.asked.times).toBe(0)
})
