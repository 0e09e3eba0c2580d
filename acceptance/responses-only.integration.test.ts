// Models that have the Responses API alone, reached by callers of chat completions, Messages and generateContent through the official
// SDKs. The upstream answers as OpenAI's do; what it is sent is in `nodes/proxy/dialects/openai-responses`.
import type Anthropic from '@anthropic-ai/sdk'
import type { GoogleGenAI } from '@google/genai'
import type OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Gateway } from './gateway.ts'
import { answering, created, events, response, streaming } from './responses-answer.ts'
import { type ScriptedGateway, startScriptedGateway } from './scripted-gateway.ts'
import { modelOn, providerAt } from './scripted-llm.ts'
import { namedEvents, type ScriptedAnswer, type ScriptedUpstream } from './scripted-upstream.ts'

// biome-ignore lint/suspicious/noExplicitAny: tests read into bodies whose shape they assert
type Body = any

let rig: ScriptedGateway
let upstream: ScriptedUpstream
let script: (body: Body) => ScriptedAnswer
let gateway: Gateway
let secret: string
let openai: OpenAI
let anthropic: Anthropic
let google: GoogleGenAI

beforeAll(async () => {
  rig = await startScriptedGateway(
    ({ body }) => script(body),
    (url) => ({
      config: {
        providers: {
          azure: { kind: 'azure', baseUrl: url, credentials: [{ name: 'main', apiKey: 'sk-azure' }] },
          own: providerAt(url),
          responses: { ...providerAt(url), endpoints: ['responses'] },
        },
        models: {
          codex: modelOn('azure', 'gpt-5-codex'),
          newer: modelOn('azure', 'gpt-9-codex'),
          asked: { targets: [{ provider: 'own', model: 'ours', endpoint: 'responses' }] },
          alone: modelOn('responses', 'theirs'),
          strict: { ...modelOn('azure', 'gpt-5-codex'), strict: true },
          pair: {
            routing: 'priority',
            targets: [
              { provider: 'azure', model: 'gpt-5-codex' },
              { provider: 'own', model: 'ours', endpoint: 'responses' },
            ],
          },
        },
      },
    }),
  )
  ;({ upstream, gateway, secret, openai, anthropic, google } = rig)
})
afterAll(() => rig?.stop())
beforeEach(() => {
  upstream.seen.length = 0
  script = answering
})

// ── how callers ask, and what they are told ──────────────────────────────────────────────────────────────────────────

interface Told {
  readonly thoughts: string
  readonly text: string
  readonly call: readonly [name: string, args: unknown]
  readonly usage: readonly [input: number, output: number]
  readonly finish: string
}

const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } as const
const chatTool = { type: 'function', function: { name: 'weather', parameters: schema } } as const
const question = { role: 'user', content: 'Sunny?' } as const

async function chat(model: string, stream: boolean): Promise<Told> {
  const asked = { model, messages: [question], tools: [chatTool] }
  if (!stream) return toldByChat(await openai.chat.completions.create(asked))
  let thoughts = ''
  const options = { stream_options: { include_usage: true } }
  const whole = await openai.chat.completions
    .stream({ ...asked, ...options })
    .on('chunk', ({ choices }: Body) => {
      thoughts += choices[0]?.delta?.reasoning_content ?? ''
    })
    .finalChatCompletion()
  return { ...toldByChat(whole), thoughts }
}

function toldByChat({ choices, usage }: Body): Told {
  const [{ message: said, finish_reason: finish }] = choices
  const { name, arguments: args } = said.tool_calls[0].function
  return {
    thoughts: said.reasoning_content,
    text: said.content,
    call: [name, JSON.parse(args)],
    usage: [usage.prompt_tokens, usage.completion_tokens],
    finish,
  }
}

async function messages(model: string, stream: boolean): Promise<Told> {
  const tools = [{ name: 'weather', input_schema: schema as Body }]
  const asked = { model, max_tokens: 2_000, messages: [question], tools }
  const told: Body = stream
    ? await anthropic.messages.stream(asked).finalMessage()
    : await anthropic.messages.create(asked)
  const of = (type: string) => told.content.find((block: Body) => block.type === type)
  const { cache_read_input_tokens: cached } = told.usage
  return {
    thoughts: of('thinking').thinking,
    text: of('text').text,
    call: [of('tool_use').name, of('tool_use').input],
    usage: [told.usage.input_tokens + cached, told.usage.output_tokens],
    finish: told.stop_reason,
  }
}

async function generate(model: string, stream: boolean): Promise<Told> {
  const config = { tools: [{ functionDeclarations: [{ name: 'weather', parametersJsonSchema: schema }] }] }
  const asked = { model, contents: 'Sunny?', config }
  const chunks: Body[] = []
  if (!stream) chunks.push(await google.models.generateContent(asked))
  else for await (const chunk of await google.models.generateContentStream(asked)) chunks.push(chunk)
  const candidates = chunks.flatMap((chunk) => chunk.candidates ?? [])
  const parts = candidates.flatMap(({ content: said }) => said?.parts ?? [])
  const said = (isThought: boolean) =>
    parts.map((part) => ((part.thought === true) === isThought ? (part.text ?? '') : '')).join('')
  const { functionCall } = parts.find((part) => part.functionCall !== undefined)
  const counts = chunks.findLast((chunk) => chunk.usageMetadata !== undefined).usageMetadata
  return {
    thoughts: said(true),
    text: said(false),
    call: [functionCall.name, functionCall.args],
    usage: [counts.promptTokenCount, counts.candidatesTokenCount + counts.thoughtsTokenCount],
    finish: candidates.findLast(({ finishReason }) => finishReason !== undefined).finishReason,
  }
}

const callers = [
  ['chat completions', chat, 'tool_calls'],
  ['Messages', messages, 'tool_use'],
  ['generateContent', generate, 'STOP'],
] as const

describe.each(callers)('a caller of %s', (_name, ask, finish) => {
  const told = {
    thoughts: 'Hm.',
    text: 'Let me look. 🌞',
    call: ['weather', { city: 'Lisbon' }],
    usage: [9, 7],
    finish,
  }

  test.each([false, true])('is told what the model says, streamed: %s', async (stream) => {
    expect(await ask('codex', stream)).toEqual(told)
    const [{ path, body }] = upstream.seen as [Body]
    expect(path).toBe('/openai/v1/responses')
    expect(body).toMatchObject({
      model: 'gpt-5-codex',
      input: [{ role: 'user' }],
      tools: [{ type: 'function', name: 'weather', strict: false }],
      store: false,
      include: ['reasoning.encrypted_content'],
    })
  })

  test.each([
    ['newer', '/openai/v1/responses'],
    ['asked', '/v1/responses'],
    ['alone', '/v1/responses'],
  ])('reaches the model %s at %s', async (model, path) => {
    expect(await ask(model, true)).toEqual(told)
    expect(upstream.seen.map((request) => request.path)).toEqual([path])
  })

  test('is answered by the next target where the stream fails before its first token', async () => {
    const error = { code: 'server_error', message: 'Something broke.' }
    const failed = { type: 'response.failed', response: { ...response, status: 'failed', error, output: [] } }
    script = ({ model, stream }) => (model === 'ours' ? answering({ stream }) : streaming([created, failed]))
    expect(await ask('pair', true)).toEqual(told)
    expect(upstream.seen.map(({ body }) => body.model)).toEqual(['gpt-5-codex', 'ours'])
  })

  test('is answered by the next target where the whole answer is a failure', async () => {
    const failed = { ...response, status: 'failed', output: [], error: { code: 'server_error', message: 'No.' } }
    script = ({ model }) => (model === 'ours' ? answering({}) : { pieces: [JSON.stringify(failed)] })
    expect(await ask('pair', false)).toEqual(told)
    expect(upstream.seen).toHaveLength(2)
  })

  test('is told the end of a stream that its upstream leaves open', async () => {
    script = () => ({ ...streaming(events), hangs: true })
    expect(await ask('codex', true)).toEqual(told)
  })

  test('is told of a failure in the middle as of an error', async () => {
    const error = { code: 'server_error', message: 'Something broke.' }
    const half = events.slice(0, 9)
    script = () => streaming([...half, { type: 'response.failed', response: { ...response, status: 'failed', error } }])
    await expect(ask('codex', true)).rejects.toThrow()
    expect(upstream.seen).toHaveLength(1)
  })
})

// ── turns, parameters, callers of the same API ───────────────────────────────────────────────────────────────────────

const sealedThenCalled = [
  { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm.' }], encrypted_content: 'gAAAsealed' },
  { role: 'assistant', content: 'Let me look. 🌞' },
  { type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '{"city":"Lisbon"}' },
  { type: 'function_call_output', call_id: 'call_1', output: '21 degrees' },
]

test('encrypted reasoning comes back with the turn of a chat caller', async () => {
  const { choices } = await openai.chat.completions.create({ model: 'codex', messages: [question], tools: [chatTool] })
  const result = { role: 'tool', tool_call_id: 'call_1', content: '21 degrees' } as const
  await openai.chat.completions.create({ model: 'codex', messages: [question, choices[0]!.message, result] })
  expect(upstream.seen[1]?.body.input.slice(1)).toMatchObject(sealedThenCalled)
})

test('encrypted reasoning comes back with the turn of a Messages caller', async () => {
  const asked = { model: 'codex', max_tokens: 2_000 }
  const { content: said } = await anthropic.messages.stream({ ...asked, messages: [question] }).finalMessage()
  const result = { type: 'tool_result', tool_use_id: 'call_1', content: '21 degrees' } as const
  await anthropic.messages.create({
    ...asked,
    messages: [question, { role: 'assistant', content: said as Body }, { role: 'user', content: [result] }],
  })
  expect(upstream.seen[1]?.body.input.slice(1)).toMatchObject(sealedThenCalled)
})

test('what the API cannot say is named, and refused by a strict model', async () => {
  const asked = { messages: [question], stop: ['x'], seed: 1 }
  const { response: raw } = await openai.chat.completions.create({ model: 'codex', ...asked }).withResponse()
  expect(raw.headers.get('x-headgate-dropped-params')?.split(', ').sort()).toEqual(['seed', 'stop'])
  const refused: Body = await openai.chat.completions.create({ model: 'strict', ...asked }).catch((error) => error)
  expect([refused.status, refused.code]).toEqual([400, 'unsupported_parameter'])
  expect(upstream.seen).toHaveLength(1)
})

test('a caller of the Responses API passes through, byte for byte', async () => {
  const bytes = namedEvents(events).join('')
  const reply = await fetch(`${gateway.base}/v1/responses`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'codex', input: 'Sunny?', store: false, stream: true, reasoning: { effort: 'low' } }),
  })
  expect(await reply.text()).toBe(bytes)
  expect(upstream.seen[0]).toMatchObject({
    path: '/openai/v1/responses',
    body: { model: 'gpt-5-codex', input: 'Sunny?', reasoning: { effort: 'low' } },
  })
})
