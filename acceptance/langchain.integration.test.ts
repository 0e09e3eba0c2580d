// LangChain reaches the gateway through `@langchain/openai`, with its own retries and its own idea of a stream.
import type { LLMock } from '@copilotkit/aimock'
import { type AIMessageChunk, HumanMessage, ToolMessage } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type MockUpstream, startMockUpstream } from '../loadtest/mock-upstream/mock-upstream.ts'
import { type Gateway, startGateway } from './gateway.ts'
import {
  modelOn,
  providerAt,
  scriptedData,
  scriptedText,
  startScriptedLlm,
  translatedLlm,
  translatedModels,
} from './scripted-llm.ts'
import { until } from './until.ts'

let llm: LLMock
let mock: MockUpstream
let gateway: Gateway
let apiKey: string

beforeAll(async () => {
  llm = await startScriptedLlm()
  mock = await startMockUpstream()
  const translated = translatedLlm(llm)
  gateway = await startGateway({
    config: {
      providers: { scripted: providerAt(llm.url), mock: providerAt(mock.url), ...translated.providers },
      models: {
        ...translated.models,
        scripted: modelOn('scripted', 'gpt-4o'),
        mock: modelOn('mock', 'gpt-x'),
        'slow-stream': modelOn('mock', 'mock.sse.chunks-1000.pace-20'),
        limited: modelOn('mock', 'mock.status-429'),
      },
    },
  })
  apiKey = (await gateway.issueKey()).secret
})
afterAll(async () => {
  await gateway?.stop()
  await mock?.stop()
  await llm?.stop()
})

function chat(model: string, options: object = {}) {
  return new ChatOpenAI({ model, ...access(), ...options })
}

function access(key = apiKey) {
  return { apiKey: key, configuration: { baseURL: `${gateway.base}/v1` }, maxRetries: 0 }
}

const weatherIn = async ({ city }: { city: string }) => `21 degrees in ${city}`
const getWeather = tool(weatherIn, {
  name: 'get_weather',
  description: 'Weather of a city',
  schema: {
    type: 'object',
    properties: { city: { type: 'string' }, unit: { type: 'string' } },
    required: ['city'],
  },
})

describe.each(['scripted', 'demo/echo', ...translatedModels])('the model %s', (name) => {
  const expected = name === 'demo/echo' ? 'You said: hello' : scriptedText
  const prompt = name === 'demo/echo' ? 'hello' : 'count me'

  test('is invoked, with usage', async () => {
    const answer = await chat(name).invoke(prompt)
    expect(answer.text).toMatch(expected)
    expect(answer.usage_metadata).toMatchObject({ total_tokens: expect.any(Number) })
  })

  test('streams, with usage in the sum of its chunks', async () => {
    const chunks = await collect(await chat(name).stream(prompt))
    const whole = sumOf(chunks)
    expect(whole.text).toMatch(expected)
    expect(chunks.length).toBeGreaterThan(3)
    expect(whole.usage_metadata).toMatchObject({ total_tokens: expect.any(Number) })
  })
})

describe('tools', () => {
  test.each(['scripted', ...translatedModels])('a tool of %s is called and its result goes back', async (name) => {
    const model = chat(name).bindTools([getWeather])
    const asked = new HumanMessage('weather?')
    const first = await model.invoke([asked])
    expect(first.tool_calls).toMatchObject([{ name: 'get_weather', args: { city: 'Berlin', unit: 'celsius' } }])
    const [call] = first.tool_calls ?? []
    const result = new ToolMessage({
      content: await weatherIn({ city: call?.args['city'] }),
      tool_call_id: call?.id ?? '',
    })
    const second = await model.invoke([asked, first, result])
    expect(second.text).toBe('It is 21 degrees in Berlin.')
  })

  test.each(['scripted', 'demo/tools', ...translatedModels])('a tool of %s is called in a stream', async (name) => {
    const stream = await chat(name).bindTools([getWeather]).stream('weather in Berlin')
    expect(sumOf(await collect(stream)).tool_calls).toMatchObject([{ name: 'get_weather', args: { city: 'Berlin' } }])
  })
})

test.each(['scripted', ...translatedModels])('%s answers by a schema', async (name) => {
  const schema = {
    title: 'weather',
    type: 'object',
    required: ['city', 'degrees'],
    additionalProperties: false,
    properties: { city: { type: 'string' }, degrees: { type: 'number' } },
  }
  const model = chat(name).withStructuredOutput(schema, { method: 'jsonSchema', strict: true })
  expect(await model.invoke('Lisbon as data')).toEqual(scriptedData)
})

test('the Responses API is spoken as well', async () => {
  const model = chat('scripted', { useResponsesApi: true })
  expect((await model.invoke('count me')).usage_metadata).toMatchObject({ input_tokens: 11, output_tokens: 7 })
  expect(sumOf(await collect(await model.stream('hello'))).text).toBe(scriptedText)
})

test('documents are embedded', async () => {
  const embeddings = new OpenAIEmbeddings({ model: 'demo/embed', ...access() })
  const [first, second, third] = await embeddings.embedDocuments(['one', 'two', 'one'])
  expect(first).toEqual(third)
  expect(first).not.toEqual(second)
  expect(await embeddings.embedQuery('one')).toEqual(first)
})

describe('errors', () => {
  test.each([
    ['nonesuch', 404, 'MODEL_NOT_FOUND'],
    ['limited', 429, 'MODEL_RATE_LIMIT'],
  ])('%s is told by status', async (name, status, langChainCode) => {
    const error = await errorOf(chat(name).invoke('hi'))
    expect([error['status'], error['lc_error_code']]).toEqual([status, langChainCode])
  })

  test('an unknown key is told from everything else', async () => {
    const error = await errorOf(new ChatOpenAI({ model: 'mock', ...access('hg_nobody') }).invoke('hi'))
    expect([error['status'], error['lc_error_code']]).toEqual([401, 'MODEL_AUTHENTICATION'])
  })
})

test('an aborted stream closes the upstream within 300 ms', async () => {
  const controller = new AbortController()
  const stream = await chat('slow-stream').stream('hi', { signal: controller.signal })
  const reading = collect(stream).catch((error: unknown) => error)
  await until(async () => (await mock.ledger()).chunks > 5, 5_000, 10)
  controller.abort()
  await until(async () => (await mock.ledger()).streamsOpen === 0, 300, 10)
  expect(await reading).toBeInstanceOf(Error)
})

function sumOf(chunks: AIMessageChunk[]): AIMessageChunk {
  return chunks.reduce((sum, chunk) => sum.concat(chunk))
}

async function collect<Item>(stream: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = []
  for await (const item of stream) items.push(item)
  return items
}

async function errorOf(asked: Promise<unknown>): Promise<Record<string, unknown>> {
  const outcome = await asked.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(outcome instanceof Error)) throw new Error('it was answered')
  return outcome as unknown as Record<string, unknown>
}
