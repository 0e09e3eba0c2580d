import { expect, test } from 'vitest'
import type { Notice } from '../../../shared/notice.ts'
import { AnswerCounts } from './answer-counts.ts'

test('names that callers make up are counted, and told, up to a bound', () => {
  const notices: Notice[] = []
  const counts = new AnswerCounts((notice) => void notices.push(notice))
  for (let n = 0; n < 1_000; n++) counts.look({ model: `up/m${n}`, costNanoUsd: undefined, attempts: [] })
  counts.look({ model: 'up/m0', costNanoUsd: undefined, attempts: [] })
  expect(counts.facts().unpriced.size).toBe(257)
  expect([counts.facts().unpriced.get('up/m0'), counts.facts().unpriced.get('other')]).toEqual([2, 744])
  expect(notices).toHaveLength(256)
})

test('an answer that costs nothing is not counted', () => {
  const counts = new AnswerCounts(() => {})
  counts.look({ model: 'm', costNanoUsd: 0, attempts: [] })
  counts.look({ model: '', costNanoUsd: undefined, attempts: [] })
  expect(counts.facts().unpriced.size).toBe(0)
})
