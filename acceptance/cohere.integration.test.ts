// Callers of OpenAI's and Anthropic's APIs, and Cohere behind the gateway: an upstream that says what Cohere was recorded to
// say, and keeps what it is sent.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Gateway } from './gateway.ts'
import { type ScriptedGateway, startScriptedGateway } from './scripted-gateway.ts'
import { modelOn } from './scripted-llm.ts'
import { eventStream, type ScriptedAnswer, type ScriptedUpstream } from './scripted-upstream.ts'

const recordings = fileURLToPath(new URL('../../shared/data/provider-recordings/cohere/', import.meta.url))
const model = 'command-a-03-2025'

let rig: ScriptedGateway
let upstream: ScriptedUpstream
let answer: ScriptedAnswer
let gateway: Gateway
let openai: OpenAI
let anthropic: Anthropic

beforeAll(async () => {
  rig = await startScriptedGateway(
    () => answer,
    (url) => {
      const credentials = [{ name: 'main', apiKey: 'cohere-canary' }]
      return {
        config: {
          providers: { up: { kind: 'cohere', baseUrl: url, credentials } },
          models: {
            command: {
              targets: [{ provider: 'up', model, price: { inputPerMTok: 2.5, outputPerMTok: 10 } }],
            },
            thinker: modelOn('up', 'command-a-reasoning-08-2025'),
            embedder: modelOn('up', 'embed-v4.0'),
            ranker: { targets: [{ provider: 'up', model: 'rerank-v3.5', unitPrice: { perSearchUnit: 0.002 } }] },
          },
        },
      }
    },
  )
  ;({ upstream, gateway, openai, anthropic } = rig)
})
afterAll(() => rig?.stop())
beforeEach(() => {
  upstream.seen.length = 0
})

const messages = [{ role: 'user' as const, content: 'hi' }]
const parameters = { type: 'object' as const, properties: { location: { type: 'string' } } }
const weather = { type: 'function' as const, function: { name: 'weather', parameters } }

function recorded(name: string): string {
  return readFileSync(recordings + name, 'utf8')
}

function whole(name: string): ScriptedAnswer {
  return { pieces: [recorded(name)] }
}

function streamed(name: string): ScriptedAnswer {
  const lines = recorded(name).split('\n').filter(Boolean)
  const pieces = lines.map((line) => `event: ${JSON.parse(line).type}\ndata: ${line}\n\n`)
  return { headers: eventStream, pieces: [...pieces, 'data: [DONE]\n\n'] }
}

describe.skipIf(!existsSync(recordings))('as recorded (needs ../shared/data/provider-recordings)', () => {
  test('chat completions: what was said, used and charged', async () => {
    answer = whole('cohere-text.json')
    const { data, response } = await openai.chat.completions
      .create({ model: 'command', messages, temperature: 0.2, logit_bias: {} })
      .withResponse()
    expect(data.choices[0]).toMatchObject({
      message: { content: 'The capital of France is Paris.' },
      finish_reason: 'stop',
    })
    expect(data.usage).toMatchObject({ prompt_tokens: 507, completion_tokens: 10, total_tokens: 517 })
    // 12 and 7 tokens are billed.
    expect(Number(response.headers.get('x-headgate-cost-usd'))).toBeCloseTo((12 * 2.5 + 7 * 10) / 1e6, 9)
    expect(response.headers.get('x-headgate-dropped-params')).toBe('logit_bias')
    expect(upstream.seen[0]).toMatchObject({
      path: '/v2/chat',
      headers: { authorization: 'Bearer cohere-canary' },
      body: { model, messages: [{ role: 'user', content: 'hi' }], temperature: 0.2, stream: false },
    })
  })

  test('calls side by side, whole and streamed, and an answer to them', async () => {
    answer = whole('cohere-tool-call.json')
    const called = await openai.chat.completions.create({ model: 'command', messages, tools: [weather] })
    expect(called.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        tool_calls: [
          { id: 'weather_dqgshstja6p9', function: { name: 'weather', arguments: '{"location":"San Francisco"}' } },
          { id: 'cityAttractions_dcxfx4myvx68', function: { name: 'cityAttractions' } },
        ],
      },
    })
    answer = streamed('cohere-tool-call.chunks.txt')
    const stream = openai.chat.completions.stream({ model: 'command', messages, tools: [weather] })
    const [choice] = (await stream.finalChatCompletion()).choices
    expect(choice?.finish_reason).toBe('tool_calls')
    const [call] = choice?.message.tool_calls ?? []
    expect(call?.type === 'function' && JSON.parse(call.function.arguments)).toEqual({ location: 'San Francisco' })
    answer = whole('cohere-text.json')
    const results = called.choices[0]!.message.tool_calls!.map(({ id }) => ({
      role: 'tool' as const,
      tool_call_id: id,
      content: 'sunny',
    }))
    await openai.chat.completions.create({
      model: 'command',
      tools: [weather],
      messages: [...messages, called.choices[0]!.message, ...results],
    })
    expect(upstream.seen.at(-1)!.body.messages.slice(1)).toMatchObject([
      { role: 'assistant', tool_calls: [{ id: 'weather_dqgshstja6p9' }, { id: 'cityAttractions_dcxfx4myvx68' }] },
      { role: 'tool', tool_call_id: 'weather_dqgshstja6p9', content: 'sunny' },
      { role: 'tool', tool_call_id: 'cityAttractions_dcxfx4myvx68', content: 'sunny' },
    ])
  })

  test('thoughts, as a caller of Messages sees them', async () => {
    answer = streamed('cohere-reasoning.chunks.txt')
    const said = await anthropic.messages
      .stream({ model: 'thinker', max_tokens: 2_000, messages, thinking: { type: 'enabled', budget_tokens: 1_024 } })
      .finalMessage()
    expect(said.content.map(({ type }) => type)).toEqual(['thinking', 'text'])
    expect(upstream.seen[0]!.body.thinking).toEqual({ type: 'enabled', token_budget: 1_024 })
  })

  test('citations over the Responses API, of documents that the caller brought', async () => {
    answer = whole('cohere-citations.json')
    const chat = { model: 'command', messages, documents: [{ id: 'doc:0', data: { text: 'AI provides …' } }] }
    const { response } = await openai.chat.completions.create(chat as never).withResponse()
    expect(response.headers.get('x-headgate-dropped-params')).toBeNull()
    expect(upstream.seen[0]!.body.documents).toEqual(chat.documents)
    const { output } = await openai.responses.create({ model: 'command', input: 'hi', store: false })
    const [item] = output
    expect(item?.type === 'message' && item.content[0]).toMatchObject({ annotations: [{}, {}, {}] })
  })

  test('embeddings', async () => {
    answer = whole('cohere-embedding.json')
    const input = ['sunny day at the beach', 'rainy day in the city']
    const embedded = await openai.embeddings.create({ model: 'embedder', input, encoding_format: 'float' })
    expect(embedded.data.map(({ embedding }) => embedding[0])).toEqual([0.03302002, -0.04660034])
    expect(embedded.usage.prompt_tokens).toBe(10)
    expect(upstream.seen[0]).toMatchObject({
      path: '/v2/embed',
      body: { model: 'embed-v4.0', texts: input, input_type: 'search_document', embedding_types: ['float'] },
    })
  })

  test('reranking passes through, and its search units are charged', async () => {
    answer = whole('reranking--cohere-reranking.1.json')
    const body = { model: 'ranker', query: 'rain', documents: ['sunny', 'rainy'] }
    const { data, response } = await openai.post('/rerank', { body }).withResponse()
    expect(data).toEqual(JSON.parse(recorded('reranking--cohere-reranking.1.json')))
    expect(upstream.seen[0]).toMatchObject({ path: '/v2/rerank', body: { ...body, model: 'rerank-v3.5' } })
    expect(response.headers.get('x-headgate-cost-usd')).toBe('0.002')
  })
})

test.each([
  [429, 'You are past the per minute request limit', OpenAI.RateLimitError, 429],
  [400, 'too many tokens: size limit exceeded', OpenAI.BadRequestError, 400],
  [401, 'invalid api token', OpenAI.InternalServerError, 502],
])('an error %i “%s” is an error of its kind', async (status, message, kind, told) => {
  answer = { status, pieces: [JSON.stringify({ id: 'i', message })] }
  const failure = await openai.chat.completions.create({ model: 'command', messages }).catch((error) => error)
  expect(failure).toBeInstanceOf(kind)
  expect(failure.status).toBe(told)
  if (status === 400) expect(failure.code).toBe('context_length_exceeded')
  expect(gateway.output()).not.toContain('cohere-canary')
})

test('what Cohere cannot take is refused by name, and never sent', async () => {
  answer = { status: 500 }
  const file = { type: 'file' as const, file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' } }
  await expect(
    openai.chat.completions.create({ model: 'command', messages: [{ role: 'user', content: [file] }] }),
  ).rejects.toMatchObject({ status: 400, message: expect.stringContaining('files') })
  await expect(openai.chat.completions.create({ model: 'command', messages, n: 2 })).rejects.toMatchObject({
    status: 400,
    message: expect.stringContaining('several choices'),
  })
  expect(upstream.seen).toHaveLength(0)
})
