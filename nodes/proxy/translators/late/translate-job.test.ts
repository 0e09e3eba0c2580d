import { expect, test } from 'vitest'
import { testTarget } from '../../providers/test-target.ts'
import { sentTarget, translateJob } from './translate-job.ts'

const claude = testTarget({ kind: 'anthropic', model: 'claude-x', facts: { lacks: new Set(['images']) } })
const head = {
  operation: '/v1/chat/completions',
  betas: undefined,
  target: sentTarget(claude),
  strict: false,
  isSigned: false,
}
const body = (content: unknown) => Buffer.from(JSON.stringify({ model: 'm', messages: [{ role: 'user', content }] }))

test('what is told crosses to another process, and the body stands apart', () => {
  const { told, bodies } = translateJob.run(structuredClone(head), [body('hi')])
  expect(structuredClone(told)).toEqual(told)
  expect(told).toMatchObject({ ok: true, value: { upstream: 'anthropic', path: '/messages', bodyHash: undefined } })
  expect(JSON.parse(Buffer.concat(bodies).toString())).toMatchObject({ model: 'claude-x' })
})

test('what is known of the target counts', () => {
  const image = { type: 'image_url', image_url: { url: 'https://a.example/x.png' } }
  const { told, bodies } = translateJob.run(structuredClone(head), [body([image])])
  expect(told).toMatchObject({ ok: false, error: { type: 'missing-capability', capability: 'images' } })
  expect(bodies).toEqual([])
})

test('an operation without a conversation is spoken nowhere', () => {
  const { told } = translateJob.run({ ...head, operation: '/v1/embeddings' }, [body('hi')])
  expect(told).toEqual({ ok: false, error: { type: 'unspoken', route: '/v1/embeddings' } })
})
