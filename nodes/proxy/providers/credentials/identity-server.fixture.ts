// A real local server in the place of an identity service. It records the requests that it gets.
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Asked {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface IdentityAnswer {
  readonly status?: number
  readonly body: string
}

export async function identityServer(answer: (asked: Asked) => IdentityAnswer) {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const seen = { method, url, headers, body: Buffer.concat(parts).toString() }
      asked.push(seen)
      const { status = 200, body } = answer(seen)
      const type = body.startsWith('{') ? 'application/json' : 'text/plain'
      // Google's library recognises the metadata server by this header.
      response.writeHead(status, { 'content-type': type, 'metadata-flavor': 'Google' }).end(body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections()
      server.close(() => resolve())
    })
  return { url: `http://127.0.0.1:${port}`, asked, close }
}
