import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { testTarget } from '../../providers/test-target.ts'
import { embedJob } from './embed-job.ts'
import { sentTarget } from './translate-job.ts'

const body = Buffer.from('{"model":"m","input":["a","b"],"user":"u"}')
const headFor = (kind: 'gemini' | 'anthropic', strict = false) => {
  const target = sentTarget(testTarget({ kind, model: 'embedder' }))
  return { operation: '/v1/embeddings', target, strict, isSigned: true }
}

test('texts are printed for their target, and the hash of what is signed comes along', () => {
  const { told, bodies } = embedJob.run(structuredClone(headFor('gemini')), [body])
  const printed = Buffer.concat(bodies)
  const bodyHash = createHash('sha256').update(printed).digest('hex')
  expect(told).toMatchObject({ ok: true, value: { asked: { inputs: 2 }, dropped: ['user'], bodyHash } })
  expect(JSON.parse(printed.toString()).requests).toHaveLength(2)
})

test('a target that has none, or is not strict enough, says so', () => {
  expect(embedJob.run(headFor('anthropic'), [body]).told).toMatchObject({ ok: false, error: { type: 'unspoken' } })
  expect(embedJob.run(headFor('gemini', true), [body]).told).toMatchObject({ ok: false, error: { params: ['user'] } })
})
