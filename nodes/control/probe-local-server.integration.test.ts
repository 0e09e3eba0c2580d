import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { speaksOpenAi } from './probe-local-server.ts'

const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stops.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
}

const answering = (status: number, body: string) =>
  serve((request, response) => void response.writeHead(request.url === '/v1/models' ? status : 404).end(body))

test('a server that lists models speaks it', async () => {
  expect(await speaksOpenAi(await answering(200, '{"object":"list","data":[]}'))).toBe(true)
})

test.each([
  ['refuses', 401, '{"data":[]}'],
  ['redirects', 302, '{"data":[]}'],
  ['answers another JSON', 200, 'null'],
  ['answers no JSON', 200, '<html>'],
  ['answers without end', 200, '['.repeat(2 << 20)],
] as const)('one that %s does not', async (_what, status, body) => {
  expect(await speaksOpenAi(await answering(status, body))).toBe(false)
})

test('neither does one that says nothing, nor a port that nobody has', async () => {
  expect(await speaksOpenAi(await serve(() => {}))).toBe(false)
  expect(await speaksOpenAi('http://127.0.0.1:1/v1')).toBe(false)
})
