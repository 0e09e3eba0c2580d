// What a large conversation costs at most is what it would cost if it were looked at here, and here it is not parsed.
import { expect, test } from 'vitest'
import type { BudgetDesk } from '../../../../cluster/budgets/budget-desk.ts'
import { ManualClock } from '../../../../shared/clock.ts'
import { priceOfRates } from '../../../../shared/models/price.ts'
import { StoredHistory } from '../../conversations/history.ts'
import { encodeStored } from '../../conversations/stored-response.ts'
import { kept } from '../../conversations/test-responses.ts'
import { InlineJobs } from '../../large/test-jobs.ts'
import { testTarget } from '../../providers/test-target.ts'
import { inferenceRequest } from '../../request/read-inference.ts'
import { routeTo, testSnapshot } from '../../request/test-request.ts'
import { askSample, type Sample } from '../../translators/test-translators.ts'
import { Budgets } from './budgets.ts'
import { conversationSizes, sizesLater } from './conversation-sizes.ts'
import { costBound } from './cost-bound.ts'
import { PriceCeilings } from './price-ceiling.ts'

const long = 'é'.repeat(200_000)
const user = { role: 'user', content: long }
const image = { type: 'image_url', image_url: { url: 'https://a.example/x.png' } }
const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }]
const chat = (more: object): Sample => ({
  path: '/v1/chat/completions',
  body: { model: 'm', messages: [user], ...more },
})

const cases: readonly (readonly [what: string, sample: Sample, told: object])[] = [
  ['text', chat({ max_tokens: 9, n: 2 }), { hasMedia: false, hasTools: false, maxOutputTokens: 9, answers: 2 }],
  ['images', chat({ messages: [user, { role: 'user', content: [image] }] }), { hasMedia: true }],
  ['tools', chat({ tools }), { hasTools: true, costly: undefined }],
  ['a search', chat({ web_search_options: {} }), { costly: 'web_search_options' }],
  [
    'a tool of the provider',
    { path: '/v1/responses', body: { model: 'm', input: long, tools: [{ type: 'web_search' }] } },
    { costly: 'its own tools' },
  ],
]

test.each(cases)('a large conversation with %s', async (_, sample, told) => {
  const { request, asked } = askSample(sample)
  const parsed = asked.parsed()
  const here = parsed.ok ? conversationSizes(parsed.value) : undefined
  const jobs = new InlineJobs()
  expect(await sizesLater(request, asked, jobs)).toEqual({ ok: true, value: here })
  expect(here).toMatchObject(told)
  expect(here?.bytes).toBeGreaterThan(400_000)
  expect(jobs.ran).toEqual(['measure'])
})

test('turns before it count', async () => {
  const { request, asked } = askSample({ path: '/v1/responses', body: { model: 'm', input: 'hi' } })
  const turn = Buffer.from(encodeStored({ ...kept('resp_0'), input: [{ ...user, id: 'in', type: 'message' }] }))
  const state = { history: new StoredHistory([turn]), referred: undefined, pin: undefined, keeper: undefined }
  const told = await sizesLater(request, inferenceRequest(asked.facts, state), new InlineJobs())
  expect(told?.ok && told.value.bytes).toBeGreaterThan(400_000)
})

test('what cannot be read, or not now, is told', async () => {
  const odd = askSample(chat({ messages: [user, { role: 'wizard' }] }))
  expect(await sizesLater(odd.request, odd.asked, new InlineJobs())).toMatchObject({
    ok: false,
    error: { type: 'bad-body', param: 'messages[1].role' },
  })
  const jobs = new InlineJobs()
  jobs.failure = { type: 'too-busy', retryAfterMs: 1 }
  expect(await sizesLater(odd.request, odd.asked, jobs)).toEqual({ ok: false, error: jobs.failure })
})

test('a small one, and what has no conversation, is looked at at once', () => {
  const small = askSample({
    path: '/v1/chat/completions',
    body: { model: 'm', messages: [{ role: 'user', content: 'hi' }] },
  })
  expect(sizesLater(small.request, small.asked, new InlineJobs())).toBeUndefined()
  const vectors = askSample({ path: '/v1/embeddings', body: { model: 'm', input: long } })
  expect(sizesLater(vectors.request, vectors.asked, new InlineJobs())).toBeUndefined()
})

test('a hard budget reserves for a large request what it would for one that is looked at here', async () => {
  const { request, asked } = askSample(chat({ max_tokens: 9, tools }))
  const spec = { team: 'search', usd: 100, window: '1d' } as const
  const budgets = new Map([['small', { spec, revision: 1, origin: 'api' as const }]])
  const price = priceOfRates({ input: 1, output: 2 }, { type: 'configured' })
  const route = routeTo('m', { ...testTarget({ facts: { contextTokensMax: 1_000_000 } }), price })
  const charged = { ...request, snapshot: { ...testSnapshot({ m: route }), budgets } }
  const reserved: number[] = []
  const lease = { isHard: true, reserve: (nanoUsd: number) => reserved.push(nanoUsd) > 0 }
  const desk = { lease: () => lease, renew: () => {} } as unknown as BudgetDesk
  const jobs = new InlineJobs()
  const decided = await new Budgets({ desk, clock: new ManualClock(), jobs }).decide(charged, asked)
  const bound = costBound(charged, asked, new PriceCeilings())
  expect([decided.type, jobs.ran, bound]).toEqual(['proceed', ['measure'], { nanoUsd: reserved[0] }])
})
