// What users of the official SDK are answered, whole and streamed.
import { APIError, RateLimitError } from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { busyness } from '../../shared/test-load.ts'
import { scriptedCall, scriptedText } from '../scripted-llm.ts'
import { collect, errorOf, type SdkRig, say, startSdkRig } from './sdk-rig.ts'

let rig: SdkRig
beforeAll(async () => {
  rig = await startSdkRig()
})
afterAll(() => rig?.stop())

const tools = [
  {
    type: 'function' as const,
    function: {
      name: 'get_weather',
      parameters: { type: 'object', properties: { city: { type: 'string' }, unit: { type: 'string' } } },
    },
  },
]

describe('answers', () => {
  test('a unary chat comes whole, with its usage', async () => {
    const answer = await rig.client.chat.completions.create({ model: 'scripted', messages: say('hello') })
    expect(answer.choices[0]?.message.content).toBe(scriptedText)
    expect(answer.usage?.total_tokens).toBeGreaterThan(0)
  })

  test('a streamed chat is the same text in many pieces, and shows no usage that nobody asked for', async () => {
    const chunks = await collect(
      await rig.client.chat.completions.create({ model: 'scripted', stream: true, messages: say('hi') }),
    )
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(scriptedText)
    expect(chunks.length).toBeGreaterThan(5)
    expect(chunks.filter((chunk) => chunk.usage || chunk.choices.length === 0)).toEqual([])
  })

  test('a stream shows its usage once to who asked for it', async () => {
    const stream = await rig.client.chat.completions.create({
      model: 'mock',
      stream: true,
      stream_options: { include_usage: true },
      messages: say('hi'),
    })
    const withUsage = (await collect(stream)).filter((chunk) => chunk.usage)
    expect(withUsage.map((chunk) => chunk.usage?.completion_tokens)).toEqual([16])
  })

  test('the upstream is asked with its own key and model, and for usage, whatever the caller sent', async () => {
    await collect(await rig.client.chat.completions.create({ model: 'mock', stream: true, messages: say('hi') }))
    const sent = (await rig.mock.requests()).at(-1)!
    expect(sent.headers['authorization']).toBe('Bearer sk-upstream-canary')
    expect(JSON.parse(sent.body)).toMatchObject({ model: 'gpt-x', stream_options: { include_usage: true } })
    expect(JSON.stringify(sent)).not.toContain(rig.secret)
  })

  test('a tool is called, and its result is understood', async () => {
    const first = await rig.client.chat.completions.create({ model: 'scripted', tools, messages: say('weather?') })
    const message = first.choices[0]!.message
    const [call] = message.tool_calls ?? []
    expect(first.choices[0]?.finish_reason).toBe('tool_calls')
    expect(call).toMatchObject({ id: 'call_weather_1', function: scriptedCall })
    const result = { role: 'tool' as const, tool_call_id: call!.id, content: '21' }
    const messages = [...say('weather?'), message, result]
    const second = await rig.client.chat.completions.create({ model: 'scripted', tools, messages })
    expect(second.choices[0]?.message.content).toBe('It is 21 degrees in Berlin.')
  })

  test.each(['scripted', 'demo/tools'])('streamed tool arguments of %s add up to JSON', async (model) => {
    const chunks = await collect(
      await rig.client.chat.completions.create({ model, tools, stream: true, messages: say('weather in Berlin') }),
    )
    const parts = chunks.flatMap((chunk) => chunk.choices[0]?.delta.tool_calls ?? [])
    expect(parts[0]).toMatchObject({ index: 0, type: 'function', function: { name: 'get_weather' } })
    expect(new Set(parts.map((part) => part.index))).toEqual(new Set([0]))
    const text = parts.map((part) => part.function?.arguments ?? '').join('')
    expect(Object.keys(JSON.parse(text))).toEqual(['city', 'unit'])
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('tool_calls')
  })

  test("the SDK's own tool runner goes through several rounds", async () => {
    const asked: unknown[] = []
    const runner = rig.client.chat.completions.runTools({
      model: 'scripted',
      stream: true,
      messages: say('weather?'),
      tools: [
        {
          type: 'function',
          function: {
            name: 'get_weather',
            description: 'Weather of a city',
            parse: JSON.parse,
            parameters: { type: 'object', properties: {} },
            function: (args: unknown) => {
              asked.push(args)
              return '21'
            },
          },
        },
      ],
    })
    expect(await runner.finalContent()).toBe('It is 21 degrees in Berlin.')
    expect(asked).toEqual([{ city: 'Berlin', unit: 'celsius' }])
  })

  test.each(['float', 'base64'] as const)('embeddings come as %s', async (format) => {
    const input = ['first', 'second']
    const answer = await rig.client.embeddings.create({ model: 'demo/embed', input, encoding_format: format })
    expect(answer.data.map(({ index }) => index)).toEqual([0, 1])
    expect(answer.usage.prompt_tokens).toBeGreaterThan(0)
  })

  test('embeddings of an upstream are read in the format that the SDK chooses', async () => {
    const answer = await rig.client.embeddings.create({ model: 'scripted', input: 'one text' })
    expect(answer.data[0]?.embedding.length).toBeGreaterThan(8)
    expect(answer.data[0]?.embedding.every(Number.isFinite)).toBe(true)
  })

  test('the Responses API is passed through', async () => {
    const answer = await rig.client.responses.create({ model: 'scripted', input: 'count me' })
    expect(answer.output_text).toBe(scriptedText)
    expect(answer.usage).toMatchObject({ input_tokens: 11, output_tokens: 7, total_tokens: 18 })
  })

  test('streamed responses come as typed events in order, with a terminal one', async () => {
    const events = await collect(await rig.client.responses.create({ model: 'scripted', input: 'hello', stream: true }))
    expect([events[0]?.type, events.at(-1)?.type]).toEqual(['response.created', 'response.completed'])
    const deltas = events.filter((event) => event.type === 'response.output_text.delta')
    expect(deltas.map(({ delta }) => delta).join('')).toBe(scriptedText)
  })

  test('legacy completions come unary and streamed', async () => {
    const unary = await rig.client.completions.create({ model: 'demo/echo', prompt: 'one two' })
    const pieces = await collect(
      await rig.client.completions.create({ model: 'demo/echo', prompt: 'one two', stream: true }),
    )
    expect(unary.choices[0]?.text).toBe('You said: one two')
    expect(pieces.map((piece) => piece.choices[0]?.text ?? '').join('')).toBe('You said: one two')
  })

  test('moderations are passed through', async () => {
    const flagged = await rig.client.moderations.create({ model: 'scripted', input: 'a bomb' })
    const fine = await rig.client.moderations.create({ model: 'scripted', input: 'a flower' })
    expect([flagged.results[0]?.flagged, fine.results[0]?.flagged]).toEqual([true, false])
  })

  test('the list of models is what the key may call', async () => {
    const ids = (await collect(await rig.client.models.list())).map(({ id }) => id)
    expect(ids).toContain('scripted')
    expect(ids).toContain('demo/echo')
    expect(ids).not.toContain('hidden')
    expect((await rig.client.models.retrieve('demo/echo')).object).toBe('model')
    await expect(rig.client.models.retrieve('hidden')).rejects.toThrow(APIError)
  })

  test('unary answers carry the request id and say who served them', async () => {
    const { response, request_id } = await rig.client.chat.completions
      .create({ model: 'mock', messages: say('hi') }, { headers: { 'x-request-id': 'my-own-id.1' } })
      .withResponse()
    expect(request_id).toBe('my-own-id.1')
    const told = (name: string) => response.headers.get(`x-headgate-${name}`)
    expect([told('provider'), told('model'), told('attempts'), told('fallback-index')]).toEqual([
      ...['mock', 'gpt-x', '1', '0'],
    ])
    expect(told('cache-status')).toBe('BYPASS')
    expect(Number(told('config-revision'))).toBeGreaterThan(0)
    expect(Number(told('upstream-ms'))).toBeGreaterThan(0)
    expect(Number(told('overhead-ms'))).toBeGreaterThanOrEqual(0)
  })
})

describe('demo models', () => {
  test('echo repeats, pii leaks, and nothing costs anything', async () => {
    const { data, response } = await rig.client.chat.completions
      .create({ model: 'demo/echo', messages: say('hi there') })
      .withResponse()
    expect(data.choices[0]?.message.content).toBe('You said: hi there')
    expect(response.headers.get('x-headgate-cost-usd')).toBe('0')
    const pii = await rig.client.chat.completions.create({ model: 'demo/pii', messages: say('who?') })
    expect(pii.choices[0]?.message.content).toMatch(/@example\.com.*4111/)
  })

  test('flaky fails every other time, and the gateway tries again', async () => {
    for (let i = 0; i < 2; i++) {
      const request = rig.client.chat.completions.create({ model: 'demo/flaky', messages: say('hi') })
      const { data, response } = await request.withResponse()
      expect(data.choices[0]?.message.content).toBe('You said: hi')
      expect(response.headers.get('x-headgate-attempts')).toBe('2')
    }
  })

  test('429 stays limited', async () => {
    const error = await errorOf(rig.client.chat.completions.create({ model: 'demo/429', messages: say('hi') }))
    expect(error).toBeInstanceOf(RateLimitError)
    expect(error.headers?.get('retry-after')).toBe('1')
  })

  test('slow begins after two seconds and not before', async () => {
    const startedMs = performance.now()
    const stream = await rig.client.chat.completions.create({ model: 'demo/slow', stream: true, messages: say('hi') })
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break
    expect(performance.now() - startedMs).toBeGreaterThan(1_900)
    expect(performance.now() - startedMs).toBeLessThan(10_000 * busyness())
  })
})
