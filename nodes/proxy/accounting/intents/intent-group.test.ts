import { expect, test } from 'vitest'
import { BatchWriter, recordBytesMax } from '../../../../shared/telemetry/codec.ts'
import { type Intent, writeIntent } from './intent.ts'
import { endBytes, groupHeadBytes, readGroups, sealGroup } from './intent-group.ts'
import { testIntent } from './test-intents.ts'

function group(intents: readonly Intent[], ended: readonly number[], { first = 1, isCheckpoint = false } = {}): Buffer {
  const bytes = Buffer.alloc(groupHeadBytes + (intents.length + 1) * 2 * recordBytesMax + ended.length * endBytes)
  const writer = new BatchWriter(bytes.subarray(groupHeadBytes))
  if (intents.length > 0) writer.begin({ node: '', epoch: '', firstSequence: first })
  for (const intent of intents) writeIntent(writer, intent)
  const batchBytes = intents.length === 0 ? 0 : writer.offset
  ended.forEach((number, index) => void bytes.writeDoubleLE(number, groupHeadBytes + batchBytes + index * endBytes))
  const facts = { batchBytes, ends: ended.length, spooledTo: 41, isCheckpoint }
  return bytes.subarray(0, sealGroup(bytes, facts))
}

test('groups are read as they were written', () => {
  const file = Buffer.concat([
    group([testIntent({ id: 'a' }), testIntent({ id: 'b', index: 1 })], [], { first: 7, isCheckpoint: true }),
    group([], [7, 2 ** 40]),
    group([testIntent({ id: 'c', bound: undefined })], [8]),
  ])
  const { groups, unread } = readGroups(file)
  expect(unread).toBe(0)
  expect(
    groups.map(({ intents, ended, isCheckpoint, spooledTo }) => [ended, isCheckpoint, spooledTo, intents.length]),
  ).toEqual([
    [[], true, 41, 2],
    [[7, 2 ** 40], false, 41, 0],
    [[8], false, 41, 1],
  ])
  expect(groups[0]?.intents.map(({ number, attempt }) => [number, attempt.requestId, attempt.index])).toEqual([
    [7, 'a', 0],
    [8, 'b', 1],
  ])
  expect(groups[2]?.intents[0]?.attempt).toMatchObject({ settlement: 'unpriced', costNanoUsd: 0 })
})

test('an attempt that differs from its request is one intent with the number of its last record', () => {
  const other = testIntent({ id: 'a', model: 'asked' })
  const { groups } = readGroups(group([other, testIntent({ id: 'b' })], [], { first: 3 }))
  expect(groups[0]?.intents.map(({ number, request, attempt }) => [number, request.model, attempt.model])).toEqual([
    [4, 'asked', 'm'],
    [5, 'm', 'm'],
  ])
})

test('reading stops at a group that is torn, and says how much is behind', () => {
  const [first, second] = [group([testIntent({ id: 'a' })], []), group([testIntent({ id: 'b' })], [])]
  const file = Buffer.concat([first!, second!])
  for (let length = first!.length; length < file.length; length += 7) {
    const { groups, unread } = readGroups(file.subarray(0, length))
    expect([groups.length, unread]).toEqual([1, length - first!.length])
  }
})

test('a flipped bit anywhere in a group makes it unreadable', () => {
  const bytes = group([testIntent({ id: 'a' })], [1])
  for (let at = 0; at < bytes.length; at++) {
    const flipped = Buffer.from(bytes)
    flipped[at]! ^= 0x10
    expect(readGroups(flipped).groups).toEqual([])
  }
  expect(readGroups(Buffer.alloc(4_096)).groups).toEqual([])
})
