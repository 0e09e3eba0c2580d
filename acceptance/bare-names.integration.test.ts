// Clients write the names that they know: `gpt-4o`, `claude-…`, newer than any list, in bodies and in paths. The gateway finds the
// provider, within what the key may use, and says everywhere which model it was.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ask, type Gateway, type Told } from './gateway.ts'
import { type ScriptedGateway, startScriptedGateway } from './scripted-gateway.ts'
import type { ScriptedUpstream } from './scripted-upstream.ts'
import { until } from './until.ts'

const completion = {
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello.' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
}
const message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'm',
  stop_reason: 'end_turn',
  stop_sequence: null,
  content: [{ type: 'text', text: 'Hello.' }],
  usage: { input_tokens: 3, output_tokens: 4 },
}
const candidates = {
  candidates: [{ content: { role: 'model', parts: [{ text: 'Hello.' }] }, index: 0, finishReason: 'STOP' }],
  usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 4, totalTokenCount: 7 },
}

/** The words in which each provider says that it has no such model. */
function noModel(path: string): object {
  if (path.includes('/v1beta/'))
    return { error: { code: 404, message: 'models/x is not found for API version v1beta.', status: 'NOT_FOUND' } }
  if (path.endsWith('/messages')) return { type: 'error', error: { type: 'not_found_error', message: 'model: x' } }
  const message = 'The model `x` does not exist or you do not have access to it.'
  return { error: { message, type: 'invalid_request_error', param: null, code: 'model_not_found' } }
}

let rig: ScriptedGateway
let upstream: ScriptedUpstream
let gateway: Gateway
let secret: string

beforeAll(async () => {
  rig = await startScriptedGateway(
    ({ path, body }) => {
      const model = body.model ?? path
      if (/oo|sonet/.test(model)) return { status: 404, pieces: [JSON.stringify(noModel(path))] }
      const answer = path.includes('/v1beta/') ? candidates : path.endsWith('/messages') ? message : completion
      return { headers: { 'content-type': 'application/json' }, pieces: [JSON.stringify(answer)] }
    },
    (url) => {
      const credentials = [{ name: 'main', apiKey: 'k-canary' }]
      return {
        config: {
          providers: {
            openai: { kind: 'openai', baseUrl: `${url}/v1`, credentials },
            anthropic: { kind: 'anthropic', baseUrl: url, credentials },
            gemini: { kind: 'gemini', baseUrl: url, credentials },
            quiet: { kind: 'cohere', baseUrl: url, bareNames: false, credentials },
            local: { kind: 'openai', baseUrl: `${url}/local/v1`, bareNames: ['llama3.2:latest'] },
          },
          models: { smart: { targets: [{ provider: 'anthropic', model: 'claude-sonnet-4-5' }] } },
        },
      }
    },
  )
  ;({ upstream, gateway, secret } = rig)
})
afterAll(() => rig?.stop())
beforeEach(() => {
  upstream.seen.length = 0
})

const messages = [{ role: 'user', content: 'hi' }]
const contents = [{ role: 'user', parts: [{ text: 'hi' }] }]
const post = (path: string, body: object, key = secret): Promise<Told> =>
  ask(gateway.base + path, 'POST', body, { authorization: `Bearer ${key}` })
const list = async (key = secret, path = '/v1/models'): Promise<Told> =>
  ask(gateway.base + path, 'GET', undefined, { authorization: `Bearer ${key}` })
const idsOf = (told: Told): string[] => told.json.data.map(({ id }: { id: string }) => id)

describe('a bare name', () => {
  test.each([
    ['/v1/chat/completions', 'gpt-4o', 'openai', 'gpt-4o'],
    ['/v1/chat/completions', 'gpt-99-codex', 'openai', 'gpt-99-codex'],
    ['/v1/messages', 'claude-sonnet-4-5[1m]', 'anthropic', 'claude-sonnet-4-5'],
    ['/v1/messages', 'claude-opus-99', 'anthropic', 'claude-opus-99'],
    ['/v1/messages', 'gpt-4o', 'openai', 'gpt-4o'],
    ['/v1/chat/completions', 'llama3.2', 'local', 'llama3.2:latest'],
  ])('%s %s goes to %s as %s, and is recorded as provider/model', async (path, model, provider, target) => {
    const told = await post(path, { model, messages, max_tokens: 20 })
    expect(told.status).toBe(200)
    expect(upstream.seen.map(({ body }) => body.model)).toEqual([target])
    expect(told.headers.get('x-headgate-provider')).toBe(provider)
    expect(told.headers.get('x-headgate-model')).toBe(target)
    const id = told.headers.get('x-request-id') ?? ''
    let record: Told | undefined
    await until(async () => {
      record = await gateway.admin('GET', `/requests/${id}`)
      return record.status === 200
    }, 10_000)
    expect(record?.json.model).toBe(`${provider}/${target}`)
  })

  test('a model newer than the catalogue is asked as its family is: what it needs is there', async () => {
    await post('/v1/chat/completions', {
      model: 'claude-opus-99',
      messages,
      reasoning_effort: 'high',
      temperature: 0.5,
    })
    const { body } = upstream.seen[0]!
    expect(body.max_tokens).toBeGreaterThan(8_192)
    expect(body.thinking).toEqual({ type: 'adaptive' })
    expect(body.temperature).toBeUndefined()
  })

  test.each([
    ['/v1beta/models/gemini-2.5-flash:generateContent', '/v1beta/models/gemini-2.5-flash:generateContent'],
    ['/v1beta/models/gemini/gemini-2.5-flash:generateContent', '/v1beta/models/gemini-2.5-flash:generateContent'],
    ['/v1beta/models/gemini%2Fgemini-2.5-flash:generateContent', '/v1beta/models/gemini-2.5-flash:generateContent'],
    ['/v1beta/gemini/gemini-2.5-flash:generateContent', '/v1beta/models/gemini-2.5-flash:generateContent'],
    ['/v1beta/models/anthropic/claude-sonnet-4-5:generateContent', '/v1/messages'],
    ['/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21', '/v1/chat/completions'],
    ['/openai/deployments/openai/gpt-4o/chat/completions?api-version=2024-10-21', '/v1/chat/completions'],
    ['/openai/deployments/openai%2Fgpt-4o/chat/completions?api-version=2024-10-21', '/v1/chat/completions'],
  ])('in the path %s it arrives at %s', async (path, arrives) => {
    const told = await post(path, path.startsWith('/v1beta') ? { contents } : { messages })
    expect([told.status, ...upstream.seen.map((seen) => seen.path)]).toEqual([200, arrives])
  })

  test('with the fallbacks of the request, each by its name', async () => {
    const told = await post('/v1/chat/completions', { model: 'gpt-4o', models: ['claude-opus-99', 'smart'], messages })
    expect(told.status).toBe(200)
    const unknown = await post('/v1/chat/completions', { model: 'gpt-4o', models: ['nonsense'], messages })
    expect([unknown.status, unknown.json.error.code]).toEqual([404, 'model_not_found'])
  })
})

describe('what a key may use', () => {
  test('holds for the bare name, or for the model that it stands for', async () => {
    const byName = (await gateway.issueKey({ models: ['claude-sonnet-4-5'] })).secret
    const byProvider = (await gateway.issueKey({ models: ['anthropic/*'] })).secret
    const other = (await gateway.issueKey({ models: ['smart'] })).secret
    const statusOf = async (key: string, model = 'claude-sonnet-4-5') =>
      (await post('/v1/messages', { model, messages, max_tokens: 20 }, key)).status
    expect([await statusOf(byName), await statusOf(byProvider), await statusOf(other)]).toEqual([200, 200, 403])
    expect(await statusOf(byName, 'anthropic/claude-sonnet-4-5')).toBe(403)
    expect(await statusOf(byProvider, 'gpt-4o')).toBe(403)
    expect(idsOf(await list(byName))).toEqual(['claude-sonnet-4-5'])
    expect(idsOf(await list(byProvider)).every((id) => id.startsWith('claude-'))).toBe(true)
    expect(idsOf(await list(other))).toEqual(['smart'])
  })

  test('a list of names that no model has is refused', async () => {
    const told = await gateway.admin('POST', '/keys', { name: 'k', models: ['no-such-model'] })
    expect(told.status).toBe(422)
  })
})

describe('GET /v1/models', () => {
  test('lists configured names first, then what can be called without configuration', async () => {
    const told = await list()
    const ids = idsOf(told)
    expect(ids.indexOf('smart')).toBeLessThan(ids.indexOf('claude-opus-4-8'))
    expect(ids).toEqual(expect.arrayContaining(['demo/echo', 'gpt-4o', 'gemini-2.5-flash', 'llama3.2:latest']))
    expect(ids.filter((id) => id.startsWith('command'))).toEqual([])
    expect(new Set(ids).size).toBe(ids.length)
    expect(told.text.length).toBeLessThan(64 * 1_024)
    const claude = told.json.data.find(({ id }: { id: string }) => id === 'claude-opus-4-8')
    expect(claude).toMatchObject({ owned_by: 'anthropic', pricing: { input: expect.any(Number) } })
  })

  test('of one name says what is known, in each shape', async () => {
    expect((await list(secret, '/v1/models/claude-opus-4-8')).json).toMatchObject({
      id: 'claude-opus-4-8',
      owned_by: 'anthropic',
      context_window: expect.any(Number),
    })
    expect((await list(secret, '/v1/models/claude-opus-99')).json).toMatchObject({ pricing: null })
    const google = await list(secret, '/v1beta/models/gemini-2.5-flash')
    expect(google.json).toMatchObject({ name: 'models/gemini-2.5-flash' })
    expect((await list(secret, '/v1/models/nonsense')).status).toBe(404)
  })
})

test.each([
  ['comand-a-03-2025', 'quiet/command-a-03-2025'],
  ['command-a-03-2025', 'quiet/command-a-03-2025'],
  ['smrt', 'smart'],
])('a 404 for %s names %s', async (model, nearest) => {
  const told = await post('/v1/chat/completions', { model, messages })
  expect([told.status, told.json.error.code]).toEqual([404, 'model_not_found'])
  expect(told.json.error.message).toContain(nearest)
})

test.each([
  ['/v1/chat/completions', 'gpt-4oo', 'gpt-4o'],
  ['/v1/chat/completions', 'openai/gpt-4oo', 'gpt-4o'],
  ['/v1/messages', 'claude-sonet-4-5', 'claude-sonnet-4-5'],
  ['/v1/chat/completions', 'claude-sonet-4-5', 'claude-sonnet-4-5'],
  ['/v1/messages', 'gpt-4oo', 'gpt-4o'],
  ['/v1beta/models/gemini-2.5-foo:generateContent', 'gemini-2.5-foo', 'gemini-2.5-pro'],
])('a 404 of the provider at %s for %s names %s', async (path, model, nearest) => {
  const told = await post(path, path.includes('/v1beta') ? { contents } : { model, messages, max_tokens: 20 })
  expect(upstream.seen).toHaveLength(1)
  expect(told.status).toBe(404)
  expect(told.json.error.message).toMatch(/^(The model|model:|models\/x).*\. Did you mean/)
  expect(told.json.error.message).toContain(`\`${nearest}\``)
})

test('a narrow key is told of nothing that it may not use', async () => {
  const key = (await gateway.issueKey({ models: ['openai/gpt-4oo'] })).secret
  const told = await post('/v1/chat/completions', { model: 'gpt-4oo', messages }, key)
  expect(told.json.error.message).toMatch(/access to it\. GET \/v1\/models lists the models\.$/)
})
