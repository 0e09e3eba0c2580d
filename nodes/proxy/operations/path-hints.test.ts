import { expect, test } from 'vitest'
import { errorShapeAt, matchOperation } from './match-path.ts'

function hintAt(path: string, method: 'GET' | 'POST' = 'POST'): string | undefined {
  const matched = matchOperation({ path, query: '', method, header: () => undefined } as never)
  return matched.ok || matched.error.type !== 'unknown-path' ? 'served' : matched.error.hint
}

test.each([
  ['/v1/v1/messages', 'anthropic', '/v1/messages', '/v1'],
  ['/v1/v1/messages/count_tokens', 'anthropic', '/v1/messages/count_tokens', '/v1'],
  ['/anthropic/v1/v1/messages', 'anthropic', '/v1/messages', '/anthropic/v1'],
  ['/v1/chat/completions/v1/messages', 'anthropic', '/v1/messages', '/v1/chat/completions'],
  ['/v1/v1/chat/completions', 'openai', '/v1/chat/completions', '/v1'],
  ['/proxy/v1/responses', 'openai', '/v1/responses', '/proxy'],
  [
    '/v1beta/v1beta/models/gemini-2.5-pro:generateContent',
    'gemini',
    '/v1beta/models/gemini-2.5-pro:generateContent',
    '/v1beta',
  ],
  [
    '/v1/v1beta/models/gemini-2.5-pro:streamGenerateContent',
    'gemini',
    '/v1beta/models/gemini-2.5-pro:streamGenerateContent',
    '/v1',
  ],
])('%s is told in the shape of %s, with the base URL that is meant', (path, shape, known, prefix) => {
  expect([errorShapeAt(path), hintAt(path)]).toEqual([
    shape,
    ` Its end, ${known}, is served: take ${prefix} away from the end of the client's base URL.`,
  ])
})

test('a path without its version is told what the base URL lacks', () => {
  expect(hintAt('/messages')).toContain('base URL has to end in /v1')
  expect(hintAt('/responses')).toContain('base URL has to end in /v1')
})

test('a path of the control port is told of it', () => {
  expect(hintAt('/', 'GET')).toContain('The console is at / of the control port.')
  expect(hintAt('/api/v1/keys', 'GET')).toContain('the admin API is at this path of the control port')
  expect(hintAt('/nothing/of/the/kind')).toBeUndefined()
})
