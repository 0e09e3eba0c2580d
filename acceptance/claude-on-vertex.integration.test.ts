// Claude on Vertex AI for callers of the Messages API: what they send and what they are told is not read and printed anew.
import type Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Gateway } from './gateway.ts'
import { type ScriptedGateway, startScriptedGateway } from './scripted-gateway.ts'
import { modelOn } from './scripted-llm.ts'
import { eventStream, type ScriptedAnswer, type ScriptedUpstream } from './scripted-upstream.ts'

let rig: ScriptedGateway
let upstream: ScriptedUpstream
let script: () => ScriptedAnswer
let gateway: Gateway
let anthropic: Anthropic
let secret: string

const place = '/v1/projects/my-project/locations/us-east5/publishers/anthropic/models'
const claude = 'claude-sonnet-4-5@20250929'

beforeAll(async () => {
  rig = await startScriptedGateway(
    () => script(),
    (url) => {
      const vertex = { kind: 'vertex', region: 'us-east5', project: 'my-project', baseUrl: url }
      return {
        config: {
          providers: { vertex: { ...vertex, credentials: [{ name: 'key', apiKey: 'k' }] } },
          models: { claude: modelOn('vertex', claude) },
        },
      }
    },
  )
  ;({ upstream, gateway, secret, anthropic } = rig)
})
afterAll(() => rig?.stop())

const messages = [{ role: 'user' as const, content: 'hi' }]
const seen = () => upstream.seen.at(-1)!

/** Members that no neutral form of an answer has. */
const message = `{ "id":"msg_1","type":"message","role":"assistant","model":"${claude}",
  "content":[{"type":"tool_use","id":"t","name":"f","input":{"n":1.0},"caller":{"type":"direct"}}],
  "stop_reason":"tool_use","stop_sequence":null,"container":{"id":"c","expires_at":"2026-01-01T00:00:00Z"},
  "context_management":{"applied_edits":[]},
  "usage":{"input_tokens":5,"output_tokens":2,"service_tier":"standard","server_tool_use":{"web_search_requests":2},"inference_geo":"us"} }`

const streamed = `event: message_start
data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"${claude}","content":[],"stop_reason":null,"stop_sequence":null,"container":null,"usage":{"input_tokens":5,"output_tokens":1,"service_tier":"standard"}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":"","citations":[]}}

event: ping
data: {"type": "ping"}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"citations_delta","citation":{"type":"web_search_result_location","url":"https://a.example","title":"A","cited_text":"x","encrypted_index":"e"}}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Bonjour."}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null,"container":{"id":"c"}},"usage":{"output_tokens":2,"server_tool_use":{"web_search_requests":1}},"context_management":{"applied_edits":[]}}

event: message_stop
data: {"type":"message_stop"}

`

beforeEach(() => {
  script = () => ({ pieces: [message] })
})

function post(path: string, body: string): Promise<Response> {
  const headers = { 'x-api-key': secret, 'content-type': 'application/json' }
  return fetch(`${gateway.base}${path}`, { method: 'POST', headers, body })
}

const tool = {
  name: 'f',
  input_schema: { type: 'object' as const },
  input_examples: [{ n: 1 }],
  defer_loading: true,
  eager_input_streaming: true,
}

test('every member that the SDK sends reaches Vertex AI, in its envelope', async () => {
  const said = await anthropic.beta.messages.create({
    model: 'claude',
    max_tokens: 9,
    messages,
    tools: [tool],
    context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] },
    betas: ['context-management-2025-06-27'],
  })
  expect(said).toMatchObject({ content: [{ caller: { type: 'direct' } }], container: { id: 'c' } })
  expect(seen().path).toBe(`${place}/${encodeURIComponent(claude)}:rawPredict`)
  expect(seen().headers['anthropic-beta']).toBe('context-management-2025-06-27')
  expect(seen().headers).not.toHaveProperty('anthropic-version')
  expect(seen().body).toEqual({
    anthropic_version: 'vertex-2023-10-16',
    max_tokens: 9,
    messages,
    tools: [tool],
    context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] },
  })
})

test('an answer is relayed byte for byte', async () => {
  const answer = await post('/v1/messages', JSON.stringify({ model: 'claude', max_tokens: 9, messages }))
  expect(await answer.text()).toBe(message)
})

test('a stream is relayed byte for byte, and the SDK reads it', async () => {
  script = () => ({ headers: eventStream, pieces: [streamed] })
  const body = { model: 'claude', max_tokens: 9, messages }
  const answer = await post('/v1/messages', JSON.stringify({ ...body, stream: true }))
  expect(await answer.text()).toBe(streamed)
  expect(seen().path).toBe(`${place}/${encodeURIComponent(claude)}:streamRawPredict`)
  expect(seen().body).toEqual({ anthropic_version: 'vertex-2023-10-16', max_tokens: 9, messages, stream: true })
  const said = await anthropic.messages.stream(body).finalMessage()
  expect(said).toMatchObject({ content: [{ text: 'Bonjour.', citations: [{ url: 'https://a.example' }] }] })
})

test('Vertex AI counts tokens', async () => {
  script = () => ({ pieces: ['{"input_tokens":14}'] })
  expect(await anthropic.messages.countTokens({ model: 'claude', messages })).toEqual({ input_tokens: 14 })
  expect(seen().path).toBe(`${place}/count-tokens:rawPredict`)
  expect(seen().body).toEqual({ model: claude, anthropic_version: 'vertex-2023-10-16', messages })
})

test("an error of the platform comes in Anthropic's shape", async () => {
  script = () => ({ status: 400, pieces: ['[{"error":{"code":400,"status":"INVALID_ARGUMENT","message":"No."}}]'] })
  await expect(anthropic.messages.create({ model: 'claude', max_tokens: 9, messages })).rejects.toMatchObject({
    status: 400,
    error: { type: 'error', error: { type: 'invalid_request_error', message: 'No.' } },
  })
})
