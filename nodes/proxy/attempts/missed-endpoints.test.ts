import { expect, test } from 'vitest'
import { testTarget } from '../providers/test-connect.ts'
import { MissedEndpoints } from './missed-endpoints.ts'

const error = { type: 'upstream-protocol' } as const
const [first, second] = [{ target: testTarget() }, { target: testTarget() }]

test('what takes the place of an endpoint is known for each target by itself', () => {
  const missed = new MissedEndpoints<typeof first>()
  missed.add(first, 'translate', error)
  expect([missed.isTranslated(first.target), missed.isTranslated(second.target)]).toEqual([true, false])
  expect([missed.isPassedOver(first.target), missed.isEstimated]).toEqual([false, false])
  missed.add(second, 'estimate', error)
  expect(missed.isEstimated).toBe(true)
})

test('the last word is that of the last attempt, where no other target took its place', () => {
  const missed = new MissedEndpoints<typeof first>()
  missed.add(first, 'another-target', error)
  expect(missed.isPassedOver(first.target)).toBe(true)
  expect(missed.lastWord(first)).toBe(error)
  expect(missed.lastWord(second)).toBeUndefined()
  missed.add(second, 'translate', error)
  expect(missed.lastWord(second)).toBeUndefined()
})
