import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parsedShares, SharedBudget } from '../http/shared-budget.ts'
import { BodyLease } from './body-lease.ts'
import { TestBody } from './test-request.ts'

type Step = 'sending' | 'sent' | 'notNeeded'

function releasesAfter(steps: readonly Step[]): number {
  const body = new TestBody('{}')
  const lease = new BodyLease(body)
  for (const step of steps) lease[step]()
  return body.released
}

test.each<[readonly Step[], number]>([
  [[], 0],
  [['notNeeded'], 1],
  [['sending'], 0],
  [['sending', 'sent'], 0],
  [['sending', 'notNeeded'], 0],
  [['sending', 'notNeeded', 'sent'], 1],
  [['sending', 'sent', 'notNeeded'], 1],
  [['sending', 'sent', 'sending', 'notNeeded'], 0],
  [['sending', 'sent', 'sending', 'notNeeded', 'sent'], 1],
  [['notNeeded', 'notNeeded', 'sent'], 1],
])('after %j the slab has gone back %i times', (steps, released) => {
  expect(releasesAfter(steps)).toBe(released)
})

test('the slab never goes back twice, and never while its bytes are being sent', () => {
  const step = fc.constantFrom<Step>('sending', 'sent', 'notNeeded')
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const released = releasesAfter(steps)
      expect(released).toBeLessThanOrEqual(1)
      if (!steps.includes('notNeeded')) expect(released).toBe(0)
    }),
  )
})

test('the bytes are those of the body', () => {
  const body = new TestBody('{"a":1}')
  expect(new BodyLease(body).bytes).toBe(body.bytes)
})

const MiB = 1 << 20
const owner = { keyId: 'k1', team: 'a' }

test('what is made of a body is charged until the request ends, whatever became of the body', () => {
  const budget = new SharedBudget(64 * MiB, parsedShares)
  const lease = new BodyLease(new TestBody('{}'), { budget, owner })
  expect([lease.charge(1_000), lease.charge(8 * MiB)]).toEqual([undefined, undefined])
  lease.notNeeded()
  expect(budget.bytes).toBe(8 * MiB + 1_000)
  lease.discharge()
  lease.discharge()
  expect(budget.bytes).toBe(0)
})

test('what one key has no room for now is told apart from what it never has room for', () => {
  const budget = new SharedBudget(64 * MiB, parsedShares)
  const lease = () => new BodyLease(new TestBody('{}'), { budget, owner })
  expect(lease().charge(33 * MiB)).toEqual({ type: 'no-room', when: 'ever' })
  expect(lease().charge(20 * MiB)).toBeUndefined()
  expect(lease().charge(20 * MiB)).toEqual({ type: 'no-room', when: 'now' })
  expect(lease().charge(1_000)).toBeUndefined()
  expect(budget.refusals).toEqual({ all: 0, team: 0, key: 1 })
})

test('without a budget nothing is charged', () => {
  expect(new BodyLease(new TestBody('{}')).charge(1 << 40)).toBeUndefined()
})

test('what is made for one attempt after the other is charged once, at its largest', () => {
  const budget = new SharedBudget(64 * MiB, parsedShares)
  const lease = new BodyLease(new TestBody('{}'), { budget, owner })
  for (const [size, charged] of [
    [2, 2],
    [3, 3],
    [1, 3],
  ] as const) {
    expect(lease.chargeUpTo(size * MiB)).toBeUndefined()
    expect(budget.bytes).toBe(charged * MiB)
  }
  expect(lease.chargeUpTo(33 * MiB)).toEqual({ type: 'no-room', when: 'ever' })
  lease.discharge()
  expect([budget.bytes, lease.chargeUpTo(1_000), budget.bytes]).toEqual([0, undefined, 1_000])
})
