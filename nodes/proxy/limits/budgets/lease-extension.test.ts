import { expect, test } from 'vitest'
import type { BudgetDesk } from '../../../../cluster/budgets/budget-desk.ts'
import { Lease } from '../../../../cluster/budgets/lease.ts'
import type { LeaseOutcome } from '../../../../cluster/budgets/lease-queue.ts'
import { LeaseExtension } from './lease-extension.ts'

/** An extension of a lease that has so much at hand, and a desk that answers when the test says so. */
function opened(atHand: number) {
  const terms = { name: 'small', cap: 1_000, revision: 1, windowEndMs: 1, alertAt: [] }
  const lease = new Lease({ key: 'k', window: 1 }, { terms, isHard: true, holder: 'n1' })
  lease.granted = atHand
  lease.durable = atHand
  const asked: number[] = []
  const answers: ((outcome: LeaseOutcome) => void)[] = []
  const desk = {
    wait: (_: Lease, amount: number) => {
      asked.push(amount)
      return new Promise<LeaseOutcome>((resolve) => answers.push(resolve))
    },
    renew: () => {},
    settled: () => {},
  } as unknown as BudgetDesk
  const grant = async () => {
    lease.granted += asked.at(-1)!
    lease.durable = lease.granted
    lease.reserve(asked.at(-1)!)
    answers.pop()?.('granted')
    await Promise.resolve()
  }
  return { extension: new LeaseExtension(desk, lease), lease, asked, answers, grant }
}

test('what is wanted is taken at once where it is at hand', () => {
  const { extension, lease, asked } = opened(500)
  extension.grow([400, 100])
  extension.grow([400, 350])
  expect([extension.extra, lease.reserved, asked]).toEqual([400, 400, []])
})

test('where it is not, what is missing is taken, and the register is asked once for the rest', async () => {
  const { extension, asked, grant } = opened(150)
  extension.grow([400, 100])
  extension.grow([400, 120])
  expect([extension.extra, asked]).toEqual([120, [300]])
  await grant()
  expect(extension.extra).toBe(420)
})

test('what no lease could ever give is not asked for', () => {
  const { extension, asked } = opened(100)
  extension.grow([1_001, 200])
  expect(asked).toEqual([200])
})

test('what is granted after the end is given back', async () => {
  const { extension, lease, grant } = opened(0)
  extension.grow([400, 100])
  expect(extension.end()).toBe(0)
  await grant()
  expect([extension.extra, lease.reserved, lease.used]).toEqual([0, 0, 0])
})

test('after a refusal it is asked again', async () => {
  const { extension, asked, answers } = opened(0)
  extension.grow([400, 100])
  answers.pop()?.('reserved')
  await Promise.resolve()
  extension.grow([400, 100])
  expect([extension.extra, asked]).toEqual([0, [400, 400]])
})
