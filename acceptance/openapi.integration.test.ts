// Whatever the gateway answers on an OpenAI route, each streamed event included, is what OpenAI's own description says.
import type { LLMock } from '@copilotkit/aimock'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, type Gateway, startGateway, type Told } from './gateway.ts'
import { openApiFile, readOpenAiSchemas } from './openai-schema.ts'
import { modelOn, providerAt, startScriptedLlm } from './scripted-llm.ts'

const judge = readOpenAiSchemas()
if (judge === undefined)
  process.stderr.write(`skipped: answers against OpenAI's description, as ${openApiFile} is absent\n`)

let llm: LLMock
let gateway: Gateway
let headers: Record<string, string>

beforeAll(async () => {
  if (judge === undefined) return
  llm = await startScriptedLlm()
  gateway = await startGateway({
    config: {
      providers: {
        scripted: providerAt(llm.url),
        nowhere: providerAt('http://127.0.0.1:1'),
        anthropic: { kind: 'anthropic', baseUrl: llm.url, credentials: [{ name: 'main', apiKey: 'sk-ant' }] },
      },
      models: {
        scripted: modelOn('scripted', 'gpt-4o'),
        translated: modelOn('anthropic', 'claude-sonnet-4-5'),
        hidden: modelOn('scripted', 'gpt-4o'),
        unreachable: modelOn('nowhere', 'gpt-4o'),
      },
    },
  })
  const { secret } = await gateway.issueKey({ models: ['scripted', 'translated', 'unreachable', 'demo/*'] })
  headers = { authorization: `Bearer ${secret}` }
})
afterAll(async () => {
  await gateway?.stop()
  await llm?.stop()
})

function post(path: string, body: object): Promise<Told> {
  return ask(`${gateway.base}/v1${path}`, 'POST', body, headers)
}

/** Data of each event but the terminal `[DONE]`. */
function eventsOf(text: string): unknown[] {
  const lines = text.split('\n').filter((line) => line.startsWith('data: '))
  return lines.filter((line) => line !== 'data: [DONE]').map((line) => JSON.parse(line.slice('data: '.length)))
}

function expectValid(schema: string, value: unknown): void {
  expect(judge?.(schema, value), JSON.stringify(value)).toEqual([])
}

/** All that is said, with every id and time left out. */
function shapeOf(event: unknown): unknown {
  return JSON.parse(
    JSON.stringify(event).replace(/"((?:\w+_)?id|created_at|completed_at)":("[^"]*"|[\d.]+)/g, '"$1":0'),
  )
}

const getWeather = {
  type: 'function',
  function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
}

describe.skipIf(judge === undefined)("OpenAI's description of its API", () => {
  test('is a judge that finds faults', () => {
    const chunk = { id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm' }
    const choice = { index: 0, delta: { content: null }, finish_reason: null, logprobs: null }
    expect(judge?.('CreateChatCompletionStreamResponse', { ...chunk, choices: [choice] })).toEqual([])
    expect(judge?.('CreateChatCompletionStreamResponse', { ...chunk, choices: null })).not.toEqual([])
    const unfinished = { ...choice, finish_reason: 'never' }
    expect(judge?.('CreateChatCompletionStreamResponse', { ...chunk, choices: [unfinished] })).not.toEqual([])
    expect(judge?.('ErrorResponse', { error: { message: 'm', type: 't' } })).not.toEqual([])
  })

  describe.each(['demo/echo', 'demo/tools', 'demo/pii', 'scripted', 'translated'])(
    'holds for the model %s',
    (model) => {
      const messages = [{ role: 'user', content: 'the weather in Berlin?' }]

      test.each([[[]], [[getWeather]]])('in a chat with the tools %j', async (tools) => {
        const { status, json } = await post('/chat/completions', {
          model,
          messages,
          ...(tools.length ? { tools } : {}),
        })
        expect(status).toBe(200)
        expectValid('CreateChatCompletionResponse', json)
      })

      test.each([[{}], [{ tools: [getWeather] }], [{ stream_options: { include_usage: true } }]])(
        'in a streamed chat with %j',
        async (more) => {
          const { text, headers } = await post('/chat/completions', { model, messages, stream: true, ...more })
          expect(headers.get('content-type')).toMatch(/^text\/event-stream/)
          const events = eventsOf(text)
          expect(events.length).toBeGreaterThan(2)
          for (const event of events) expectValid('CreateChatCompletionStreamResponse', event)
          expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
        },
      )
    },
  )

  test('holds for completions', async () => {
    const { status, json } = await post('/completions', { model: 'demo/echo', prompt: 'one two three' })
    expect(status).toBe(200)
    expectValid('CreateCompletionResponse', json)
  })

  test('holds for streamed completions, but for the finish reason that is null until the end', async () => {
    const { text } = await post('/completions', { model: 'demo/echo', prompt: 'one two three', stream: true })
    const events = eventsOf(text) as { choices: { finish_reason: string | null }[] }[]
    expect(events.map(({ choices }) => choices[0]?.finish_reason).filter((reason) => reason !== null)).toEqual(['stop'])
    for (const event of events) {
      const choices = event.choices.map((choice) => ({ ...choice, finish_reason: choice.finish_reason ?? 'stop' }))
      expectValid('CreateCompletionResponse', { ...event, choices })
    }
  })

  test('holds for responses as much as for what the upstream sent', async () => {
    const body = { model: 'gpt-4o', input: 'hello' }
    const direct = await ask(`${llm.url}/v1/responses`, 'POST', body)
    const through = await post('/responses', { ...body, model: 'scripted' })
    expect(judge?.('Response', through.json)).toEqual(judge?.('Response', direct.json))
    const directEvents = eventsOf((await ask(`${llm.url}/v1/responses`, 'POST', { ...body, stream: true })).text)
    const events = eventsOf((await post('/responses', { ...body, model: 'scripted', stream: true })).text)
    expect(events.length).toBeGreaterThan(5)
    expect(events.map(shapeOf)).toEqual(directEvents.map(shapeOf))
  })

  test.each(['demo/echo', 'demo/tools', 'translated'])('holds for translated responses of %s', async (model) => {
    const { name, parameters } = getWeather.function
    const tools = [{ type: 'function', name, parameters, strict: false }]
    const body = { model, input: 'the weather in Berlin?', tools }
    const { status, json } = await post('/responses', body)
    expect(status).toBe(200)
    expectValid('Response', json)
    const events = eventsOf((await post('/responses', { ...body, stream: true })).text)
    expect(events.length).toBeGreaterThan(5)
    for (const event of events) expectValid('ResponseStreamEvent', event)
  })

  test.each(['demo/embed', 'scripted'])('holds for embeddings of %s', async (model) => {
    const { status, json } = await post('/embeddings', { model, input: ['one', 'two'], encoding_format: 'float' })
    expect(status).toBe(200)
    expectValid('CreateEmbeddingResponse', json)
  })

  test('holds for the list of models and each of them', async () => {
    const { json } = await ask(`${gateway.base}/v1/models`, 'GET', undefined, headers)
    expectValid('ListModelsResponse', json)
    expect(json.data.length).toBeGreaterThan(5)
    for (const { id } of json.data) {
      const single = await ask(`${gateway.base}/v1/models/${id}`, 'GET', undefined, headers)
      expect([single.status, single.json.id]).toEqual([200, id])
      expectValid('Model', single.json)
    }
  })

  const messages = [{ role: 'user', content: 'you are refused' }]
  test.each<[number, string, object]>([
    [400, 'scripted', { messages: [] }],
    [400, 'scripted', { messages }],
    [403, 'hidden', { messages }],
    [404, 'nonesuch', { messages }],
    [429, 'demo/429', { messages }],
    [502, 'unreachable', { messages }],
  ])('holds for the error %i of the model %s', async (status, model, body) => {
    const told = await post('/chat/completions', { model, ...body })
    expect(told.status).toBe(status)
    expectValid('ErrorResponse', told.json)
  })

  test('holds for an unknown key, path and method', async () => {
    const nobody = { authorization: 'Bearer hg_nobody' }
    const answers = [
      await ask(`${gateway.base}/v1/models`, 'GET', undefined, nobody),
      await ask(`${gateway.base}/v1/nothing`, 'GET'),
      await ask(`${gateway.base}/v1/chat/completions`, 'GET'),
    ]
    expect(answers.map(({ status }) => status)).toEqual([401, 404, 405])
    for (const { json } of answers) expectValid('ErrorResponse', json)
  })
})
