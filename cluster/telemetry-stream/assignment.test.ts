import fc from 'fast-check'
import { expect, test } from 'vitest'
import { partitionOf, partitionsCount } from '../../shared/telemetry/partition.ts'
import { keepersOf } from './assignment.ts'

const partitions = Array.from({ length: partitionsCount }, (_, partition) => partition)
const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 12 })

test('two different nodes keep each partition when there are two, whatever order they are known in', () => {
  fc.assert(
    fc.property(names, fc.constantFrom(...partitions), (nodes, partition) => {
      const { owner, standby } = keepersOf(partition, nodes)
      expect(nodes).toContain(owner)
      if (nodes.length > 1) expect(nodes).toContain(standby)
      expect(standby).not.toBe(owner)
      expect(keepersOf(partition, nodes.toReversed())).toEqual({ owner, standby })
    }),
  )
})

test('whoever goes is followed by its standby, and nothing else moves', () => {
  fc.assert(
    fc.property(names, fc.constantFrom(...partitions), fc.nat(), (nodes, partition, index) => {
      const gone = nodes[index % nodes.length]!
      const before = keepersOf(partition, nodes)
      const after = keepersOf(
        partition,
        nodes.filter((node) => node !== gone),
      )
      if (gone === before.owner) expect(after.owner).toBe(before.standby)
      else expect(after.owner).toBe(before.owner)
      if (gone !== before.owner && gone !== before.standby) expect(after).toEqual(before)
    }),
  )
})

test('partitions are spread: of sixteen, each of two to four nodes owns some', () => {
  for (const nodes of [
    ['aggregator-1', 'aggregator-2'],
    ['a', 'b', 'c'],
    ['host-1', 'host-2', 'host-3', 'host-4'],
  ]) {
    const owners = partitions.map((partition) => keepersOf(partition, nodes).owner)
    for (const node of nodes) expect(owners.filter((owner) => owner === node).length, node).toBeGreaterThan(1)
  }
})

test('nodes are spread over partitions, and where a name belongs never changes', () => {
  const proxies = Array.from({ length: 320 }, (_, n) => `proxy-${n}`)
  const counts = partitions.map((partition) => proxies.filter((name) => partitionOf(name) === partition).length)
  expect(Math.min(...counts)).toBeGreaterThan(5)
  expect(Math.max(...counts)).toBeLessThan(40)
  expect(['proxy-1', 'proxy-2', 'edge.eu-west', ''].map(partitionOf)).toMatchInlineSnapshot(`
    [
      12,
      5,
      15,
      9,
    ]
  `)
})
