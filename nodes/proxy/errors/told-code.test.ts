import { expect, test } from 'vitest'
import { toldCode } from './told-code.ts'

test.each([
  ['context-length', 'invalid_request_error', 'context_length_exceeded'],
  ['context-length', undefined, 'context_length_exceeded'],
  ['content-policy', 'blocked', 'content_policy_violation'],
  ['invalid-request', 'bad_tool', 'bad_tool'],
  ['rate-limit', 'RESOURCE_EXHAUSTED', 'RESOURCE_EXHAUSTED'],
  ['invalid-request', undefined, undefined],
] as const)('an error of the kind %s with the code %s is told as %s', (kind, code, wanted) => {
  expect(toldCode({ kind, code, message: '' })).toBe(wanted)
})
