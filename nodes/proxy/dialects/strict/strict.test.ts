// What goes out keeps each provider's published limits, whatever the caller said.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { arbitraryRequest } from './test-arbitrary-request.ts'
import { cases, violations } from './test-hosts.ts'

describe.each(cases)('%s is sent requests for %s', (_name, model, host) => {
  test('that keep its published limits', () => {
    fc.assert(
      fc.property(arbitraryRequest, (request) => {
        expect(violations(request, model, host)).toEqual([])
      }),
      { numRuns: 300 },
    )
  })
})
