// One server for each test of a file, on a clock that the test moves, with sockets and raw requests for it. Tests only.
import net from 'node:net'
import { afterEach, beforeEach } from 'vitest'
import { ManualClock } from '../../../shared/clock.ts'
import type { Body, HttpServer, Reply, RequestHead } from './http.ts'
import { key, startTestServer, TestHandler, type TestServer } from './test-handler.ts'

export const auth = `Host: gate\r\nAuthorization: Bearer ${key}\r\n`
export const get = (path: string) => `GET ${path} HTTP/1.1\r\n${auth}\r\n`
export const post = (path: string, body: string) =>
  `POST ${path} HTTP/1.1\r\n${auth}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
export const pause = (ms: number) => new Promise((next) => setTimeout(next, ms))

/** Opens a server before each test of the file that calls this, and closes it afterwards. */
export function serverPerTest(): ServerPerTest {
  const at = new ServerPerTest()
  beforeEach(() => at.open())
  afterEach(() => at.server.close())
  return at
}

class ServerPerTest {
  clock = new ManualClock()
  #opened: TestServer | undefined

  async open(): Promise<void> {
    this.clock = new ManualClock()
    this.#opened = await startTestServer({ bodyBytesMax: 4 << 20 }, new TestHandler(), this.clock)
  }

  get server(): HttpServer {
    return this.#at.server
  }

  get handler(): TestHandler {
    return this.#at.handler
  }

  get notices(): TestServer['notices'] {
    return this.#at.notices
  }

  get port(): number {
    return this.#at.port
  }

  route(path: string, run: (reply: Reply, body: Body, head: RequestHead) => void): void {
    this.handler.routes.set(path, (head, body, reply) => run(reply, body, head))
  }

  connect(): net.Socket {
    const socket = net.connect(this.port, '127.0.0.1')
    socket.on('error', () => {})
    return socket
  }

  get #at(): TestServer {
    if (this.#opened === undefined) throw new Error('no server is open outside of a test')
    return this.#opened
  }
}

/** The length of a body that is nothing but Z, without the framing of its chunks. */
export function countOfZ(data: Uint8Array): number {
  let count = 0
  for (let i = 0; i < data.length; i++) if (data[i] === 90) count++
  return count
}

export function boom(): never {
  throw new Error('a bug')
}
