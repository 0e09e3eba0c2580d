import type { HttpRequest } from 'uWebSockets.js'
import { expect, test } from 'vitest'
import { ReadHead } from './head.ts'

function headOf(...headers: readonly (readonly [string, string])[]): ReadHead {
  const request: Partial<HttpRequest> = {
    getCaseSensitiveMethod: () => 'POST',
    getUrl: () => '/v1/chat/completions',
    getQuery: () => undefined as unknown as string,
    forEach(visit) {
      for (const [name, value] of headers) visit(name, value)
    },
  }
  return new ReadHead(request as HttpRequest)
}

const keyHeaders = ['x-api-key', 'api-key', 'x-goog-api-key']

test.each(keyHeaders)('the key is found in %s', (name) => {
  expect(headOf([name, 'hg_1'])).toMatchObject({ apiKey: 'hg_1', apiKeysDiffer: false })
})

test.each(keyHeaders.flatMap((first) => keyHeaders.map((second) => [first, second] as const)))(
  'keys in %s and %s must be one',
  (first, second) => {
    expect(headOf([first, 'hg_1'], [second, 'hg_2'])).toMatchObject({ apiKeysDiffer: true })
    expect(headOf([first, 'hg_1'], [second, 'hg_1'])).toMatchObject({ apiKey: 'hg_1', apiKeysDiffer: false })
  },
)

test('a head without a key has none', () => {
  expect(headOf(['authorization', 'Bearer hg_1'])).toMatchObject({ apiKey: undefined, apiKeysDiffer: false })
})
