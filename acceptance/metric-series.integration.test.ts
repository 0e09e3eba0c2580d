// How many series /metrics has for a fleet of models that are all in use, and that the names of the conventions are among them.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Gateway, startGateway } from './gateway.ts'
import { dataEvents, eventStream, type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.ts'
import { until } from './until.ts'

const modelCount = 25
/** Series of one model at one target: its eight histograms, and what is counted. */
const perTargetMax = 80
/** Series of the nodes and of the whole fleet, whatever the number of models. */
const perFleetMax = 100

let upstream: ScriptedUpstream
let gateway: Gateway
let series: readonly string[]

const usage = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 }
const chunk = (delta: object, finish_reason: string | null) => ({
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, finish_reason }],
})
const events = [
  chunk({ role: 'assistant', content: 'One' }, null),
  chunk({ content: ' two' }, null),
  chunk({}, 'stop'),
  { ...chunk({}, null), choices: [], usage },
]
const whole = { choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }], usage }

beforeAll(async () => {
  upstream = await startScriptedUpstream(({ body }) => {
    if (body.messages[0].content === 'fail') return { status: 400, pieces: ['{"error":{"message":"no"}}'] }
    if (body.stream !== true) return { pieces: [JSON.stringify(whole)] }
    return { headers: eventStream, pieces: dataEvents(events), pauseMs: 5 }
  })
  const credentials = [{ name: 'main', apiKey: 'sk-canary' }]
  const provider = { kind: 'openai', baseUrl: `${upstream.url}/v1`, credentials }
  const names = Array.from({ length: modelCount }, (_, index) => `model-${index}`)
  const models = Object.fromEntries(
    names.map((name, index) => {
      const target = (provider: string) => ({ provider, model: `${provider}-${name}` })
      // Every fifth model has two targets, the others one.
      const rest = index % 5 === 0 ? [target('second')] : []
      return [name, { targets: [target(index % 2 === 0 ? 'first' : 'third'), ...rest] }]
    }),
  )
  const providers = { first: provider, second: provider, third: provider }
  gateway = await startGateway({ config: { providers, models } })
  const { secret } = await gateway.issueKey()
  for (const name of names) await callUntilAllAnswered(secret, name, models[name]?.targets.length ?? 0)
  for (let index = 0; index < 20; index++) await call(secret, `first/anything-${index}`, { stream: index % 2 === 0 })
  await until(async () => (await finished()) >= modelCount * 3 + 20, 20_000)
  series = await seriesNow()
}, 120_000)
afterAll(async () => {
  await gateway?.stop()
  await upstream?.stop()
})

async function call(secret: string, model: string, { stream = false, content = 'hi' } = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ model, stream, messages: [{ role: 'user', content }] })
  const response = await fetch(`${gateway.base}/v1/chat/completions`, { method: 'POST', headers, body })
  await response.arrayBuffer()
  return response
}

/** Calls a model until each of its targets has answered, with and without a stream, and refused once. */
async function callUntilAllAnswered(secret: string, model: string, targets: number): Promise<void> {
  await call(secret, model, { content: 'fail' })
  for (const stream of [true, false]) {
    const seen = new Set<string | null>()
    while (seen.size < targets) seen.add((await call(secret, model, { stream })).headers.get('x-headgate-provider'))
  }
}

async function seriesNow(): Promise<readonly string[]> {
  const text = await (await fetch(`${gateway.control}/metrics`)).text()
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
}

async function finished(): Promise<number> {
  const counts = (await seriesNow()).filter((line) => line.startsWith('headgate_requests_total{'))
  return counts.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}

test('twenty-five models in use have a bounded number of series', () => {
  // Models that are called as `provider/model` are one for each provider.
  const targets = modelCount + modelCount / 5 + 1
  const named = series.filter((line) => /[{,](gen_ai_request_)?model=/.test(line))
  expect(named.length).toBeLessThanOrEqual(targets * perTargetMax)
  expect(series.length - named.length).toBeLessThanOrEqual(perFleetMax)
})

test.each([
  'gen_ai_client_operation_duration_seconds',
  'gen_ai_client_operation_time_to_first_chunk_seconds',
  'gen_ai_client_token_usage',
  'gen_ai_server_time_to_first_token_seconds',
  'gen_ai_server_time_per_output_token_seconds',
  'headgate_http_request_duration_seconds',
  'headgate_time_to_first_token_seconds',
  'headgate_overhead_seconds',
])('%s is a histogram whose counts agree', (name) => {
  const counts = series.filter((line) => line.startsWith(`${name}_count`))
  expect(counts.length).toBeGreaterThan(0)
  expect(series.filter((line) => line.startsWith(`${name}_bucket`) && line.includes('le="+Inf"'))).toHaveLength(
    counts.length,
  )
  expect(counts.every((line) => Number(line.split(' ').at(-1)) > 0)).toBe(true)
})
