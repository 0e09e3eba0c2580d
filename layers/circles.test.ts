import { expect, test } from 'vitest'
import { circlesOf } from './circles.ts'

function graphOf(edges: Record<string, string[]>): Map<string, Set<string>> {
  return new Map(Object.entries(edges).map(([node, targets]) => [node, new Set(targets)]))
}

test('a graph in which every path ends has no circle, however its paths meet', () => {
  expect(circlesOf(graphOf({ a: ['b', 'c'], b: ['d'], c: ['d', 'b'], d: [] }))).toEqual([])
})

test('a circle is all of its nodes, sorted, without those that only lead to it or away from it', () => {
  expect(circlesOf(graphOf({ before: ['c'], c: ['b'], b: ['a', 'after'], a: ['c'], after: [] }))).toEqual([
    ['a', 'b', 'c'],
  ])
})

test('circles that share a node are one, and circles joined by a path one way are two', () => {
  const shared = graphOf({ a: ['b'], b: ['a', 'c'], c: ['b'] })
  expect(circlesOf(shared)).toEqual([['a', 'b', 'c']])
  const joined = graphOf({ c: ['d'], d: ['c', 'a'], a: ['b'], b: ['a'] })
  expect(circlesOf(joined)).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ])
})

test('a node that points at itself is a circle, and what is no node of the graph is ignored', () => {
  expect(circlesOf(graphOf({ a: ['a'], b: ['elsewhere'] }))).toEqual([['a']])
})

test('the order of nodes and edges changes nothing', () => {
  const edges = { a: ['b', 'd'], b: ['c'], c: ['a'], d: ['e'], e: ['d', 'f'], f: ['f'] }
  const turned = Object.fromEntries(Object.entries(edges).reverse())
  expect(circlesOf(graphOf(turned))).toEqual(circlesOf(graphOf(edges)))
  expect(circlesOf(graphOf(edges))).toEqual([['a', 'b', 'c'], ['d', 'e'], ['f']])
})
