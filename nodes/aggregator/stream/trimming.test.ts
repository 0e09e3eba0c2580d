import { expect, test } from 'vitest'
import type { KeepingMessage } from '../../../shared/telemetry/keeping-message.ts'
import { partitionsCount } from '../../../shared/telemetry/partition.ts'
import { trimmedTo } from './trimming.ts'

const facts = {
  firstSequence: 101,
  lastSequence: 1_100,
  firstAtMs: 1,
  lastAtMs: 2,
  created: '',
  bytes: 60,
  bytesMax: 100,
}

test('while there is room nothing goes', () => {
  expect(trimmedTo({ ...facts, bytes: 49 }, [keeper('a', 1_100)]).firstSequence).toBeUndefined()
})

test('the older half goes when half of the room is used', () => {
  expect(trimmedTo(facts, [keeper('a', 1_100), keeper('b', 1_090)])).toEqual({
    firstSequence: 601,
    heldBackBy: undefined,
  })
})

test('what somebody who is there has not committed stays', () => {
  expect(trimmedTo(facts, [keeper('a', 1_100), keeper('b', 300)]).firstSequence).toBe(301)
  expect(trimmedTo(facts, [keeper('a', 1_100), keeper('b', 50)])).toEqual({
    firstSequence: undefined,
    heldBackBy: undefined,
  })
})

test('who holds back a stream that is nearly full is named', () => {
  const full = { ...facts, bytes: 95 }
  expect(trimmedTo(full, [keeper('a', 1_100), keeper('b', 50)]).heldBackBy).toBe('b has not committed partition 0')
  const gap = { ...keeper('a', 1_100), partitions: keeper('a', 1_100).partitions.slice(1) }
  expect(trimmedTo(full, [gap]).heldBackBy).toBe('nobody keeps partition 0')
  expect(trimmedTo(full, [keeper('a', 1_100)]).heldBackBy).toBeUndefined()
})

function keeper(node: string, sequence: number): KeepingMessage {
  const standing = { isCaughtUp: true, lagMs: 0, completeSinceMs: 0, sequence }
  return {
    node,
    boot: `${node}-boot`,
    partitions: Array.from({ length: partitionsCount }, (_, partition) => ({ partition, ...standing })),
  }
}
