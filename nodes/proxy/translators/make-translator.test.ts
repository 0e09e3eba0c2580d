import { expect, test } from 'vitest'
import { ManualClock } from '../../../shared/clock.ts'
import { InlineJobs } from '../large/test-jobs.ts'
import { testTarget } from '../providers/test-target.ts'
import type { JsonTranslatorOptions } from './json-options.ts'
import { chatTranslator, embeddingsTranslator } from './make-translator.ts'
import { askSample, type SampleName, samples } from './test-translators.ts'

function optionsOf(name: SampleName): JsonTranslatorOptions {
  const { request, asked } = askSample({ ...samples[name], headers: { traceparent: 't1' } })
  const { body } = asked.facts
  if (body.type !== 'json') throw new Error('the body is a form')
  const common = { filters: [], findFiles: undefined, strict: false, nowSeconds: 1, jobs: new InlineJobs() }
  return { request, asked, body, clock: new ManualClock(), ...common }
}

const gemini = testTarget({ kind: 'gemini', model: 'embedder' })
const call = { path: '/p', headerLines: 'x: y\r\n', body: [Buffer.from('{}')], bodyHash: 'h', dropped: ['a', 'b'] }

test('what was printed is addressed to its target, with what callers may have forwarded', () => {
  const printed = {
    call,
    upstream: gemini.dialect,
    printed: { dropped: [] },
    facts: { serviceTier: 'flex' },
    estimatedInput: 9,
  }
  const made = chatTranslator(optionsOf('chat'), gemini, printed)
  expect(made).toMatchObject({
    body: call.body,
    bodyHash: 'h',
    dropped: 'a, b',
    estimatedInput: 9,
    serviceTier: 'flex',
  })
  expect(made.path).toMatch(/\/p$/)
  expect(made.headerLines).toContain('traceparent: t1\r\n')
  expect(made.headerLines).toContain('x: y\r\n')
})

test('embeddings are made where both sides have them', () => {
  const printed = {
    call,
    printed: { dropped: [] },
    asked: { encoding: 'float', inputs: 1, estimatedInput: 2 },
  } as const
  expect(embeddingsTranslator(optionsOf('embeddings'), gemini, printed)).toMatchObject({
    ok: true,
    value: { estimatedInput: 2 },
  })
  const claude = testTarget({ kind: 'anthropic' })
  expect(embeddingsTranslator(optionsOf('embeddings'), claude, printed)).toMatchObject({
    ok: false,
    error: { type: 'unspoken' },
  })
  expect(() =>
    chatTranslator(optionsOf('embeddings'), gemini, {
      ...printed,
      upstream: gemini.dialect,
      facts: {},
      estimatedInput: 0,
    }),
  ).toThrow('dialect of callers')
})
