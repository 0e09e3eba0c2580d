import { expect, test } from 'vitest'
import { OpenIntents } from './open-intents.ts'
import { testIntent } from './test-intents.ts'

function filled() {
  const open = new OpenIntents()
  const intents = ['a', 'b', 'c'].map((id) => testIntent({ id }))
  for (const intent of intents) open.add(intent)
  return { open, intents, ids: () => [...open].map(({ facts }) => facts.request.id) }
}

test.each([
  [0, ['b', 'c']],
  [1, ['a', 'c']],
  [2, ['a', 'b']],
])('number %i of three leaves the others in their order', (index, left) => {
  const { open, intents, ids } = filled()
  open.delete(intents[index]!)
  expect([ids(), open.size]).toEqual([left, 2])
  open.add(testIntent({ id: 'd' }))
  expect(ids()).toEqual([...left, 'd'])
})

test('what is not in the list is not deleted', () => {
  const { open, intents, ids } = filled()
  for (const intent of [testIntent(), intents[1]!, intents[1]!]) open.delete(intent)
  expect([ids(), open.size]).toEqual([['a', 'c'], 2])
  for (const intent of intents) open.delete(intent)
  expect([ids(), open.size]).toEqual([[], 0])
})

test('numbers are forgotten, and those that were written are counted', () => {
  const { open, intents } = filled()
  intents[1]!.number = 4
  expect(open.forgetNumbers()).toBe(1)
  expect(intents.map(({ number }) => number)).toEqual([0, 0, 0])
})
