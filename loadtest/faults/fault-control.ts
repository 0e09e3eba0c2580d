// The fault proxy over HTTP, for drivers that are not in its process: `GET /faults`, `PUT /faults` with the wishes as
// JSON, `GET /counts`, `POST /reset`.
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FaultProxy } from './fault-proxy.ts'
import type { FaultWishes } from './faults.ts'

export interface FaultControl {
  readonly url: string
  stop(): Promise<void>
}

export async function startFaultControl(proxy: FaultProxy): Promise<FaultControl> {
  const server = createServer((request, response) => {
    act(proxy, request).then(
      (answer) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer)),
      (error: Error) => response.writeHead(400).end(error.message),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => close(server),
  }
}

async function act(proxy: FaultProxy, request: IncomingMessage): Promise<unknown> {
  switch (`${request.method} ${request.url}`) {
    case 'GET /counts':
      return proxy.counts()
    case 'PUT /faults':
      await proxy.set(await readWishes(request))
      return proxy.faults()
    case 'GET /faults':
      return proxy.faults()
    case 'POST /reset':
      proxy.resetAll()
      return {}
    default:
      throw new Error('unknown request')
  }
}

async function readWishes(request: IncomingMessage): Promise<FaultWishes> {
  let text = ''
  for await (const part of request) text += part
  return JSON.parse(text)
}

function close(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(() => resolve()))
}
