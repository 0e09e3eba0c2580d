import { expect, test } from 'vitest'
import { lastLines, sumOf } from './tally.ts'

test('runs are added up, and the verdict is the last line', () => {
  const total = sumOf([
    { passed: 2, failed: 0, secondTries: [] },
    { passed: 3, failed: 1, secondTries: [] },
  ])
  expect(lastLines(total)).toBe('5 passed, 1 failed\n')
})

test('whatever needed a second try is listed, though it passed', () => {
  const total = sumOf([
    { passed: 1, failed: 0, secondTries: ['a.test.ts > one'] },
    { passed: 1, failed: 0, secondTries: ['b.test.ts > two'] },
  ])
  expect(lastLines(total)).toBe('2 needed a second try:\n  a.test.ts > one\n  b.test.ts > two\n2 passed, 0 failed\n')
})
