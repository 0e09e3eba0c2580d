import { expect, test } from 'vitest'
import { sampleAttempt } from '../../../../shared/telemetry/arbitrary-records.ts'
import { decodeBatch } from '../../../../shared/telemetry/batch.ts'
import { BatchWriter, recordBytesMax } from '../../../../shared/telemetry/codec.ts'
import { type Intent, writeIntent } from './intent.ts'
import { testIntent } from './test-intents.ts'

function written(...intents: readonly Intent[]) {
  const writer = new BatchWriter(Buffer.alloc((intents.length + 1) * 2 * recordBytesMax))
  writer.begin({ node: '', epoch: '', firstSequence: 1 })
  const counts = intents.map((intent) => writeIntent(writer, intent))
  const batch = decodeBatch(writer.bytes.subarray(0, writer.offset))
  if (!batch.ok) throw new Error(batch.error.message)
  return { counts, records: batch.value.records }
}

test('an intent is written as the records that a kill leaves to be settled', () => {
  const { counts, records } = written(testIntent({ id: 'r1', stream: true }))
  expect(counts).toEqual([1])
  expect(records).toMatchObject([
    {
      record: {
        requestId: 'r1',
        route: '/v1/chat/completions',
        status: 'failed',
        errorCode: 'interrupted',
        keyId: 'key_1',
        team: 'search',
        costCenter: '4711',
        model: 'm',
        stream: true,
        costNanoUsd: 900,
        attempts: 1,
        configRevision: 7,
      },
      attempt: {
        index: 0,
        provider: 'up',
        target: 'gpt-4o',
        outcome: 'aborted',
        costNanoUsd: 900,
        settlement: 'interrupted',
      },
    },
  ])
})

test('one intent leaves nothing behind in the next', () => {
  const first = testIntent({ id: 'r1', index: 3, stream: true, bound: undefined })
  const { records } = written(first, testIntent({ id: 'r2' }))
  expect(records[1]).toEqual(written(testIntent({ id: 'r2' })).records[0])
})

test('an attempt that has ended is written as it ended', () => {
  const intent = testIntent({ id: 'r1' })
  intent.ended = sampleAttempt({ requestId: 'r1', outcome: 'http-error', upstreamStatus: 429, costNanoUsd: 0 })
  const { counts, records } = written(intent)
  expect(counts).toEqual([2])
  expect(records[0]).toMatchObject({ type: 'attempt', record: { outcome: 'http-error', costNanoUsd: 0 } })
  expect(records[0]?.record).not.toHaveProperty('settlement')
})

test('closing an intent tells its owner, and nobody where it has none', () => {
  const intent = testIntent()
  intent.close()
  const closed: Intent[] = []
  intent.owner = { close: (one) => void closed.push(one) }
  intent.close()
  expect(closed).toEqual([intent])
})
