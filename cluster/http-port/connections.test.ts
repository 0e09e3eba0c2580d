import { expect, test } from 'vitest'
import { Connections } from './connections.ts'

interface Named {
  readonly name: string
  destroy(): void
}

function scene(openMax: number, reserveMax = 1) {
  const connections = new Connections<Named>({ openMax, reserveMax })
  const closed: string[] = []
  const connect = (name: string) => {
    const one = { name, destroy: () => closed.push(name) }
    connections.add(one)
    return one
  }
  return { connections, closed, connect }
}

test('a full port closes the connection that has been silent longest', () => {
  const { connections, closed, connect } = scene(3)
  const [a] = ['a', 'b', 'c'].map(connect)
  connections.enter(a as Named, 'served')
  connections.enter(a as Named, 'silent')
  connect('d')
  expect([closed, connections.open]).toEqual([['b'], 3])
})

test('a request whose body does not come makes room after the silent ones, one that is being answered never does', () => {
  const { connections, closed, connect } = scene(3)
  const [a, b, c] = ['a', 'b', 'c'].map(connect) as Named[] as [Named, Named, Named]
  connections.enter(a, 'sending')
  connections.enter(b, 'served')
  connect('d')
  connections.enter(connect('e'), 'served')
  expect(closed).toEqual(['c', 'd'])
  connections.enter(connect('f'), 'served')
  expect(closed).toEqual(['c', 'd', 'a'])
  const reserve = connect('g')
  expect([closed, connections.isReserve(reserve), connections.isReserve(c)]).toEqual([['c', 'd', 'a'], true, false])
})

test('the reserve is bounded, and a connection keeps its place in it', () => {
  const { connections, closed, connect } = scene(1, 2)
  connections.enter(connect('a'), 'served')
  const [b] = ['b', 'c', 'd'].map(connect) as Named[] as [Named]
  connections.enter(b, 'served')
  expect([closed, connections.open]).toEqual([['b'], 1])
})

test('a connection that has ended leaves its place to the next', () => {
  const { connections, closed, connect } = scene(1)
  connections.remove(connect('a'))
  connections.enter(connect('b'), 'silent')
  expect([closed, connections.open]).toEqual([[], 1])
})

test('what a connection does after it was closed counts for nothing', () => {
  const { connections, connect } = scene(1)
  const a = connect('a')
  connect('b')
  connections.enter(a, 'served')
  expect(connections.open).toBe(1)
})
