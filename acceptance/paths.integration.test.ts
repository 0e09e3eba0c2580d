// SDKs that name the model in the path: Azure's and Google's, to upstreams of other dialects; and an Azure upstream.
import { GoogleGenAI } from '@google/genai'
import OpenAI, { AzureOpenAI } from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Gateway, startGateway } from './gateway.ts'
import { eventStream, namedEvents, type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.ts'

let claude: ScriptedUpstream
let azure: ScriptedUpstream
let gateway: Gateway
let secret: string

const usage = { input_tokens: 10, output_tokens: 7 }
const block = { type: 'text', text: 'Hello from Claude.' }
const message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-x',
  content: [block],
  stop_reason: 'end_turn',
  usage,
}
const events = namedEvents([
  { type: 'message_start', message: { id: 'msg_1', model: 'claude-x', usage } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello ' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'from Claude.' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 7 } },
  { type: 'message_stop' },
])
const completion = {
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-x',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello from Azure.' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
}
const embedding = {
  object: 'list',
  model: 'e',
  data: [{ object: 'embedding', index: 0, embedding: [0.5, 1] }],
  usage: { prompt_tokens: 2, total_tokens: 2 },
}
const response = {
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  status: 'completed',
  model: 'gpt-x',
  output: [
    {
      type: 'message',
      id: 'msg_1',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: 'Hello from Azure.', annotations: [] }],
    },
  ],
  usage: { input_tokens: 3, output_tokens: 4, total_tokens: 7 },
}

beforeAll(async () => {
  claude = await startScriptedUpstream(({ body }) =>
    body.stream === true ? { headers: eventStream, pieces: events } : { pieces: [JSON.stringify(message)] },
  )
  azure = await startScriptedUpstream(({ path }) => ({ pieces: [JSON.stringify(azureAnswer(path))] }))
  const key = { name: 'main', apiKey: 'k-canary' }
  gateway = await startGateway({
    config: {
      providers: {
        claude: { kind: 'anthropic', baseUrl: claude.url, credentials: [key] },
        azure: { kind: 'azure', baseUrl: azure.url, credentials: [key] },
        'azure-v1': { kind: 'azure', baseUrl: azure.url, apiVersion: 'v1', credentials: [key] },
      },
      models: {
        claude: { targets: [{ provider: 'claude', model: 'claude-x' }] },
        gpt: { targets: [{ provider: 'azure', model: 'my+deployment' }] },
        'gpt-v1': { targets: [{ provider: 'azure-v1', model: 'my-gpt' }] },
      },
    },
  })
  secret = (await gateway.issueKey()).secret
})
afterAll(async () => {
  await gateway?.stop()
  await claude?.stop()
  await azure?.stop()
})
beforeEach(() => {
  claude.seen.length = 0
  azure.seen.length = 0
})

function azureAnswer(path: string): object {
  if (path.includes('/embeddings')) return embedding
  return path.includes('/responses') ? response : completion
}

const hi = [{ role: 'user' as const, content: 'hi' }]

describe("Azure's SDK", () => {
  const client = () =>
    new AzureOpenAI({ apiKey: secret, endpoint: gateway.base, apiVersion: '2024-10-21', maxRetries: 0 })

  test('is answered by a model of Anthropic', async () => {
    const answer = await client().chat.completions.create({ model: 'claude', messages: hi })
    expect(answer.choices[0]?.message.content).toBe('Hello from Claude.')
  })

  test('is answered by Azure, whose deployment and version stand in the path', async () => {
    const answer = await client().chat.completions.create({ model: 'gpt', messages: hi })
    expect(answer.choices[0]?.message.content).toBe('Hello from Azure.')
    const { path, headers } = azure.seen[0]!
    expect(path).toBe('/openai/deployments/my%2Bdeployment/chat/completions?api-version=2024-10-21')
    expect([headers['api-key'], headers['authorization']]).toEqual(['k-canary', undefined])
  })

  test('gets embeddings', async () => {
    const { data } = await client().embeddings.create({ model: 'gpt', input: 'hi', encoding_format: 'float' })
    expect(data[0]?.embedding).toEqual([0.5, 1])
    expect(azure.seen[0]!.path).toContain('/openai/deployments/my%2Bdeployment/embeddings?')
  })

  test('lists models, also below a deployment', async () => {
    const names: string[] = []
    for await (const { id } of client().models.list()) names.push(id)
    expect(names).toEqual(expect.arrayContaining(['claude', 'gpt']))
    expect((await client().models.retrieve('gpt')).id).toBe('gpt')
    const baseURL = `${gateway.base}/openai/deployments/gpt`
    const below = new AzureOpenAI({ apiKey: secret, baseURL, apiVersion: '2024-10-21', maxRetries: 0 })
    expect((await below.models.list()).data.map(({ id }) => id)).toEqual(names)
  })

  test("gets the deployments of Azure's authoring API, and a 405 for a GET of what takes POST", async () => {
    const get = async (path: string) => {
      const told = await fetch(`${gateway.base}/openai/deployments${path}?api-version=2023-03-15-preview`, {
        headers: { 'api-key': secret },
      })
      return { status: told.status, allow: told.headers.get('allow'), json: JSON.parse(await told.text()) }
    }
    const { json } = await get('')
    expect(json).toMatchObject({ object: 'list', data: expect.any(Array) })
    const gpt = { object: 'deployment', id: 'gpt', model: 'my+deployment', status: 'succeeded' }
    expect(json.data.find(({ id }: { id: string }) => id === 'gpt')).toMatchObject(gpt)
    expect(await get('/gpt')).toMatchObject({ status: 200, json: gpt })
    expect(await get('/nonesuch')).toMatchObject({ status: 404, json: { error: { code: 'model_not_found' } } })
    expect(await get('/gpt/chat/completions')).toMatchObject({ status: 405, allow: 'POST' })
  })

  test('creates a batch of the client’s deployment where batches are', async () => {
    const own = new AzureOpenAI({
      apiKey: secret,
      endpoint: gateway.base,
      apiVersion: '2024-10-21',
      deployment: 'gpt',
      maxRetries: 0,
    })
    const asked = own.batches.create({
      input_file_id: 'file-x',
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
    })
    await expect(asked).rejects.toMatchObject({ status: 404, code: 'not_found' })
  })

  test('is told of an unknown key and of an unknown model', async () => {
    const nobody = new AzureOpenAI({
      apiKey: 'hg_nobody',
      endpoint: gateway.base,
      apiVersion: '2024-10-21',
      maxRetries: 0,
    })
    await expect(nobody.chat.completions.create({ model: 'gpt', messages: hi })).rejects.toMatchObject({ status: 401 })
    const unknown = client().chat.completions.create({ model: 'nonesuch', messages: hi })
    await expect(unknown).rejects.toMatchObject({ status: 404, code: 'model_not_found' })
  })
})

test('OpenAI’s endpoints stand at /openai without a version too', async () => {
  const openai = new OpenAI({ apiKey: secret, baseURL: `${gateway.base}/openai`, maxRetries: 0 })
  const answer = await openai.chat.completions.create({ model: 'gpt', messages: hi })
  expect(answer.choices[0]?.message.content).toBe('Hello from Azure.')
  const { data } = await openai.embeddings.create({ model: 'gpt', input: 'hi', encoding_format: 'float' })
  expect(data[0]?.embedding).toEqual([0.5, 1])
  expect((await openai.models.list()).data.map(({ id }) => id)).toContain('gpt')
})

test('the newer API of Azure names its deployment in the body, and has Responses', async () => {
  const openai = new OpenAI({ apiKey: secret, baseURL: `${gateway.base}/v1`, maxRetries: 0 })
  await openai.chat.completions.create({ model: 'gpt-v1', messages: hi })
  const answer = await openai.responses.create({ model: 'gpt-v1', input: 'hi' })
  expect(answer.output_text).toBe('Hello from Azure.')
  expect(azure.seen.map(({ path, body }) => [path, body.model])).toEqual([
    ['/openai/v1/chat/completions', 'my-gpt'],
    ['/openai/v1/responses', 'my-gpt'],
  ])
})

describe("Google's SDK", () => {
  const client = () => new GoogleGenAI({ apiKey: secret, httpOptions: { baseUrl: gateway.base } })

  test.each(['claude', 'gpt'])('is answered by the model %s', async (model) => {
    const answer = await client().models.generateContent({
      model,
      contents: 'hi',
      config: { systemInstruction: 'Be brief.', temperature: 0.5, maxOutputTokens: 50 },
    })
    expect(answer.text).toMatch(/^Hello from /)
    expect(answer.candidates?.[0]?.finishReason).toBe('STOP')
    expect(answer.usageMetadata?.totalTokenCount).toBeGreaterThan(0)
  })

  test('reads a stream', async () => {
    let text = ''
    let total = 0
    for await (const chunk of await client().models.generateContentStream({ model: 'claude', contents: 'hi' })) {
      text += chunk.text ?? ''
      total = chunk.usageMetadata?.totalTokenCount ?? total
    }
    expect([text, total]).toEqual(['Hello from Claude.', 17])
  })

  test('a stream without alt=sse is one list', async () => {
    const response = await fetch(`${gateway.base}/v1beta/models/claude:streamGenerateContent`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-goog-api-key': secret },
      body: JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'hi' }] }] }),
    })
    expect(response.headers.get('content-type')).toBe('application/json')
    const chunks = (await response.json()) as { candidates: { finishReason?: string }[] }[]
    expect(chunks.length).toBeGreaterThan(2)
    expect(chunks.at(-1)?.candidates[0]?.finishReason).toBe('STOP')
  })

  test('counts tokens, embeds and lists models', async () => {
    expect((await client().models.countTokens({ model: 'claude', contents: 'hi there' })).totalTokens).toBeGreaterThan(
      0,
    )
    const { embeddings } = await client().models.embedContent({ model: 'gpt', contents: 'hi' })
    expect(embeddings?.[0]?.values).toEqual([0.5, 1])
    const names: (string | undefined)[] = []
    for await (const { name } of await client().models.list()) names.push(name)
    expect(names).toContain('models/claude')
  })

  test('is told what is wrong in the shape that it reads', async () => {
    const asked = client().models.generateContent({ model: 'nonesuch', contents: 'hi' })
    await expect(asked).rejects.toMatchObject({ status: 404, message: expect.stringContaining('NOT_FOUND') })
  })
})
