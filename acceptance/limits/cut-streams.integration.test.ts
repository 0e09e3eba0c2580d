// Streams that a limit or a hard budget cuts, as the official SDKs read them: an answer that has reached its length, and no error.
// The upstream speaks each dialect as its authors read it, and goes on for 2,000 words whatever it is asked for.
import Anthropic from '@anthropic-ai/sdk'
import type { LLMock } from '@copilotkit/aimock'
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, type Gateway, startGateway } from '../gateway.ts'
import { modelOn, providerAt, startScriptedLlm, translatedLlm } from '../scripted-llm.ts'
import { until } from '../until.ts'

let upstream: LLMock
let gateway: Gateway
const price = { inputPerMTok: 1, outputPerMTok: 10 }
const story = 'seven words and then some more of them. '.repeat(250)

beforeAll(async () => {
  upstream = await startScriptedLlm()
  // A few tokens in each millisecond: no read has many.
  upstream.prependFixture({
    match: { userMessage: 'a story' },
    response: { content: story },
    chunkSize: 15,
    latency: 1,
  })
  // So slow that a gateway that waits for a core reads few tokens at once: what is read has been charged by the provider.
  upstream.prependFixture({
    match: { userMessage: 'a slow story' },
    response: { content: story },
    chunkSize: 15,
    latency: 20,
  })
  const { providers, models } = translatedLlm(upstream)
  const limit = { per: 'key', window: '1h', onExhausted: 'cut', overdraft: 0 }
  gateway = await startGateway({
    config: {
      providers: { ...providers, up: providerAt(upstream.url) },
      models: {
        ...models,
        gpt: modelOn('up', 'gpt-4o'),
        priced: { targets: [{ provider: 'up', model: 'gpt-4o', price }], retries: { attempts: 0 } },
      },
      teams: { tokens: {}, money: {} },
      limits: { small: { ...limit, match: { team: 'tokens' }, tokens: 200 } },
      budgets: { tiny: { team: 'money', usd: 0.003, window: '1d' } },
    },
  })
})
afterAll(async () => {
  await gateway?.stop()
  await upstream?.stop()
})

const keyOf = async (team: string) => (await gateway.issueKey({ owner: { team } })).secret
const messages = [{ role: 'user' as const, content: 'Tell me a story.' }]
const models = ['gpt', 'claude', 'gemini', 'nova', 'command']

/** The record of a request, once there is one. */
async function recordOf(id: string | null | undefined) {
  const read = () => gateway.admin('GET', `/requests/${id}`)
  await until(async () => (await read()).status === 200, 10_000)
  return (await read()).json
}

describe.each(models)('at %s', (model) => {
  test("OpenAI's SDK reads a chat", async () => {
    const client = new OpenAI({ apiKey: await keyOf('tokens'), baseURL: `${gateway.base}/v1`, maxRetries: 0 })
    const asked = { model, messages, stream_options: { include_usage: true } }
    const stream = client.chat.completions.stream(asked)
    const answer = await stream.finalChatCompletion()
    expect(answer.choices[0]?.finish_reason).toBe('length')
    expect(answer.choices[0]?.message.content?.length).toBeLessThan(story.length)
    expect(answer.usage?.completion_tokens).toBeGreaterThan(100)
  })

  test("OpenAI's SDK reads a response", async () => {
    const client = new OpenAI({ apiKey: await keyOf('tokens'), baseURL: `${gateway.base}/v1`, maxRetries: 0 })
    const stream = client.responses.stream({ model, input: 'Tell me a story.', store: false })
    const answer = await stream.finalResponse()
    expect([answer.status, answer.incomplete_details]).toEqual(['incomplete', { reason: 'max_output_tokens' }])
    expect(answer.output_text.length).toBeGreaterThan(300)
    expect(story.startsWith(answer.output_text)).toBe(true)
  })

  test("Anthropic's SDK reads a message", async () => {
    const client = new Anthropic({ apiKey: await keyOf('tokens'), baseURL: gateway.base, maxRetries: 0 })
    const stream = client.messages.stream({ model, max_tokens: 4_000, messages })
    const message = await stream.finalMessage()
    expect(message.stop_reason).toBe('max_tokens')
    expect(message.usage.output_tokens).toBeGreaterThan(100)
    const [block] = message.content
    expect(story.startsWith(block?.type === 'text' ? block.text : '-')).toBe(true)
  })

  test("Google's SDK reads a stream", async () => {
    const client = new GoogleGenAI({ apiKey: await keyOf('tokens'), httpOptions: { baseUrl: gateway.base } })
    const stream = await client.models.generateContentStream({ model, contents: 'Tell me a story.' })
    const reasons: unknown[] = []
    let text = ''
    for await (const chunk of stream) {
      text += chunk.text ?? ''
      const reason = chunk.candidates?.[0]?.finishReason
      if (reason !== undefined) reasons.push(reason)
    }
    expect(reasons).toEqual(['MAX_TOKENS'])
    expect(story.startsWith(text)).toBe(true)
    expect(text.length).toBeGreaterThan(300)
  })
})

test('legacy completions end so too, and the record tells why', async () => {
  const client = new OpenAI({ apiKey: await keyOf('tokens'), baseURL: `${gateway.base}/v1`, maxRetries: 0 })
  const asked = { model: 'claude', prompt: 'Tell me a story.', stream: true as const }
  const { data, response } = await client.completions.create(asked).withResponse()
  const reasons: unknown[] = []
  for await (const chunk of data) reasons.push(chunk.choices[0]?.finish_reason)
  expect(reasons.filter((reason) => reason !== null && reason !== undefined)).toEqual(['length'])
  expect(await recordOf(response.headers.get('x-request-id'))).toMatchObject({
    status: 'cut',
    errorCode: 'limit_exhausted',
    httpStatus: 200,
    attempts: [{ outcome: 'aborted' }],
  })
})

test('an upstream that ignores the cap does not overspend a hard budget', async () => {
  const client = new OpenAI({ apiKey: await keyOf('money'), baseURL: `${gateway.base}/v1`, maxRetries: 0 })
  const slow = [{ role: 'user' as const, content: 'Tell me a slow story.' }]
  const asked = { model: 'priced', messages: slow, max_tokens: 150, stream: true as const }
  const { data, response } = await client.chat.completions.create(asked).withResponse()
  const reasons: unknown[] = []
  for await (const chunk of data) reasons.push(chunk.choices[0]?.finish_reason)
  expect(reasons.at(-1)).toBe('length')
  const record = await recordOf(response.headers.get('x-request-id'))
  expect(record).toMatchObject({ status: 'cut', errorCode: 'budget_exhausted' })
  expect(record.costUsd).toBeGreaterThan(0.0015)
  expect(record.costUsd).toBeLessThanOrEqual(0.003)
})

test('the metrics count what was cut', async () => {
  await until(async () => {
    const { text } = await ask(`${gateway.control}/metrics`, 'GET', undefined, {})
    return [
      /limit_exceeded_total\{[^}]*limit="small",mode="cut"\} [1-9]/,
      /budget_cut_total\{[^}]*budget="tiny"\} 1/,
    ].every((one) => one.test(text))
  }, 10_000)
})
