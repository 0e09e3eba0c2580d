// The Vercel AI SDK reads answers by schemas of its own, stricter than the official SDK's.
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import type { LLMock } from '@copilotkit/aimock'
import { APICallError, embedMany, generateText, isStepCount, jsonSchema, Output, streamText, tool } from 'ai'
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

// It would say on every run that legacy completions know no tools.
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false })

let llm: LLMock
let mock: MockUpstream
let gateway: Gateway
let hub: ReturnType<typeof createOpenAICompatible>

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
        'cut-stream': modelOn('mock', 'mock.sse.chunks-20.cut-900'),
        limited: modelOn('mock', 'mock.status-429.retryAfter-3'),
        broken: modelOn('mock', 'mock.status-500'),
      },
    },
  })
  hub = hubFor((await gateway.issueKey()).secret)
})
afterAll(async () => {
  await gateway?.stop()
  await mock?.stop()
  await llm?.stop()
})

function hubFor(apiKey: string) {
  const says = { includeUsage: true, supportsStructuredOutputs: true }
  return createOpenAICompatible({ name: 'headgate', baseURL: `${gateway.base}/v1`, apiKey, ...says })
}

const getWeather = tool({
  description: 'Weather of a city',
  inputSchema: jsonSchema<{ city: string; unit: string }>({
    type: 'object',
    properties: { city: { type: 'string' }, unit: { type: 'string' } },
    required: ['city'],
  }),
  execute: async ({ city }) => `21 degrees in ${city}`,
})

const others: Readonly<Record<string, string | RegExp>> = { 'demo/echo': 'You said: hello', mock: /Hello there|word 3/ }

describe.each(['scripted', 'demo/echo', 'mock', ...translatedModels])('the model %s', (name) => {
  const expected = others[name] ?? scriptedText
  const prompt = others[name] === undefined ? 'count me' : 'hello'

  test('generates text, with usage', async () => {
    const { text, usage, finishReason } = await generateText({ model: hub(name), prompt, maxRetries: 0 })
    expect(text).toMatch(expected)
    expect(finishReason).toBe('stop')
    expect(usage.totalTokens).toBeGreaterThan(0)
  })

  test('streams text, with usage at the end', async () => {
    const result = streamText({ model: hub(name), prompt, maxRetries: 0 })
    const parts: string[] = []
    for await (const part of result.textStream) parts.push(part)
    expect(parts.join('')).toMatch(expected)
    expect(parts.length).toBeGreaterThan(2)
    expect((await result.usage).totalTokens).toBeGreaterThan(0)
  })
})

describe('tools', () => {
  const rounds = { tools: { get_weather: getWeather }, stopWhen: isStepCount(3), maxRetries: 0 } as const

  test.each(['scripted', ...translatedModels])('a tool of %s is called and its result goes back', async (name) => {
    const { text, steps } = await generateText({ model: hub(name), prompt: 'weather?', ...rounds })
    expect(steps[0]?.toolCalls[0]).toMatchObject({
      toolName: 'get_weather',
      input: { city: 'Berlin', unit: 'celsius' },
    })
    expect(text).toBe('It is 21 degrees in Berlin.')
  })

  test.each(['scripted', 'demo/tools', ...translatedModels])('a tool of %s is called in a stream', async (name) => {
    const result = streamText({ model: hub(name), prompt: 'weather in Berlin', ...rounds })
    await result.consumeStream()
    const [first, second] = await result.steps
    expect(first?.finishReason).toBe('tool-calls')
    expect(first?.toolResults[0]?.output).toBe('21 degrees in Berlin')
    expect(second?.text).toMatch(/21/)
  })
})

describe.each(['scripted', ...translatedModels])('an answer of %s by a schema', (name) => {
  const schema = jsonSchema<typeof scriptedData>({
    type: 'object',
    required: ['city', 'degrees'],
    additionalProperties: false,
    properties: { city: { type: 'string' }, degrees: { type: 'number' } },
  })
  const asked = () => ({
    model: hub(name),
    prompt: 'Lisbon as data',
    maxRetries: 0,
    output: Output.object({ schema }),
  })

  test('is whole', async () => {
    expect((await generateText(asked())).output).toEqual(scriptedData)
  })

  test('is streamed', async () => {
    const result = streamText(asked())
    await result.consumeStream()
    expect(await result.output).toEqual(scriptedData)
  })
})

test('many texts are embedded at once', async () => {
  const model = hub.embeddingModel('demo/embed')
  const { embeddings, usage } = await embedMany({ model, values: ['one', 'two', 'one'], maxRetries: 0 })
  expect(embeddings).toHaveLength(3)
  expect(embeddings[0]).toEqual(embeddings[2])
  expect(embeddings[0]).not.toEqual(embeddings[1])
  expect(usage.tokens).toBeGreaterThan(0)
})

test('a legacy completion model is served', async () => {
  const { text } = await generateText({ model: hub.completionModel('demo/echo'), prompt: 'hello', maxRetries: 0 })
  expect(text).toMatch(/^You said: /)
})

describe('errors', () => {
  test.each([
    ['hidden-model', 404, false],
    ['limited', 429, true],
    ['broken', 502, true], // the SDK looks at the status alone
  ])('%s is an API call error with its status', async (name, status, retryable) => {
    const error = await errorOf(generateText({ model: hub(name), prompt: 'hi', maxRetries: 0 }))
    expect(APICallError.isInstance(error)).toBe(true)
    expect([error.statusCode, error.isRetryable]).toEqual([status, retryable])
    expect(error.message).not.toMatch(/[<>]|undefined/)
    expect(error.responseHeaders?.['x-request-id']).toMatch(/^req_/)
  })

  test('an unknown key is an API call error too', async () => {
    const error = await errorOf(generateText({ model: hubFor('hg_nobody')('mock'), prompt: 'hi', maxRetries: 0 }))
    expect([error.statusCode, error.isRetryable]).toEqual([401, false])
  })

  test('a stream that is cut says so after what came of it', async () => {
    const errors: unknown[] = []
    const onError = ({ error }: { error: unknown }) => void errors.push(error)
    const result = streamText({ model: hub('cut-stream'), prompt: 'hi', maxRetries: 0, onError })
    let text = ''
    for await (const part of result.textStream) text += part
    expect(text).toContain('word 1')
    expect(JSON.stringify(errors, ['message', 'error', 'code', 'data'])).toContain('complete')
  })
})

test('an aborted stream closes the upstream within 300 ms', async () => {
  const controller = new AbortController()
  const result = streamText({
    model: hub('slow-stream'),
    prompt: 'hi',
    maxRetries: 0,
    abortSignal: controller.signal,
  })
  let seen = 0
  for await (const _ of result.textStream) if (++seen === 3) break
  controller.abort()
  await until(async () => (await mock.ledger()).streamsOpen === 0, 300, 10)
})

async function errorOf(asked: PromiseLike<unknown>): Promise<APICallError> {
  const outcome = await asked.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(outcome instanceof Error)) throw new Error('it was answered')
  return outcome as APICallError
}
