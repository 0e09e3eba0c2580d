import fc from 'fast-check'
import { expect, test } from 'vitest'
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
