import { expect, test } from 'vitest'
import { readFigures } from './wrk.ts'

test.each([
  ['figures 1000 0 0 0', 200, { answered: 1_000, trouble: undefined }],
  ['figures 1000 1000 0 0', 401, { answered: 1_000, trouble: undefined }],
  ['figures 1000 3 0 0', 200, { answered: 1_000, trouble: '3 with another status' }],
  ['figures 1000 990 0 0', 401, { answered: 1_000, trouble: '10 with another status' }],
  ['figures 1000 0 2 1', 200, { answered: 1_000, trouble: '2 socket errors, 1 time-outs' }],
  ['unable to connect', 200, { answered: 0, trouble: 'nothing was answered' }],
])('%s, where %i is expected', (line, status, expected) => {
  expect(readFigures(`Running 3s test\n${line}\n`, status)).toEqual(expected)
})
