import { expect, test } from 'vitest'
import { providerKinds } from '../../../shared/config/kinds/providers/spec.ts'
import { requestOf } from '../dialects/test-dialects.ts'
import * as operations from '../operations/operations.ts'
import { passThroughOperations } from '../operations/pass-through-operations.ts'
import type { FileReference } from '../provider-objects/file-references.ts'
import type { Target } from '../providers/endpoint.ts'
import { testTarget } from '../providers/test-target.ts'
import { inferenceRequest } from '../request/read-inference.ts'
import type { AnswerFilter } from '../streams/answer-filter.ts'
import { ChatTranslator } from './chat-translator.ts'
import { EmbeddingsTranslator } from './embeddings-translator.ts'
import { PassThrough } from './pass-through.ts'
import { askSample, jsonTranslators, type SampleName, samples, translatorsOf } from './test-translators.ts'
import type { Translators } from './translator.ts'

/** P: bytes pass through, T: the conversation is translated, E: embeddings are, -: the target has no such operation,
 *  !: it has, but not for this model. */
type Way = 'P' | 'T' | 'E' | '-' | '!'

function wayTo(target: Target, translators: Translators): Way {
  const chosen = translators.to(target, false)
  if (!chosen.ok) return chosen.error.type === 'unspoken' ? '-' : '!'
  if (chosen.value instanceof PassThrough) return 'P'
  return chosen.value instanceof ChatTranslator ? 'T' : chosen.value instanceof EmbeddingsTranslator ? 'E' : '!'
}

const columns: readonly SampleName[] = Object.keys(samples) as SampleName[]

/** The columns are the operations in the order of `samples`: texts (chat … responses), Anthropic's, Google's, embeddings, media. */
const ways: readonly (readonly [name: string, target: Target, ways: string])[] = [
  ['openai', testTarget(), 'PPP T- TTT- PEE PPPPPPP--'],
  ['openai at an unknown host', testTarget({ baseUrl: 'http://127.0.0.1:8000/v1' }), 'PPP T- TTT- PEE PPPPPPPPP'],
  ['openai at Groq', testTarget({ baseUrl: 'https://api.groq.com/openai/v1' }), 'PPP T- TTT- PEE ----PPP--'],
  ['openai at DeepSeek', testTarget({ baseUrl: 'https://api.deepseek.com/v1' }), 'PPT T- TTT- PEE ---------'],
  // Its chat answers have to be repaired.
  ['openai at Mistral', testTarget({ baseUrl: 'https://api.mistral.ai/v1' }), 'TPT T- TTT- PEE P----PP--'],
  ['azure', testTarget({ kind: 'azure' }), 'PPT T- TTT- PEE -PPPPPP--'],
  ['azure with the newer API', testTarget({ kind: 'azure', apiVersion: 'v1' }), 'PPP T- TTT- PEE -PPPPPP--'],
  // Models that have the Responses API alone.
  ['openai with a codex', testTarget({ facts: { endpoint: 'responses' } }), 'TTP T- TTT- PEE PPPPPPP--'],
  ['azure with a codex', testTarget({ kind: 'azure', facts: { endpoint: 'responses' } }), 'TTP T- TTT- PEE -PPPPPP--'],
  [
    'a server of responses alone',
    testTarget({ baseUrl: 'http://127.0.0.1:8000/v1', endpoints: ['responses'] }),
    'TTP T- TTT- EEE ---------',
  ],
  ['anthropic', testTarget({ kind: 'anthropic' }), 'TTT PP TTT- --- ---------'],
  ['bedrock', testTarget({ kind: 'bedrock', region: 'us-east-1' }), 'TTT T- TTT- !!! ---------'],
  [
    'bedrock with a model of vectors',
    testTarget({ kind: 'bedrock', region: 'us-east-1', model: 'amazon.titan-embed-text-v2:0' }),
    'TTT T- TTT- EEE ---------',
  ],
  ['gemini', testTarget({ kind: 'gemini' }), 'TTT T- PPTP EPP ---------'],
  // Its embeddings are not Gemini's.
  ['vertex', testTarget({ kind: 'vertex', project: 'p', model: 'gemini-2.5-pro' }), 'TTT T- PPTP EEE ---------'],
  ['vertex with Claude', testTarget({ kind: 'vertex', project: 'p', model: 'claude-x' }), 'TTT PP TTT- --- ---------'],
  ['cohere', testTarget({ kind: 'cohere' }), 'TTT T- TTT- EEE -------PP'],
  ['demo', testTarget({ kind: 'demo' }), 'PPT T- TTT- PEE ---------'],
]

test.each(ways)('the ways to %s are these', (_, target, wanted) => {
  const found = columns.map((name) => [name, wayTo(target, translatorsOf(askSample(samples[name])))])
  const letters = [...wanted.replaceAll(' ', '')]
  expect(found).toEqual(columns.map((name, n) => [name, letters[n]]))
})

test('the table has every kind of provider and every operation', () => {
  expect([...new Set(ways.map(([, { kind }]) => kind))].toSorted()).toEqual([...providerKinds].toSorted())
  const all = [...Object.values(operations), ...passThroughOperations]
  const asked = columns.map((name) => askSample(samples[name]).request.operation)
  expect(all.filter((operation) => !asked.includes(operation))).toEqual([])
})

const openai = testTarget()
const claude = testTarget({ kind: 'anthropic', model: 'claude-x' })
const gemini = testTarget({ kind: 'gemini' })
const asIs: AnswerFilter = (emit) => emit
const redacted = requestOf({ messages: [{ role: 'user', parts: [{ type: 'text', text: 'redacted' }] }] })

test.each<[SampleName, Target]>([
  ['chat', openai],
  ['completions', openai],
  ['responses', openai],
  ['messages', claude],
  ['generate', gemini],
  ['generate stream', gemini],
])('a request %s that a policy changed is translated even within one dialect', (name, target) => {
  const sample = askSample(samples[name])
  expect(wayTo(target, jsonTranslators(sample))).toBe('P')
  const changed = jsonTranslators({ ...sample, asked: sample.asked.with(redacted) })
  const chosen = changed.to(target, false)
  expect(wayTo(target, changed)).toBe('T')
  expect(chosen.ok && Buffer.concat(chosen.value.body).toString()).toContain('redacted')
})

test.each<[SampleName, Target, Way]>([
  ['chat', openai, 'T'],
  ['completions', openai, 'T'],
  ['responses', openai, 'T'],
  ['messages', claude, 'T'],
  ['generate stream', gemini, 'T'],
  // No events: there is nothing that a filter could see.
  ['count tokens', claude, 'P'],
  ['gemini count', gemini, 'P'],
  ['embeddings', openai, 'P'],
  ['speech', openai, 'P'],
])('the answer to %s that is to be filtered: see the table', (name, target, way) => {
  expect(wayTo(target, jsonTranslators(askSample(samples[name]), { filters: [asIs] }))).toBe(way)
})

const pin = { type: 'held', target: 'openai/gpt-x', provider: 'openai', credential: 'main' } as const

test.each<[string, Target, Way]>([
  ['the provider that holds it', openai, 'P'],
  ['another provider', testTarget({ provider: 'other' }), '!'],
  [
    'that provider where it does not speak the Responses API',
    testTarget({ baseUrl: 'https://api.deepseek.com/v1' }),
    '!',
  ],
])('a conversation that a provider holds goes to %s: see the table', (_, target, way) => {
  const sample = askSample(samples.responses)
  const state = { history: undefined, referred: undefined, pin, keeper: undefined }
  const asked = inferenceRequest(sample.asked.facts, state)
  const translators = jsonTranslators({ ...sample, asked })
  expect(wayTo(target, translators)).toBe(way)
  if (way === '!')
    expect(translators.to(target, false)).toEqual({ ok: false, error: { type: 'elsewhere', provider: 'openai' } })
})

function fileAt(provider: string, credential: string): FileReference {
  const ref = { kind: 'file', provider, credential, owner: 'team search', id: 'file-1', models: [] } as const
  return { start: 10, end: 14, ref }
}

test.each<[string, FileReference[], boolean]>([
  ['the target has', [fileAt('openai', 'main')], true],
  ['lie at another provider', [fileAt('other', 'main')], false],
  ['lie at two accounts', [fileAt('openai', 'main'), fileAt('openai', 'second')], false],
])('a request that names files which %s passes through: %s', (_, files, passes) => {
  const sample = askSample({ path: '/v1/chat/completions', body: '{"x":     "ab", "model":"m","messages":[{}]}' })
  const chosen = jsonTranslators(sample, { files: files.slice(0, 2) }).to(openai, false)
  if (passes) expect(chosen).toMatchObject({ ok: true, value: { credential: 'main' } })
  else expect(chosen).toMatchObject({ ok: false, error: { type: 'unreadable', path: 'file_id' } })
})

const withSeed = {
  path: '/v1/chat/completions',
  body: { model: 'm', messages: [{ role: 'user', content: 'hi' }], seed: 1 },
}
const refused = { ok: false, error: { type: 'unsupported-params', params: ['seed'] } }

test('a parameter that the target cannot take is dropped and named, and refused where somebody is strict', () => {
  const sample = askSample(withSeed)
  expect(jsonTranslators(sample).to(claude, false)).toMatchObject({ ok: true, value: { dropped: 'seed' } })
  expect(jsonTranslators(sample).to(claude, true)).toEqual(refused)
  expect(jsonTranslators(sample, { strict: true }).to(claude, false)).toEqual(refused)
  expect(jsonTranslators(sample, { strict: true }).to(openai, true)).toMatchObject({ ok: true, value: { dropped: '' } })
})

const toVectors = (body: object) => askSample({ path: '/v1/embeddings', body: { model: 'm', ...body } })

test('the same holds for embeddings', () => {
  const sample = toVectors({ input: 'hi', user: 'u', vendor: 1 })
  const params = ['user', 'vendor']
  expect(jsonTranslators(sample).to(gemini, false)).toMatchObject({ ok: true, value: { dropped: 'user, vendor' } })
  expect(jsonTranslators(sample).to(gemini, true)).toEqual({ ok: false, error: { type: 'unsupported-params', params } })
  expect(jsonTranslators(sample, { strict: true }).to(gemini, false)).toMatchObject({ ok: false })
})

test.each<[string, object, object]>([
  ['that cannot be read', { input: [] }, { type: 'unreadable', path: 'input' }],
  ['of tokens', { input: [1, 2] }, { type: 'missing-capability', capability: 'tokens as input' }],
])('embeddings %s are refused by a target that has to translate them', (_, body, error) => {
  expect(jsonTranslators(toVectors(body)).to(gemini, false)).toMatchObject({ ok: false, error })
  expect(jsonTranslators(toVectors(body)).to(openai, false)).toMatchObject({ ok: true })
})

const drawing = { role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://a.example/x.png' } }] }

test('a conversation that cannot be read is refused where it has to be translated, and passes elsewhere', () => {
  const odd = askSample({ path: '/v1/chat/completions', body: { model: 'm', messages: [{ role: 'wizard' }] } })
  expect(jsonTranslators(odd).to(claude, false)).toMatchObject({
    ok: false,
    error: { type: 'unreadable', path: 'messages[0].role' },
  })
  expect(jsonTranslators(odd).to(openai, false)).toMatchObject({ ok: true })
})

test('a capability that the model lacks makes a target ineligible', () => {
  const sample = askSample({ path: '/v1/chat/completions', body: { model: 'm', messages: [drawing] } })
  const blind = testTarget({ kind: 'anthropic', facts: { lacks: new Set(['images']) } })
  expect(jsonTranslators(sample).to(blind, false)).toMatchObject({
    ok: false,
    error: { type: 'missing-capability', capability: 'images' },
  })
  expect(jsonTranslators(sample).to(claude, false)).toMatchObject({ ok: true })
})

const noImages = { type: 'missing-capability', capability: 'images', what: 'image' } as const

test.each<[string, SampleName, Target, boolean]>([
  ['that passes bytes through', 'chat', openai, true],
  [
    'that passes bytes through and is known to lack it',
    'chat',
    testTarget({ facts: { lacks: new Set(['images']) } }),
    false,
  ],
  ['that is translated for', 'chat', claude, true],
  ['that embeds in its own way', 'embeddings', gemini, true],
  ['that embeds not at all', 'embeddings', claude, false],
  ['that has no such operation', 'speech', claude, false],
])('a target %s could take the request: see the table', (_, name, target, wanted) => {
  expect(jsonTranslators(askSample(samples[name])).could(target, false, noImages)).toBe(wanted)
})

test('a strict target could take a request only with all of its parameters', () => {
  const translators = jsonTranslators(askSample(withSeed))
  const ineligible = { type: 'unsupported-params', params: ['seed'] } as const
  expect([translators.could(claude, false, ineligible), translators.could(claude, true, ineligible)]).toEqual([
    true,
    false,
  ])
})

test('tokens are estimated where no target can count them', () => {
  const translators = jsonTranslators(askSample(samples['count tokens']))
  expect(translators.canCount([openai, claude])).toBe(true)
  expect(translators.canCount([openai, gemini])).toBe(false)
  const estimated = translators.estimate()
  expect(estimated?.ok && estimated.value).toBeGreaterThan(0)
  const odd = askSample({ path: '/v1/messages/count_tokens', body: { model: 'm', messages: [{ role: 'wizard' }] } })
  expect(jsonTranslators(odd).estimate()).toMatchObject({ ok: false, error: { type: 'unreadable' } })
})

test('what is translated goes to the address of the upstream, with trace headers alone', () => {
  const headers = { traceparent: 't1', 'openai-beta': 'x' }
  const chosen = jsonTranslators(askSample({ ...samples.chat, headers })).to(claude, false)
  expect(chosen).toMatchObject({ ok: true, value: { path: '/v1/messages', passesThrough: false } })
  expect(chosen.ok && chosen.value.headerLines).toContain('traceparent: t1\r\n')
  expect(chosen.ok && chosen.value.headerLines).not.toContain('openai-beta')
})
