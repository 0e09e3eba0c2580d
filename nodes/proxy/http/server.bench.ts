// What the HTTP server costs: CPU µs per request in this process, for an early error and for a small POST that is read and
// answered with twelve headers. Run: node nodes/proxy/http/server.bench.ts. The budget for the whole server is 4.5 µs over a bare
// uWebSockets.js route, whose own cost (mostly the kernel's) is printed first.
import './header-limit.ts'

import { App, us_listen_socket_close, us_socket_local_port } from 'uWebSockets.js'
import { fork } from 'node:child_process'
import net from 'node:net'
import { systemClock } from '../../../shared/clock.ts'
import type { HttpHandler } from './http.ts'
import { startHttpServer } from './server.ts'

const connections = 16
const windowMs = 2_000

if (process.argv[2] === 'client') await client(Number(process.argv[3]), process.argv[4]!)
else await bench()

async function bench(): Promise<void> {
  const answer = Buffer.alloc(600, 'x')
  const headers = Array.from({ length: 12 }, (_, index) => [`x-headgate-name-${index}`, `value ${index}`]).flat()
  const handler: HttpHandler = {
    onHead(head, reply) {
      if (head.path === '/refused') {
        reply.send(
          429,
          ['content-type', 'application/json', 'retry-after', '1'],
          '{"error":{"code":"rate_limit_exceeded"}}',
        )
        return undefined
      }
      return (body) => {
        body.release()
        reply.send(200, headers, answer)
      }
    },
    answerOf: () => ({ status: 500, headers: [], body: '' }),
  }
  const options = { host: '127.0.0.1', port: 0, bodyBytesMax: 1 << 20, hosts: [], trustedProxies: [] }
  const server = await startHttpServer(options, handler, { clock: systemClock, notify: () => {} })
  const bare = await bareServer()
  for (let round = 0; round < 2; round++) {
    await measure('bare route, body unread', bare.port, '/refused')
    await measure('early error', server.port, '/refused')
    await measure('POST read and answered', server.port, '/answered')
  }
  server.close()
  bare.close()
}

function bareServer(): Promise<{ port: number; close: () => void }> {
  return new Promise((resolve) => {
    App()
      .any('/*', (response) => {
        response.onAborted(() => {})
        response.writeStatus('429 Too Many Requests').end('{"error":{"code":"rate_limit_exceeded"}}')
      })
      .listen('127.0.0.1', 0, (socket) => {
        if (socket !== false)
          resolve({ port: us_socket_local_port(socket), close: () => us_listen_socket_close(socket) })
      })
  })
}

async function measure(name: string, port: number, path: string): Promise<void> {
  const child = fork(import.meta.filename, ['client', String(port), path])
  const started = new Promise((resolve) => child.once('message', resolve))
  await started
  const before = process.cpuUsage()
  const requests = await new Promise<number>((resolve) => child.once('message', (count) => resolve(Number(count))))
  const used = process.cpuUsage(before)
  await new Promise((resolve) => child.once('exit', resolve))
  const costUs = (used.user + used.system) / requests
  process.stdout.write(
    `${name.padEnd(26)} ${costUs.toFixed(2)} µs (user ${(used.user / requests).toFixed(2)}), ${requests} requests\n`,
  )
}

/** Sends one request after the other on each connection; reports after a warm-up and at the end. */
async function client(port: number, path: string): Promise<void> {
  const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x'.repeat(230) }] })
  const head = `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUser-Agent: OpenAI/JS 4.2\r\nAccept: application/json\r\n`
  const credential = `Authorization: Bearer sk-hg-${'a'.repeat(32)}\r\nContent-Type: application/json\r\n`
  const request = Buffer.from(
    `${head}${credential}Connection: keep-alive\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
  let count = 0
  for (let i = 0; i < connections; i++) {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(request))
    socket.on('data', () => {
      count++
      socket.write(request)
    })
  }
  const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
  await wait(1_000)
  count = 0
  process.send!('started')
  await wait(windowMs)
  process.send!(count, () => process.exit())
}
