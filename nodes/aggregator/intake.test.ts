import { expect, test } from 'vitest'
import { sampleAttempt } from '../../shared/telemetry/arbitrary-records.ts'
import type { DecodedRecord } from '../../shared/telemetry/decode.ts'
import { newRecords, Sources } from './intake.ts'

const from = { node: 'proxy-1', epoch: 'boot-1' }

test('a batch that was partly here before gives only its new records', () => {
  const sources = new Sources([{ ...from, sequence: 7 }])
  expect(sources.offer({ ...from, firstSequence: 5, previous: 4, count: 5 })).toMatchObject({ type: 'taken', skip: 3 })
  expect(sources.offer({ ...from, firstSequence: 5, previous: 4, count: 5 })).toMatchObject({ type: 'repeated' })
})

test('a batch is not taken while its predecessor is missing', () => {
  const sources = new Sources([])
  expect(sources.offer({ ...from, firstSequence: 4, previous: 3, count: 2 })).toMatchObject({ type: 'gap' })
  expect(sources.offer({ ...from, firstSequence: 1, previous: 0, count: 3 })).toMatchObject({ type: 'taken', skip: 0 })
  expect(sources.offer({ ...from, firstSequence: 4, previous: 3, count: 2 })).toMatchObject({ type: 'taken', skip: 0 })
})

test('a sender that says what no longer exists is believed', () => {
  const sources = new Sources([{ ...from, sequence: 2 }])
  const afterLoss = { ...from, firstSequence: 9, previous: 2, count: 1 }
  expect(sources.offer(afterLoss)).toMatchObject({ type: 'taken', skip: 0 })
})

test('each boot has sequences of its own', () => {
  const sources = new Sources([{ ...from, sequence: 50 }])
  const other = { node: 'proxy-1', epoch: 'boot-2', firstSequence: 1, previous: 0, count: 1 }
  expect(sources.offer(other)).toMatchObject({ type: 'taken', skip: 0 })
})

test('records of unknown kinds are passed over, but they count as places', () => {
  const attempt: DecodedRecord = { type: 'attempt', record: sampleAttempt() }
  expect(newRecords([attempt, undefined, attempt], 1)).toEqual([attempt])
})
