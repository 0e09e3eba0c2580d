// Limits of a provider, and of realtime sessions at it: a session holds its place until it is over, and is charged for each of its
// responses.
import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Gateway, startGateway } from '../gateway.ts'
import { listening, typesOf } from '../realtime/realtime-rig.ts'
import { type RealtimeUpstream, startRealtimeUpstream } from '../realtime/realtime-upstream.ts'
import { modelOn, providerAt } from '../scripted-llm.ts'
import { until } from '../until.ts'

let upstream: RealtimeUpstream
let gateway: Gateway
beforeAll(async () => {
  upstream = await startRealtimeUpstream()
  gateway = await startGateway({
    config: {
      providers: { live: providerAt(upstream.url), spare: providerAt(upstream.url) },
      models: { voice: modelOn('live', 'v'), tokens: { ...modelOn('spare', 't'), retries: { attempts: 0 } } },
      limits: {
        places: { per: 'provider', match: { provider: 'live' }, concurrency: 1 },
        tokens: { per: 'target', match: { target: 'spare/t' }, tokens: 100, window: '90d' },
      },
    },
  })
})
afterAll(async () => {
  await gateway?.stop()
  await upstream?.stop()
})

const open = async (model: string) => {
  const { secret } = await gateway.issueKey({})
  return listening(`${gateway.base.replace('http', 'ws')}/v1/realtime?model=${model}`, secret)
}

test('a session holds its place at the provider until it is over', async () => {
  const first = await open('voice')
  await first.opened
  expect(await (await open('voice')).refused).toMatchObject({ status: 429, error: { code: 'rate_limit_exceeded' } })
  first.socket.close()
  await first.closed
  await until(async () => {
    const next = await open('voice')
    return Promise.race([next.opened.then(() => next.socket.close() === undefined), next.refused.then(() => false)])
  }, 10_000)
})

test('a session is charged for each of its responses', async () => {
  const client = await open('tokens')
  await client.opened
  for (const count of [1, 2]) {
    client.socket.send('{"type":"response.create"}', { binary: false })
    await until(() => typesOf(client).filter((type) => type === 'response.done').length === count, 10_000)
  }
  client.socket.close()
  const refused = await (await open('tokens')).refused
  expect(refused).toMatchObject({ status: 429, error: { code: 'rate_limit_exceeded', type: 'tokens' } })
})

test("OpenAI's SDK throws its RateLimitError where the only target has no room", async () => {
  const { secret } = await gateway.issueKey({})
  const client = new OpenAI({ apiKey: secret, baseURL: `${gateway.base}/v1`, maxRetries: 0 })
  const asked = { model: 'tokens', messages: [{ role: 'user' as const, content: 'hi' }] }
  const error = await client.chat.completions.create(asked).catch((thrown) => thrown)
  expect(error).toBeInstanceOf(OpenAI.RateLimitError)
  expect(error.message).toContain('The limit `tokens` of 100 tokens in 90d for target `spare/t` is reached')
})
