// Law: a large body that passes through is what it would be if it were searched in one piece, and is only given to another process where
// something is found in it.
import { expect, test } from 'vitest'
import type { FileReference } from '../../provider-objects/file-references.ts'
import type { Target } from '../../providers/endpoint.ts'
import { testTarget } from '../../providers/test-target.ts'
import { type LargeRequest, largeRequest, longText, seenOf } from './test-late.ts'

const user = { role: 'user', content: longText }
const claude = testTarget({ kind: 'anthropic', model: 'claude-sonnet-4-5' })
const openai = testTarget({ model: 'gpt-x' })
const gemini = testTarget({ kind: 'gemini', model: 'gemini-3-pro' })
const vertex = testTarget({ kind: 'vertex', project: 'p', region: 'europe-west1', model: 'claude-opus-4-5' })

const messages = (more: readonly object[], rest: object = {}): LargeRequest => ({
  path: '/v1/messages',
  body: { model: 'm', max_tokens: 9, messages: [user, ...more], ...rest },
})
const foreign = { type: 'thinking', thinking: 'Hm.', signature: 'headgate:google:c.id:SIG' }
const ref = { kind: 'file', provider: 'openai', credential: 'main', owner: 'o', id: 'file-1', models: [] } as const
const file: FileReference = { start: 12, end: 16, ref }

const cases: readonly (readonly [what: string, request: LargeRequest, target: Target, jobs: readonly string[]])[] = [
  ['nothing to change but the model', messages([]), claude, []],
  ['parameters', { path: '/v1/chat/completions', body: { model: 'm', messages: [user], stream: true } }, openai, []],
  ['a seal of another maker', messages([{ role: 'assistant', content: [foreign] }, user]), claude, ['rewrite']],
  ['a system message between turns', messages([{ role: 'system', content: 's' }, user]), claude, ['rewrite']],
  ['the envelope of Vertex AI', messages([]), vertex, []],
  ['a seal in that envelope', messages([{ role: 'assistant', content: [foreign] }, user]), vertex, ['rewrite']],
  [
    'a file',
    {
      path: '/v1/responses',
      body: `{"input_id":"file","model":"m","input":"${longText}"}`,
      options: { files: [file] },
    },
    openai,
    [],
  ],
  [
    'the model within',
    {
      path: '/v1beta/models/m:batchEmbedContents',
      body: { requests: [{ model: 'models/m', content: { parts: [{ text: longText }] } }] },
    },
    gemini,
    ['rewrite'],
  ],
  [
    'a long speech',
    { path: '/v1/audio/speech', body: { model: 'm', input: `${longText}é😀`, voice: 'v' } },
    openai,
    ['count characters'],
  ],
]

test.each(cases)('%s', async (_, request, target, jobs) => {
  const asked = largeRequest(request)
  const atOnce = asked.now(target)
  expect(atOnce).toMatchObject({ ok: true, value: { passesThrough: true } })
  const later = await asked.late(target)
  expect(seenOf(later)).toEqual(seenOf(atOnce))
  expect(later).toMatchObject({ ok: true, value: { passesThrough: true } })
  expect(asked.jobs.ran).toEqual(jobs)
})

test('files of another provider are refused, there as here', async () => {
  const elsewhere = { ...file, ref: { ...ref, provider: 'other' } }
  const body = `{"input_id":"file","model":"m","input":"${longText}"}`
  const asked = largeRequest({ path: '/v1/responses', body, options: { files: [elsewhere] } })
  expect(await asked.late(openai)).toEqual(asked.now(openai))
})

test('betas that the target lacks are refused in strict mode, there as here', async () => {
  const asked = largeRequest({ ...messages([]), headers: { 'anthropic-beta': 'files-api-2025-04-14' } })
  expect(await asked.late(vertex, true)).toEqual(asked.now(vertex, true))
  expect(await asked.late(vertex, true)).toMatchObject({ ok: false, error: { type: 'unsupported-params' } })
})

test('nothing is given away once nobody waits, because the bytes may be those of another request', async () => {
  const asked = largeRequest(messages([{ role: 'assistant', content: [foreign] }, user]))
  const late = asked.translators.late(claude, false)
  const made = late?.start()
  late?.stop()
  const next = new Promise((resolve) => setImmediate(resolve, 'nothing'))
  expect(await Promise.race([made, next])).toBe('nothing')
  expect(asked.jobs.ran).toEqual([])
})

test('a job that fails says nothing about the target', async () => {
  const asked = largeRequest(messages([{ role: 'assistant', content: [foreign] }, user]))
  asked.jobs.failure = { type: 'too-complex' }
  expect(await asked.late(claude)).toEqual({ ok: false, error: { type: 'unmade', error: { type: 'too-complex' } } })
})
