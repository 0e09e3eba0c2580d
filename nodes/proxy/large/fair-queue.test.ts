// The order of jobs that wait, by what their owners have had.
import { expect, test } from 'vitest'
import { FairQueue } from './fair-queue.ts'

const bounds = { itemsMax: 100, itemsOfKeyMax: 10 }
const anybody = () => true
const owner = (team: string, keyId = `${team}-key`) => ({ team, keyId })

function order(queue: FairQueue<string>): string[] {
  const taken: string[] = []
  for (let item = queue.take(anybody); item !== undefined; item = queue.take(anybody)) taken.push(item)
  return taken
}

test('the items of one key keep their order', () => {
  const queue = new FairQueue<string>(bounds)
  for (const item of ['1', '2', '3']) queue.add(item, owner('a'), 5)
  expect(order(queue)).toEqual(['1', '2', '3'])
  expect(queue.size).toBe(0)
})

test('teams take turns, however many items one of them has', () => {
  const queue = new FairQueue<string>(bounds)
  for (const item of ['a1', 'a2', 'a3', 'a4']) queue.add(item, owner('a'), 1)
  for (const item of ['b1', 'b2']) queue.add(item, owner('b'), 1)
  expect(order(queue)).toEqual(['a1', 'b1', 'a2', 'b2', 'a3', 'a4'])
})

test('so do the keys of one team, and its keys together are one team', () => {
  const queue = new FairQueue<string>(bounds)
  for (const item of ['x1', 'x2', 'x3']) queue.add(item, owner('a', 'x'), 1)
  queue.add('y1', owner('a', 'y'), 1)
  for (const item of ['b1', 'b2', 'b3']) queue.add(item, owner('b'), 1)
  expect(order(queue)).toEqual(['x1', 'b1', 'y1', 'b2', 'x2', 'b3', 'x3'])
})

test('an owner of large items has fewer turns', () => {
  const queue = new FairQueue<string>(bounds)
  for (const item of ['big1', 'big2']) queue.add(item, owner('a'), 10)
  for (const item of ['1', '2', '3', '4', '5']) queue.add(item, owner('b'), 2)
  expect(order(queue)).toEqual(['big1', '1', '2', '3', '4', '5', 'big2'])
})

test('what an owner has had counts although it has waited for nothing in between', () => {
  const queue = new FairQueue<string>(bounds)
  queue.add('big1', owner('a'), 10)
  queue.add('1', owner('b'), 2)
  queue.add('2', owner('b'), 2)
  expect(queue.take(anybody)).toBe('big1')
  queue.add('big2', owner('a'), 10)
  expect(order(queue)).toEqual(['1', '2', 'big2'])
})

test('one that comes anew does not make up for the time that it was away', () => {
  const queue = new FairQueue<string>(bounds)
  for (let n = 0; n < 6; n++) queue.add(`a${n}`, owner('a'), 5)
  for (let n = 0; n < 4; n++) queue.take(anybody)
  for (const item of ['b1', 'b2', 'b3']) queue.add(item, owner('b'), 5)
  expect(order(queue)).toEqual(['b1', 'a4', 'b2', 'a5', 'b3'])
})

test('an owner that may have none now is passed over, and keeps its turn', () => {
  const queue = new FairQueue<string>(bounds)
  queue.add('a1', owner('a'), 1)
  queue.add('b1', owner('b'), 1)
  expect(queue.take(({ team }) => team !== 'a')).toBe('b1')
  expect(queue.take(({ team }) => team !== 'a')).toBeUndefined()
  expect(queue.take(anybody)).toBe('a1')
})

test('there is room for so many in all, and for so many of one key', () => {
  const queue = new FairQueue<string>({ itemsMax: 3, itemsOfKeyMax: 2 })
  queue.add('1', owner('a'), 1)
  queue.add('2', owner('a'), 1)
  expect(queue.hasRoom(owner('a'))).toBe(false)
  expect(queue.hasRoom(owner('a', 'another'))).toBe(true)
  queue.add('3', owner('b'), 1)
  expect(queue.hasRoom(owner('c'))).toBe(false)
})

test('an item that was taken out leaves its room', () => {
  const queue = new FairQueue<string>({ itemsMax: 1, itemsOfKeyMax: 1 })
  queue.add('1', owner('a'), 1)
  queue.remove('1', owner('a'))
  queue.remove('1', owner('a'))
  expect(queue.hasRoom(owner('a'))).toBe(true)
  expect(queue.size).toBe(0)
  expect(order(queue)).toEqual([])
})

test('the lanes of callers that are gone are forgotten', () => {
  const queue = new FairQueue<string>(bounds)
  for (let n = 0; n < 10_000; n++) {
    queue.add(String(n), owner(`team-${n}`), 1)
    expect(queue.take(anybody)).toBe(String(n))
  }
})
