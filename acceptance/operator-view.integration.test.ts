// What whoever operates sees of a client that fails: the name that it asked for, what its upstream said, how many were turned
// away and why, and what a stream cost that its caller left.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask, type Gateway, startGateway } from './gateway.ts'
import { modelOn } from './scripted-llm.ts'
import { eventStream, namedEvents, type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.ts'

let upstream: ScriptedUpstream
let gateway: Gateway
let secret: string
const messages = [{ role: 'user', content: 'Hi' }]

const start = namedEvents([
  { type: 'message_start', message: { id: 'm', role: 'assistant', usage: { input_tokens: 9, output_tokens: 1 } } },
])
const words = Array.from({ length: 20 }, () =>
  namedEvents([{ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'word7 ' } }]),
).flat()

beforeAll(async () => {
  upstream = await startScriptedUpstream(({ body }) =>
    body.stream === true
      ? { headers: eventStream, pieces: [...start, ...words], hangs: true }
      : { status: 503, pieces: ['{"error":{"message":"No room for sk-ant-0123456789abcdef."}}'] },
  )
  gateway = await startGateway({
    config: {
      providers: {
        claude: {
          kind: 'anthropic',
          baseUrl: upstream.url,
          allowPrivate: true,
          credentials: [{ name: 'main', apiKey: 'k' }],
        },
      },
      models: { claude: modelOn('claude', 'claude-sonnet-4-5', { retries: { attempts: 0 } }) },
    },
  })
  ;({ secret } = await gateway.issueKey({ name: 'the key of the newcomer' }))
})
afterAll(async () => {
  await gateway?.stop()
  await upstream?.stop()
})

function call(model: string, stream: boolean, signal?: AbortSignal): Promise<Response> {
  const headers = { 'x-api-key': secret, 'content-type': 'application/json' }
  const body = JSON.stringify({ model, max_tokens: 9, stream, messages })
  return fetch(`${gateway.base}/v1/messages`, { method: 'POST', headers, body, signal: signal ?? null })
}

async function recordOf(response: Response): Promise<Record<string, unknown>> {
  const id = response.headers.get('x-request-id') ?? ''
  let record: Record<string, unknown> = {}
  await expect
    .poll(
      async () => {
        const told = await gateway.admin('GET', `/requests/${id}`)
        record = told.json
        return told.status
      },
      { timeout: 60_000 },
    )
    .toBe(200)
  return record
}

test('a stream that its caller left is billed for what was delivered, and the record says that it is estimated', async () => {
  const abort = new AbortController()
  const response = await call('claude', true, abort.signal)
  let text = ''
  for await (const bytes of response.body ?? []) {
    text += Buffer.from(bytes).toString()
    if (text.split('word7').length > 20) break
  }
  abort.abort()
  // 120 bytes at 3.5 for a token.
  expect(await recordOf(response)).toMatchObject({
    status: 'client-aborted',
    inputTokens: 9,
    outputTokens: 35,
    estimated: true,
    attempts: [{ outputTokens: 35 }],
  })
})

test('the record of a failure has what the upstream said, without its keys', async () => {
  const response = await call('claude', false)
  expect(response.status).toBeGreaterThanOrEqual(500)
  expect(await recordOf(response)).toMatchObject({
    attempts: [{ upstreamStatus: 503, upstreamText: 'No room for [redacted]' }],
  })
})

test('the record of a refusal has the name that was asked for, and it is found by it', async () => {
  const response = await call('mystery-nine', false)
  expect(response.status).toBe(404)
  expect(await recordOf(response)).toMatchObject({ status: 'refused', model: '', askedModel: 'mystery-nine' })
  const found = async (text: string) => (await gateway.admin('GET', `/requests?text=${text}`)).json.items.length
  expect(await found('MYSTERY-NINE')).toBe(1)
  expect(await found('newcomer')).toBe(3)
  expect(await found('nobody')).toBe(0)
})

test('callers who are turned away are counted by code, on the API and in metrics', async () => {
  const url = `${gateway.base}/v1/messages`
  await ask(url, 'POST', { model: 'claude', messages }, { 'x-api-key': 'hg_nobody' })
  await fetch(url, { method: 'POST', headers: { 'x-api-key': secret, 'content-type': 'text/plain' }, body: 'x' })
  await ask(`${gateway.base}/v1/nowhere`, 'POST', {}, { 'x-api-key': secret })
  const seen = async () =>
    (await gateway.admin('GET', '/nodes')).json.nodes.find((node: { refusals?: object }) => node.refusals !== undefined)
      ?.refusals
  await expect.poll(async () => Object.keys((await seen()) ?? {}).length, { timeout: 60_000 }).toBeGreaterThanOrEqual(4)
  const refusals = await seen()
  expect(refusals).toMatchObject({ invalid_api_key: 1, model_not_found: 1 })
  const metrics = await (await fetch(`${gateway.control}/metrics`)).text()
  for (const [code, count] of Object.entries(refusals))
    expect(metrics).toMatch(new RegExp(`^headgate_rejections_total\\{node="[^"]+",code="${code}"\\} ${count}$`, 'm'))
  expect(metrics).not.toContain('nine')
})
