import { expect, test } from 'vitest'
import { embeddings } from '../operations/operations.ts'
import type { Target } from '../providers/endpoint.ts'
import { testTarget } from '../providers/test-target.ts'
import { embedRequest } from './embed-request.ts'

const gemini = testTarget({ kind: 'gemini', model: 'embedder' })
const embed = (body: object, { target = gemini, strict = false }: { target?: Target; strict?: boolean } = {}) =>
  embedRequest({ route: '/v1/embeddings', inbound: embeddings.embeddings, body: { ...body } }, target, strict)

test('texts are printed, and what is told of them is small', () => {
  const embedded = embed({ input: ['four', 'words'], encoding_format: 'base64', user: 'u' })
  expect(embedded).toMatchObject({
    ok: true,
    value: { dropped: ['user'], asked: { encoding: 'base64', inputs: 2, estimatedInput: 3 } },
  })
})

test.each<[string, ReturnType<typeof embed>, object]>([
  ['that cannot be read', embed({ input: 7 }), { type: 'unreadable', path: 'input' }],
  ['of tokens', embed({ input: [1, 2] }), { type: 'missing-capability' }],
  ['with a parameter, in strict mode', embed({ input: 'a', user: 'u' }, { strict: true }), { params: ['user'] }],
  [
    'for a target that has none',
    embed({ input: 'a' }, { target: testTarget({ kind: 'anthropic' }) }),
    { type: 'unspoken' },
  ],
])('a request %s is refused', (_, embedded, error) => {
  expect(embedded).toMatchObject({ ok: false, error })
})
