// Callers of OpenAI's and Anthropic's APIs, and Bedrock behind the gateway: an upstream that other people wrote, and one
// that checks every signature over the bytes it was sent with an implementation that is not ours.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import Anthropic from '@anthropic-ai/sdk'
import {
  BedrockRuntimeClient,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  InvokeModelCommand,
} from '@aws-sdk/client-bedrock-runtime'
import type { LLMock } from '@copilotkit/aimock'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import aws4 from 'aws4'
import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { awsEvent } from './aws-events.ts'
import { type Gateway, startGateway } from './gateway.ts'
import { sdkClients } from './scripted-gateway.ts'
import { modelOn, scriptedText, startScriptedLlm } from './scripted-llm.ts'
import { type ScriptedAnswer, type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.ts'

const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'canary/aws-secret' }
const region = 'us-east-1'
const claude = 'anthropic.claude-3-haiku-20240307-v1:0'
const titan = 'amazon.titan-embed-text-v2:0'
const aws = [{ name: 'main', aws: keys }]

let llm: LLMock
let signed: Server
const refusedSignatures: string[] = []
let asked = 0
let gateway: Gateway
let openai: OpenAI
let anthropic: Anthropic

beforeAll(async () => {
  llm = await startScriptedLlm()
  signed = await startSigned()
  const { port } = signed.address() as AddressInfo
  const provider = (baseUrl: string, credentials: object[]) => ({ kind: 'bedrock', region, baseUrl, credentials })
  gateway = await startGateway({
    config: {
      providers: {
        scripted: provider(llm.url, aws),
        signed: provider(`http://127.0.0.1:${port}`, aws),
        rotated: provider(`http://127.0.0.1:${port}`, [
          { name: 'old', aws: { ...keys, secretAccessKey: 'no-longer' }, weight: 1000 },
          { name: 'new', aws: keys, weight: 0.001 },
        ]),
        nobody: provider(`http://127.0.0.1:${port}`, [{ name: 'machine', aws: 'default' }]),
      },
      models: {
        scripted: modelOn('scripted', 'anthropic.claude-3-haiku-20240307-v1:0'),
        signed: modelOn('signed', 'anthropic.claude-3-haiku-20240307-v1:0'),
        rotated: { targets: [{ provider: 'rotated', model: 'amazon.nova-lite-v1:0' }] },
        nobody: { ...modelOn('nobody', 'amazon.nova-lite-v1:0'), fallbacks: ['signed'] },
      },
    },
    environment: { AWS_EC2_METADATA_DISABLED: 'true' },
  })
  const { secret } = await gateway.issueKey()
  ;({ openai, anthropic } = sdkClients(gateway, secret))
})
afterAll(async () => {
  await gateway?.stop()
  await llm?.stop()
  signed?.close()
  signed?.closeAllConnections()
})

async function startSigned(): Promise<Server> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      asked++
      const body = Buffer.concat(parts).toString()
      const { authorization = '', ...sent } = request.headers as Record<string, string>
      const names = /SignedHeaders=([^,]+)/.exec(authorization)?.[1]?.split(';') ?? []
      const headers = Object.fromEntries(names.map((name) => [name, sent[name] ?? '']))
      const extra = { extraHeadersToIgnore: { 'content-length': true } }
      const place = { service: 'bedrock', region, method: 'POST', host: sent['host'] ?? '', path: request.url ?? '' }
      const again = aws4.sign({ ...place, ...extra, headers, body }, keys).headers?.['Authorization']
      const isRight = again === authorization
      if (!isRight) refusedSignatures.push(authorization)
      response.writeHead(isRight ? 200 : 403, { 'content-type': 'application/json' })
      response.end(
        JSON.stringify(isRight ? answer : { message: 'The security token included in the request is invalid.' }),
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

const answer = {
  output: { message: { role: 'assistant', content: [{ text: 'Signed and sealed.' }] } },
  stopReason: 'end_turn',
  usage: { inputTokens: 10, outputTokens: 4, totalTokens: 14 },
}
const messages = [{ role: 'user' as const, content: 'hi' }]
const tools = [
  { type: 'function' as const, function: { name: 'get_weather', parameters: { type: 'object', properties: {} } } },
]

describe('an upstream that other people wrote', () => {
  test('answers chat completions, whole and streamed', async () => {
    const whole = await openai.chat.completions.create({ model: 'scripted', messages })
    expect(whole.choices[0]?.message.content).toBe(scriptedText)
    let text = ''
    let finishes = 0
    for await (const chunk of await openai.chat.completions.create({ model: 'scripted', messages, stream: true })) {
      text += chunk.choices[0]?.delta?.content ?? ''
      if (chunk.choices[0]?.finish_reason) finishes++
    }
    expect({ text, finishes }).toEqual({ text: scriptedText, finishes: 1 })
  })

  test('answers Messages, whole and streamed', async () => {
    const request = { model: 'scripted', max_tokens: 100, messages }
    const whole = await anthropic.messages.create(request)
    expect(whole).toMatchObject({ content: [{ type: 'text', text: scriptedText }], stop_reason: 'end_turn' })
    const streamed = await anthropic.messages.stream(request).finalMessage()
    expect(streamed.content).toMatchObject([{ type: 'text', text: scriptedText }])
  })

  test('calls tools in a stream', async () => {
    const weather = [{ role: 'user' as const, content: 'How is the weather?' }]
    const stream = openai.chat.completions.stream({ model: 'scripted', messages: weather, tools })
    const { choices } = await stream.finalChatCompletion()
    expect(choices[0]?.finish_reason).toBe('tool_calls')
    const call = choices[0]?.message.tool_calls?.[0]
    expect(call?.type === 'function' && JSON.parse(call.function.arguments)).toMatchObject({ city: 'Berlin' })
  })

  test('answers the Responses API', async () => {
    const response = await openai.responses.create({ model: 'scripted', input: 'hi' })
    expect(response.output_text).toBe(scriptedText)
  })
})

test('every request is signed over the bytes that are sent (wire 64)', async () => {
  const { choices, usage } = await openai.chat.completions.create({
    model: 'signed',
    messages: [{ role: 'user', content: 'naïve café 東京 🗼' }],
  })
  expect(choices[0]?.message.content).toBe('Signed and sealed.')
  expect(usage).toMatchObject({ prompt_tokens: 10, completion_tokens: 4 })
  expect(refusedSignatures).toEqual([])
})

test('a credential that is refused steps aside, its sibling answers, and the model goes on (wire 96)', async () => {
  for (let i = 0; i < 10; i++) await openai.chat.completions.create({ model: 'rotated', messages })
  // The first was tried with the heavy one; afterwards it is not asked again for a while.
  expect(refusedSignatures).toHaveLength(1)
})

test('where no identity can be had the next model answers, and nothing was sent without one', async () => {
  const before = asked
  const { response } = await openai.chat.completions.create({ model: 'nobody', messages }).withResponse()
  expect(response.headers.get('x-headgate-fallback-index')).toBe('1')
  expect(asked).toBe(before + 1)
  expect(gateway.output()).toContain('no AWS credentials were found')
})

test('secrets of AWS are shown as masks and told nowhere', async () => {
  const { text } = await gateway.admin('GET', '/providers/signed')
  expect(text).toContain('AKIDEXAMPLE')
  expect(text).not.toContain('canary/aws-secret')
  expect(gateway.output()).not.toContain('canary/aws-secret')
})

describe('beside the client that AWS wrote', () => {
  let kept: ScriptedUpstream
  let own: Gateway
  let caller: OpenAI
  let client: BedrockRuntimeClient
  let script: ScriptedAnswer

  beforeAll(async () => {
    kept = await startScriptedUpstream(() => script)
    const up = { kind: 'bedrock', region, baseUrl: kept.url, credentials: aws }
    own = await startGateway({
      config: {
        providers: { up },
        models: {
          claude: modelOn('up', claude),
          titan: modelOn('up', titan),
          cohere: modelOn('up', 'cohere.embed-v4:0'),
        },
      },
    })
    const { secret } = await own.issueKey()
    caller = new OpenAI({ apiKey: secret, baseURL: `${own.base}/v1`, maxRetries: 0 })
    client = new BedrockRuntimeClient({
      region,
      endpoint: kept.url,
      credentials: keys,
      maxAttempts: 1,
      requestHandler: new NodeHttpHandler(),
    })
  })
  afterAll(async () => {
    client?.destroy()
    await own?.stop()
    await kept?.stop()
  })
  beforeEach(() => {
    kept.seen.length = 0
  })

  const said = { role: 'user' as const, content: 'Wie ist das Wetter? 🌦' }
  const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
  const asked: ConverseCommandInput = {
    modelId: claude,
    system: [{ text: 'Be brief.' }],
    messages: [{ role: 'user', content: [{ text: said.content }] }],
    inferenceConfig: { maxTokens: 50, temperature: 0.5, stopSequences: ['x'] },
    toolConfig: {
      tools: [{ toolSpec: { name: 'get_weather', description: 'w', inputSchema: { json: schema } } }],
      toolChoice: { tool: { name: 'get_weather' } },
    },
  }
  const chat = {
    model: 'claude',
    max_completion_tokens: 50,
    temperature: 0.5,
    stop: ['x'],
    messages: [{ role: 'system' as const, content: 'Be brief.' }, said],
    tools: [{ type: 'function' as const, function: { name: 'get_weather', description: 'w', parameters: schema } }],
    tool_choice: { type: 'function' as const, function: { name: 'get_weather' } },
  }
  const frames = [
    ['messageStart', { role: 'assistant' }],
    ['contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Sonnig' } }],
    ['contentBlockDelta', { contentBlockIndex: 0, delta: { text: ' ☀️.' } }],
    ['contentBlockStop', { contentBlockIndex: 0 }],
    ['messageStop', { stopReason: 'end_turn' }],
    ['metadata', { usage: { inputTokens: 9, outputTokens: 4, totalTokens: 13 }, metrics: { latencyMs: 1 } }],
  ] as const

  function sent() {
    const { path, body, headers } = kept.seen.at(-1)!
    return { path, body, type: headers['content-type'] }
  }

  test('a conversation is sent as that client sends it', async () => {
    script = { pieces: [JSON.stringify(answer)] }
    await client.send(new ConverseCommand(asked))
    const theirs = sent()
    await caller.chat.completions.create(chat)
    expect(sent()).toEqual(theirs)
  })

  test('a stream is asked for as that client does, and its frames are understood as it understands them', async () => {
    const bytes = Buffer.concat(frames.map(([name, value]) => awsEvent(name, value)))
    const cut = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, i) => bytes.subarray(i * 7, i * 7 + 7))
    script = { headers: { 'content-type': 'application/vnd.amazon.eventstream' }, pieces: cut }
    let theirText = ''
    let theirUsage: unknown
    for await (const event of (await client.send(new ConverseStreamCommand(asked))).stream ?? []) {
      theirText += event.contentBlockDelta?.delta?.text ?? ''
      theirUsage ??= event.metadata?.usage?.totalTokens
    }
    const theirs = sent()
    let text = ''
    let usage: unknown
    const wish = { ...chat, stream: true as const, stream_options: { include_usage: true } }
    for await (const chunk of await caller.chat.completions.create(wish)) {
      text += chunk.choices[0]?.delta?.content ?? ''
      usage = chunk.usage?.total_tokens ?? usage
    }
    expect([text, usage]).toEqual([theirText, theirUsage])
    expect(text).toBe('Sonnig ☀️.')
    expect(sent()).toEqual(theirs)
  })

  test('beta features that are known there stand in the body, the others are named (wire 43)', async () => {
    script = { pieces: [JSON.stringify(answer)] }
    const { apiKey } = caller
    const claudes = new Anthropic({ apiKey, baseURL: own.base, maxRetries: 0 })
    const headers = { 'anthropic-beta': 'interleaved-thinking-2025-05-14, files-api-2025-04-14' }
    const { response } = await claudes.messages
      .create({ model: 'claude', max_tokens: 9, messages }, { headers })
      .withResponse()
    expect(sent().body.additionalModelRequestFields).toEqual({ anthropic_beta: ['interleaved-thinking-2025-05-14'] })
    expect(response.headers.get('x-headgate-dropped-params')).toBe('files-api-2025-04-14')
  })

  test('embeddings are asked for by InvokeModel, as that client does it', async () => {
    script = { pieces: [JSON.stringify({ embedding: [0.5, 0.25], inputTextTokenCount: 3 })] }
    const body = JSON.stringify({ inputText: 'hi', dimensions: 256 })
    await client.send(
      new InvokeModelCommand({ modelId: titan, body, contentType: 'application/json', accept: 'application/json' }),
    )
    const [theirs, accept] = [sent(), kept.seen.at(-1)!.headers['accept']]
    const embedded = await caller.embeddings.create({ model: 'titan', input: 'hi', dimensions: 256 })
    expect(embedded).toMatchObject({ data: [{ embedding: [0.5, 0.25] }], usage: { prompt_tokens: 3 } })
    expect(sent()).toEqual(theirs)
    expect(kept.seen.at(-1)!.headers['accept']).toBe(accept)
  })

  test('several texts at once are for models that take them', async () => {
    script = { pieces: [JSON.stringify({ embeddings: { float: [[0.5], [1]] } })] }
    const input = ['a', 'b']
    const { data } = await caller.embeddings.create({ model: 'cohere', input })
    expect(data.map(({ embedding }) => embedding)).toEqual([[0.5], [1]])
    expect(sent().body).toMatchObject({ texts: input, input_type: 'search_document' })
    await expect(caller.embeddings.create({ model: 'titan', input })).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('several inputs'),
    })
  })
})
