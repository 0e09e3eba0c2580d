// What a limit of output tokens reserves, in each dialect: the caller's cap times the number of answers.
import { expect, test } from 'vitest'
import { LocalBus } from '../../../cluster/bus/local-bus.ts'
import { Gossip } from '../../../cluster/gossip/gossip.ts'
import { ManualClock } from '../../../shared/clock.ts'
import { TestGateway } from '../apis/test-gateway.ts'
import { Limits } from './limits.ts'

const messages = [{ role: 'user', content: 'hi' }]
const contents = [{ role: 'user', parts: [{ text: 'hi' }] }]
const gemini = (model: string, config: object) =>
  [`/v1beta/models/${model}:generateContent`, { contents, generationConfig: config }] as const

test.each<[string, string, object, number]>([
  ['a chat', '/v1/chat/completions', { model: 'gpt', messages, max_tokens: 40 }, 40],
  ['a chat with a newer name', '/v1/chat/completions', { model: 'gpt', messages, max_completion_tokens: 40, n: 2 }, 80],
  ['a chat without a cap', '/v1/chat/completions', { model: 'gpt', messages }, 512],
  ['completions', '/v1/completions', { model: 'gpt', prompt: 'hi', max_tokens: 40, best_of: 3 }, 120],
  ['a response', '/v1/responses', { model: 'gpt', input: 'hi', store: false, max_output_tokens: 40 }, 40],
  ['a message', '/v1/messages', { model: 'claude', messages, max_tokens: 40 }, 40],
  ['generateContent', ...gemini('gem', { maxOutputTokens: 40 }), 40],
  ['generateContent for another dialect', ...gemini('gpt', { maxOutputTokens: 40, candidateCount: 2 }), 80],
  ['generateContent without a cap', ...gemini('gem', { temperature: 1 }), 512],
  ['generateContent with a cap of none', ...gemini('gem', { maxOutputTokens: -1 }), 512],
  [
    'generateContent in the other spelling',
    '/v1beta/models/gem:generateContent',
    { contents, generation_config: { max_output_tokens: 40, candidate_count: 2 } },
    80,
  ],
])('%s', async (_, path, body, reserved) => {
  const clock = new ManualClock()
  const gossip = new Gossip({ node: 'n1', boot: 1, bus: new LocalBus(), clock })
  const limits = new Limits({ gossip, clock, hashKey: new Uint8Array(32) })
  const gateway = await TestGateway.open({ policies: [limits], clock })
  const most = 10_000
  await gateway.put('limits', 'out', { per: 'key', outputTokens: most, window: '1h' })
  gateway.call({ path, body })
  expect(gateway.upstream.calls.length).toBe(1)
  // The next request is told what is left for it.
  const { reply } = gateway.call({ path: '/v1/messages', body: { model: 'claude', messages, max_tokens: 1 } })
  gateway.upstream.last.answer(200, { type: 'message', role: 'assistant', content: [{ type: 'text', text: 'yes' }] })
  const at = reply.headers.indexOf('anthropic-ratelimit-output-tokens-remaining')
  expect(most - Number(reply.headers[at + 1]) - 1).toBe(reserved)
})
