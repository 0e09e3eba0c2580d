// A provider that does not do what it should, as a newcomer meets it: a key that it rejects, and an address where nothing listens.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask, type Gateway, startGateway } from './gateway.ts'
import { until } from './until.ts'

const providerKey = 'sk-proj-abcd1234efgh5678'
let server: Server
let shown: string[]
let gateway: Gateway
let token: string
beforeAll(async () => {
  shown = []
  server = createServer((request, response) => {
    shown.push(String(request.headers.authorization))
    response.writeHead(401, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ error: { message: `Incorrect API key provided: ${providerKey}.` } }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const environment = { OPENAI_API_KEY: providerKey, OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1` }
  const words = ['start', '--auto']
  const config = { providers: { away: { kind: 'openai', baseUrl: 'http://127.0.0.1:9/v1', allowPrivate: true } } }
  gateway = await startGateway({ words, environment, config })
  await until(() => /^curl /m.test(gateway.output()), 10_000)
  expect(gateway.output()).toContain(`OPENAI_API_KEY at 127.0.0.1:${port}, enabled as the provider openai`)
  token = (await gateway.issueKey()).secret
})
afterAll(async () => {
  await gateway?.stop()
  server.close()
})

async function call(model: string) {
  const body = { model, messages: [{ role: 'user', content: 'Hi' }] }
  const answer = await ask(`${gateway.base}/v1/chat/completions`, 'POST', body, { authorization: `Bearer ${token}` })
  const { message, code } = answer.json.error
  const record = async () => {
    const { items } = (await gateway.admin('GET', '/requests?limit=50')).json
    const found = items.find((item: { model: string }) => item.model.includes(model))
    return found === undefined ? undefined : (await gateway.admin('GET', `/requests/${found.id}`)).json.attempts[0]
  }
  await until(async () => (await record()) !== undefined, 10_000)
  return { status: answer.status, message, code, attempt: await record() }
}

test('a key that the provider rejects is sent where it belongs, and the provider is named with its words', async () => {
  const { status, message, code, attempt } = await call('gpt-4o')
  expect([status, code]).toEqual([502, 'upstream_auth'])
  expect(message).toMatch(/^The provider `openai` refused the credentials/)
  expect(shown[0]).toBe(`Bearer ${providerKey}`)
  expect(attempt.upstreamText).toMatch(/^Incorrect API key provided: \[redacted\]/)
  expect(gateway.output()).not.toContain(providerKey)
  const reasons = async (base: string) => (await ask(`${base}/readyz?verbose`, 'GET')).json.reasons.join()
  await until(async () => (await reasons(gateway.control)).includes('openai rejects the credential main'), 5_000)
  expect(await reasons(gateway.base)).toContain('openai rejects the credential main')
})

test('an address where nothing listens is told without the address, which the record has', async () => {
  const { status, message, attempt } = await call('away/llama3')
  expect([status, message]).toEqual([
    502,
    'The provider `away` could not be reached: the connection was refused, so nothing listens there.',
  ])
  expect(attempt.upstreamText).toContain('ECONNREFUSED 127.0.0.1:9')
})
