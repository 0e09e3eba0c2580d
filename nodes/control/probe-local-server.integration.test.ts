import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { modelsOfServer } from './probe-local-server.ts'

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

test('a server tells its models; those that nobody could call are left out', async () => {
  expect(await modelsOfServer(await answering(200, '{"object":"list","data":[]}'))).toEqual([])
  const data = [{ id: 'llama3.2:latest' }, { id: 'a b' }, { id: 7 }, null, { id: 'qwen3' }]
  expect(await modelsOfServer(await answering(200, JSON.stringify({ data })))).toEqual(['llama3.2:latest', 'qwen3'])
})

test.each([
  ['refuses', 401, '{"data":[]}'],
  ['redirects', 302, '{"data":[]}'],
  ['answers another JSON', 200, 'null'],
  ['answers no JSON', 200, '<html>'],
  ['answers without end', 200, '['.repeat(2 << 20)],
] as const)('one that %s is none', async (_what, status, body) => {
  expect(await modelsOfServer(await answering(status, body))).toBeUndefined()
})

test('neither is one that says nothing, nor a port that nobody has', async () => {
  expect(await modelsOfServer(await serve(() => {}))).toBeUndefined()
  expect(await modelsOfServer('http://127.0.0.1:1/v1')).toBeUndefined()
})
