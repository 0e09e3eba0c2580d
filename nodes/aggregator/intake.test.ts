import { expect, test } from 'vitest'
import { sampleAttempt } from '../../shared/telemetry/arbitrary-records.ts'
import type { DecodedRecord } from '../../shared/telemetry/decode.ts'
import { newRecords, Sources } from './intake.ts'

const from = { node: 'proxy-1', epoch: 'boot-1' }

test('a batch that was partly here before gives only its new records', () => {
  const sources = new Sources([{ ...from, sequence: 7, holes: [] }])
  expect(sources.offer({ ...from, firstSequence: 5, previous: 4, count: 5, atMs: 0, partition: 0 })).toMatchObject({
    skip: 3,
  })
  expect(sources.offer({ ...from, firstSequence: 5, previous: 4, count: 5, atMs: 0, partition: 0 })).toMatchObject({
    skip: 5,
  })
})

test('what is missing before a batch is remembered, across a restart too', () => {
  const sources = new Sources([{ ...from, sequence: 2, holes: [] }])
  const { source } = sources.offer({ ...from, firstSequence: 6, previous: 5, count: 2, atMs: 0, partition: 0 })
  expect([source.taken.through, source.taken.last]).toEqual([2, 7])
  const after = new Sources([{ ...from, sequence: 7, holes: source.taken.holes }])
  expect(after.offer({ ...from, firstSequence: 3, previous: 2, count: 3, atMs: 0, partition: 0 })).toMatchObject({
    skip: 0,
  })
})

test('each boot has sequences of its own', () => {
  const sources = new Sources([{ ...from, sequence: 50, holes: [] }])
  const other = { node: 'proxy-1', epoch: 'boot-2', firstSequence: 1, previous: 0, count: 1, atMs: 0, partition: 0 }
  expect(sources.offer(other)).toMatchObject({ skip: 0 })
})

test('records of unknown kinds are passed over, but they count as places', () => {
  const attempt: DecodedRecord = { type: 'attempt', record: sampleAttempt() }
  expect(newRecords([attempt, undefined, attempt], 1)).toEqual([attempt])
})
