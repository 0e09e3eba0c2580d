// Callers of OpenAI's, Anthropic's and Google's APIs, and Gemini behind the gateway: an upstream that other people wrote, and
// one that keeps what it is sent, to be laid beside what Google's own SDK sends.
import type Anthropic from '@anthropic-ai/sdk'
import type { LLMock } from '@copilotkit/aimock'
import { GoogleGenAI } from '@google/genai'
import type OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Gateway, startGateway } from './gateway.ts'
import { sdkClients } from './scripted-gateway.ts'
import { modelOn, scriptedText, startScriptedLlm } from './scripted-llm.ts'
import {
  dataEvents,
  eventStream,
  type ScriptedAnswer,
  type ScriptedUpstream,
  startScriptedUpstream,
} from './scripted-upstream.ts'

let llm: LLMock
let kept: ScriptedUpstream
let script: () => ScriptedAnswer
let gateway: Gateway
let openai: OpenAI
let anthropic: Anthropic
let google: GoogleGenAI

const model = 'gemini-2.5-flash'
const answer = {
  candidates: [{ content: { role: 'model', parts: [{ text: 'Hallo.' }] }, finishReason: 'STOP', index: 0 }],
  usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 3, thoughtsTokenCount: 2, totalTokenCount: 14 },
  modelVersion: model,
  responseId: 'r1',
}

beforeAll(async () => {
  llm = await startScriptedLlm()
  kept = await startScriptedUpstream(() => script())
  const provider = (baseUrl: string) => ({
    kind: 'gemini',
    baseUrl,
    credentials: [{ name: 'main', apiKey: 'google-canary' }],
  })
  gateway = await startGateway({
    config: {
      providers: { scripted: provider(llm.url), kept: provider(kept.url) },
      models: {
        scripted: modelOn('scripted', model),
        kept: modelOn('kept', model),
        embedder: modelOn('kept', 'gemini-embedding-001'),
      },
    },
  })
  const { secret } = await gateway.issueKey()
  ;({ openai, anthropic, google } = sdkClients(gateway, secret))
})
afterAll(async () => {
  await gateway?.stop()
  await llm?.stop()
  await kept?.stop()
})
beforeEach(() => {
  kept.seen.length = 0
  script = () => ({ pieces: [JSON.stringify(answer)] })
})

const messages = [{ role: 'user' as const, content: 'hi' }]
const parameters = { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] }

function lastBody() {
  return kept.seen.at(-1)!.body
}

describe('an upstream that other people wrote', () => {
  test('answers chat completions, whole and streamed', async () => {
    const whole = await openai.chat.completions.create({ model: 'scripted', messages })
    expect(whole.choices[0]).toMatchObject({ message: { content: scriptedText }, finish_reason: 'stop' })
    let text = ''
    for await (const chunk of await openai.chat.completions.create({ model: 'scripted', messages, stream: true })) {
      text += chunk.choices[0]?.delta?.content ?? ''
    }
    expect(text).toBe(scriptedText)
  })

  test('answers Messages and the Responses API', async () => {
    const said = await anthropic.messages.stream({ model: 'scripted', max_tokens: 100, messages }).finalMessage()
    expect(said).toMatchObject({ content: [{ type: 'text', text: scriptedText }], stop_reason: 'end_turn' })
    expect((await openai.responses.create({ model: 'scripted', input: 'hi' })).output_text).toBe(scriptedText)
  })

  test('calls tools in a stream', async () => {
    const stream = openai.chat.completions.stream({
      model: 'scripted',
      messages: [{ role: 'user', content: 'How is the weather?' }],
      tools: [{ type: 'function', function: { name: 'get_weather', parameters } }],
    })
    const { choices } = await stream.finalChatCompletion()
    expect(choices[0]?.finish_reason).toBe('tool_calls')
    const call = choices[0]?.message.tool_calls?.[0]
    expect(call?.type === 'function' && JSON.parse(call.function.arguments)).toMatchObject({ city: 'Berlin' })
  })
})

test('what is sent for a caller of another API is what Google’s SDK sends for the same', async () => {
  // The version that has everything; it is not what the SDK takes by itself.
  const httpOptions = { baseUrl: kept.url, apiVersion: 'v1beta' }
  const direct = new GoogleGenAI({ apiKey: 'google-canary', httpOptions })
  await direct.models.generateContent({
    model,
    contents: [{ role: 'user', parts: [{ text: 'hi' }] }],
    config: {
      systemInstruction: { role: 'user', parts: [{ text: 'Be brief.' }] },
      temperature: 0.5,
      maxOutputTokens: 50,
      stopSequences: ['x'],
      tools: [{ functionDeclarations: [{ name: 'get_weather', description: 'w', parametersJsonSchema: parameters }] }],
      toolConfig: { functionCallingConfig: { mode: 'ANY' as never, allowedFunctionNames: ['get_weather'] } },
    },
  })
  const fromGoogle = {
    path: kept.seen.at(-1)!.path,
    key: kept.seen.at(-1)!.headers['x-goog-api-key'],
    body: lastBody(),
  }
  await openai.chat.completions.create({
    model: 'kept',
    temperature: 0.5,
    max_completion_tokens: 50,
    stop: ['x'],
    messages: [{ role: 'system', content: 'Be brief.' }, ...messages],
    tools: [{ type: 'function', function: { name: 'get_weather', description: 'w', parameters } }],
    tool_choice: { type: 'function', function: { name: 'get_weather' } },
  })
  const { path, headers } = kept.seen.at(-1)!
  expect({ path, key: headers['x-goog-api-key'], body: lastBody() }).toEqual(fromGoogle)
})

describe('a caller who speaks Gemini', () => {
  test('is answered by the bytes of the upstream, and its own go there', async () => {
    const config = { safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT' as never, threshold: 'OFF' as never }] }
    const said = await google.models.generateContent({ model: 'kept', contents: 'hi', config })
    expect(said).toMatchObject({ text: 'Hallo.', responseId: 'r1', usageMetadata: { thoughtsTokenCount: 2 } })
    expect(kept.seen.at(-1)!.path).toBe(`/v1beta/models/${model}:generateContent`)
    expect(lastBody().safetySettings).toEqual(config.safetySettings)
  })

  test('reads a stream', async () => {
    script = () => ({ headers: eventStream, pieces: dataEvents([answer], []) })
    let text = ''
    for await (const chunk of await google.models.generateContentStream({ model: 'kept', contents: 'hi' })) {
      text += chunk.text ?? ''
    }
    expect(text).toBe('Hallo.')
  })

  test('embeds, and the body names the model of the target', async () => {
    script = () => ({ pieces: [JSON.stringify({ embeddings: [{ values: [0.1, 0.2] }] })] })
    const embedded = await google.models.embedContent({ model: 'embedder', contents: 'hi' })
    expect(embedded.embeddings?.[0]?.values).toEqual([0.1, 0.2])
    expect(lastBody().requests[0].model).toBe('models/gemini-embedding-001')
  })
})

test('embeddings for a caller of OpenAI’s API', async () => {
  script = () => ({ pieces: [JSON.stringify({ embedding: { values: [0.5, 0.25] } })] })
  const { data, model } = await openai.embeddings.create({ model: 'embedder', input: 'hi', encoding_format: 'float' })
  expect([data[0]?.embedding, model]).toEqual([[0.5, 0.25], 'gemini-embedding-001'])
})

test('a key that Google does not know is not shown as the caller’s mistake (wire 91)', async () => {
  const error = { code: 400, message: 'API key not valid. Please pass a valid API key.', status: 'INVALID_ARGUMENT' }
  script = () => ({ status: 400, pieces: [JSON.stringify({ error })] })
  await expect(openai.chat.completions.create({ model: 'kept', messages })).rejects.toMatchObject({ status: 502 })
  await expect(google.models.generateContent({ model: 'kept', contents: 'hi' })).rejects.toMatchObject({ status: 502 })
  expect(gateway.output()).not.toContain('google-canary')
})
