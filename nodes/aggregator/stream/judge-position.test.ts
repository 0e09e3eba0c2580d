import { expect, test } from 'vitest'
import type { UsageFacts } from '../../../cluster/telemetry-stream/usage-stream.ts'
import { judgePosition } from './judge-position.ts'

const made = '2026-01-01T00:00:00.000Z'
const facts: UsageFacts = {
  firstSequence: 1,
  lastSequence: 100,
  firstAtMs: 5_000,
  lastAtMs: 9_000,
  created: made,
  bytes: 1,
  bytesMax: 2,
}
const position = { partition: 3, sequence: 40, storedAtMs: 7_000, streamCreated: made, completeSinceMs: 1_000 }
const wallMs = 50_000

test('a stream that goes on is read on', () => {
  const verdict = judgePosition({ position, facts, storedAtMs: 7_000, wallMs, wasAtEnd: true })
  expect(verdict).toEqual({ after: 40, completeSinceMs: 1_000, why: 'same' })
})

test('who reads for the first time is complete since the stream was made, or since its oldest message', () => {
  expect(judgePosition({ position: undefined, facts, storedAtMs: undefined, wallMs, wasAtEnd: true })).toEqual({
    after: 0,
    completeSinceMs: Date.parse(made),
    why: 'new',
  })
  const trimmed = { ...facts, firstSequence: 20 }
  expect(judgePosition({ position: undefined, facts: trimmed, storedAtMs: undefined, wallMs, wasAtEnd: true })).toEqual(
    {
      after: 0,
      completeSinceMs: 5_000,
      why: 'new',
    },
  )
})

test('a trimmed stream is read on, and what was missed is remembered', () => {
  const trimmed = { ...facts, firstSequence: 42 }
  expect(judgePosition({ position, facts: trimmed, storedAtMs: undefined, wallMs, wasAtEnd: true })).toEqual({
    after: 40,
    completeSinceMs: 5_000,
    why: 'trimmed',
  })
  const exactly = { ...facts, firstSequence: 41 }
  expect(judgePosition({ position, facts: exactly, storedAtMs: undefined, wallMs, wasAtEnd: true }).why).toBe('same')
  const empty = { ...facts, firstSequence: 101, firstAtMs: undefined }
  expect(judgePosition({ position, facts: empty, storedAtMs: undefined, wallMs, wasAtEnd: true })).toMatchObject({
    after: 40,
    completeSinceMs: wallMs,
    why: 'trimmed',
  })
})

const later = '2026-01-02T00:00:00.000Z'
test.each([
  ['shorter than it was', { facts: { ...facts, lastSequence: 39 }, storedAtMs: undefined }, 'rewound', wallMs],
  ['another message where we stopped', { facts, storedAtMs: 7_001 }, 'rewound', wallMs],
  ['no message where we stopped', { facts, storedAtMs: undefined }, 'rewound', wallMs],
  ['another stream', { facts: { ...facts, created: later }, storedAtMs: 7_000 }, 'recreated', Date.parse(later)],
])('%s: read from the beginning; who was away then may have missed something', (_, known, why, sinceMs) => {
  const was = { position, wallMs, ...known }
  expect(judgePosition({ ...was, wasAtEnd: true })).toEqual({ after: 0, completeSinceMs: 1_000, why })
  expect(judgePosition({ ...was, wasAtEnd: false })).toEqual({ after: 0, completeSinceMs: sinceMs, why })
})
