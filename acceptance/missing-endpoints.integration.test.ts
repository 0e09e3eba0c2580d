// Servers of OpenAI's API that do not have all of it: callers of what is not there are translated, and never meet a 404.
import Anthropic from '@anthropic-ai/sdk'
import type OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Gateway } from './gateway.ts'
import { type ScriptedGateway, startScriptedGateway } from './scripted-gateway.ts'
import {
  dataEvents,
  eventStream,
  type ScriptedAnswer,
  type ScriptedUpstream,
  type SeenRequest,
} from './scripted-upstream.ts'

let rig: ScriptedGateway
let upstream: ScriptedUpstream
let gateway: Gateway
let openai: OpenAI
let secret: string
const said = 'Chat is all there is.'

const notFound: ScriptedAnswer = { status: 404, pieces: ['{"detail":"Not Found"}'] }
const noModel: ScriptedAnswer = {
  status: 404,
  pieces: ['{"error":{"message":"The model `nonesuch` does not exist.","type":"NotFoundError","code":404}}'],
}

/** Chat completions alone; a model named `vague` is answered with a 404 that names nothing. */
function chatOnly({ path, body }: SeenRequest): ScriptedAnswer {
  if (!path.endsWith('/chat/completions')) return body.model === 'nonesuch' ? noModel : notFound
  if (body.model === 'nonesuch') return noModel
  if (body.model === 'vague') return notFound
  const head = { id: 'chatcmpl-1', created: 1, model: body.model }
  const usage = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 }
  if (body.stream !== true) {
    const message = { role: 'assistant', content: said }
    const choices = [{ index: 0, message, finish_reason: 'stop' }]
    return { pieces: [JSON.stringify({ ...head, object: 'chat.completion', choices, usage })] }
  }
  const chunk = (delta: object, finish_reason: string | null) => ({
    ...head,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason }],
  })
  const events = [chunk({ role: 'assistant', content: said }, null), chunk({}, 'stop'), { ...head, choices: [], usage }]
  return { headers: eventStream, pieces: dataEvents(events) }
}

const provider = (url: string, more: object = {}) => ({
  kind: 'openai',
  baseUrl: `${url}/v1`,
  credentials: [{ name: 'main', apiKey: 'sk-canary' }],
  ...more,
})

beforeAll(async () => {
  rig = await startScriptedGateway(chatOnly, (url) => {
    const providers = {
      learns: provider(url),
      vague: provider(url),
      models: provider(url),
      changes: provider(url),
      said: provider(url, { endpoints: ['chat'] }),
      embedder: provider(url, { endpoints: ['embeddings'] }),
    }
    return { config: { providers } }
  })
  ;({ upstream, gateway, secret, openai } = rig)
})
afterAll(() => rig?.stop())
beforeEach(() => {
  upstream.seen.length = 0
})

const paths = () => upstream.seen.map(({ path }) => path)

test('a Responses call is answered by translation after one 404, and without it from then on', async () => {
  const ask = () => openai.responses.create({ model: 'learns/llama', input: 'hi' }).withResponse()
  const first = await ask()
  expect(first.data.output_text).toBe(said)
  expect(paths()).toEqual(['/v1/responses', '/v1/chat/completions'])
  expect(first.response.headers.get('x-headgate-attempts')).toBe('2')
  upstream.seen.length = 0
  expect((await ask()).data.output_text).toBe(said)
  let text = ''
  for await (const event of await openai.responses.create({ model: 'learns/llama', input: 'hi', stream: true })) {
    if (event.type === 'response.output_text.delta') text += event.delta
  }
  expect(text).toBe(said)
  expect(paths()).toEqual(['/v1/chat/completions', '/v1/chat/completions'])
})

test('legacy completions are learned by themselves', async () => {
  const ask = () => openai.completions.create({ model: 'learns/llama', prompt: 'hi' })
  expect((await ask()).choices[0]?.text).toBe(said)
  expect((await ask()).choices[0]?.text).toBe(said)
  expect(paths()).toEqual(['/v1/completions', '/v1/chat/completions', '/v1/chat/completions'])
})

test('a stored response is gone on with by translation', async () => {
  const first = await openai.responses.create({ model: 'learns/llama', input: 'hi' })
  const next = await openai.responses.create({ model: 'learns/llama', input: 'go on', previous_response_id: first.id })
  expect(next.output_text).toBe(said)
  expect(upstream.seen.at(-1)?.body.messages).toMatchObject([
    { role: 'user', content: 'hi' },
    { role: 'assistant', content: said },
    { role: 'user', content: 'go on' },
  ])
})

test('a model that is not there is no missing endpoint', async () => {
  const asked = openai.responses.create({ model: 'models/nonesuch', input: 'hi' })
  await expect(asked).rejects.toMatchObject({ status: 404, message: expect.stringContaining('nonesuch') })
  expect(paths()).toEqual(['/v1/responses'])
})

test('where the translated request meets the same 404, nothing was learned', async () => {
  const asked = () => openai.responses.create({ model: 'vague/vague', input: 'hi' })
  await expect(asked()).rejects.toMatchObject({ status: 404 })
  await expect(asked()).rejects.toMatchObject({ status: 404 })
  expect(paths().filter((path) => path === '/v1/responses')).toHaveLength(2)
})

test('a change of the provider begins anew', async () => {
  const ask = () => openai.responses.create({ model: 'changes/llama', input: 'hi' })
  await ask()
  await gateway.admin('PUT', '/providers/changes', provider(upstream.url, { headers: { 'x-version': '2' } }))
  upstream.seen.length = 0
  await ask()
  expect(paths()).toEqual(['/v1/responses', '/v1/chat/completions'])
})

test('endpoints that the configuration names are taken at its word', async () => {
  expect((await openai.responses.create({ model: 'said/llama', input: 'hi' })).output_text).toBe(said)
  expect(paths()).toEqual(['/v1/chat/completions'])
  const anthropic = new Anthropic({ apiKey: secret, baseURL: gateway.base, maxRetries: 0 })
  const message = await anthropic.messages.create({
    model: 'said/llama',
    max_tokens: 9,
    messages: [{ role: 'user', content: 'hi' }],
  })
  expect(message.content).toMatchObject([{ type: 'text', text: said }])
  const chat = openai.chat.completions.create({ model: 'embedder/bge', messages: [{ role: 'user', content: 'hi' }] })
  await expect(chat).rejects.toMatchObject({ status: 400, code: 'unsupported_endpoint' })
})

test('an unknown endpoint is refused by the admin API, and named', async () => {
  const answer = await gateway.admin('PUT', '/providers/x', provider(upstream.url, { endpoints: ['chat', 'respones'] }))
  expect(answer.status).toBe(422)
  expect(JSON.stringify(answer.json)).toContain('endpoints[1]')
})
