// What the binary of uWebSockets.js does, pinned: the rules of this room follow from these facts. When one of these tests
// turns red after an update, the rule that rests on it may go, or has to change.

import {
  App,
  type HttpRequest,
  type HttpResponse,
  type TemplatedApp,
  us_listen_socket_close,
  us_socket_local_port,
} from 'uWebSockets.js'
import { spawnSync } from 'node:child_process'
import net from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { answersTo, statusesOf, talk, until } from './raw-client.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** A bare server with one route; returns its port. */
function bare(route: (response: HttpResponse, request: HttpRequest) => void): Promise<number> {
  return listening(
    App().any('/*', (response, request) => {
      response.onAborted(() => {})
      route(response, request)
    }),
  )
}

function listening(app: TemplatedApp): Promise<number> {
  return new Promise((resolve) => {
    app.listen('127.0.0.1', 0, (socket) => {
      if (socket === false) return
      closers.push(() => us_listen_socket_close(socket))
      resolve(us_socket_local_port(socket))
    })
  })
}

const handshake = `GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`

const get = (path = '/') => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`
const smuggling = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 36\r\n\r\n${get('/hidden')}`

test('a hidden request runs after an answer within the route, and not after one from setImmediate', async () => {
  const seen: string[] = []
  const atOnce = await bare((response, request) => {
    seen.push(request.getUrl())
    response.end('', true)
  })
  await talk(atOnce, [smuggling], 200)
  expect(seen).toEqual(['/', '/hidden'])
  seen.length = 0
  const later = await bare((response, request) => {
    seen.push(request.getUrl())
    let gone = false
    response.onAborted(() => {
      gone = true
    })
    setImmediate(() => gone || response.cork(() => response.end('', true)))
  })
  await talk(later, [smuggling], 200).catch(() => {})
  expect(seen).toEqual(['/'])
})

test('any transfer encoding counts as chunked', async () => {
  let body = ''
  const port = await bare((response) => {
    response.onData((chunk, isLast) => {
      body += Buffer.from(chunk).toString()
      if (isLast) response.end()
    })
  })
  await talk(port, ['POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n2\r\n{}\r\n0\r\n\r\n'], 100)
  expect(body).toBe('{}')
})

test('a header with an empty name ends the headers that are shown', async () => {
  const names: string[] = []
  const port = await bare((response, request) => {
    request.forEach((name) => void names.push(name))
    response.end()
  })
  await talk(port, ['GET / HTTP/1.1\r\nHost: a\r\n: x\r\nX-Later: 1\r\n\r\n'], 100)
  expect(names).toEqual(['host'])
})

test.each(['\xff2', '2\x80', '\xa0 2\t\xff'])(
  'a value is shown without the bytes beyond ASCII around it: %j',
  async (value) => {
    let shown: string | undefined
    let body = ''
    const port = await bare((response, request) => {
      shown = request.getHeader('content-length')
      response.onData((chunk, isLast) => {
        body += Buffer.from(chunk).toString()
        if (isLast) response.end()
      })
    })
    await talk(port, [Buffer.from(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${value}\r\n\r\n{}`, 'latin1')], 100)
    expect([shown, body]).toEqual(['2', '{}'])
  },
)

test('the two bytes after a chunk may be any, and a chunk without a size is the last one', async () => {
  const bodies: string[] = []
  const port = await bare((response) => {
    let body = ''
    response.onData((chunk, isLast) => {
      body += Buffer.from(chunk).toString()
      if (!isLast) return
      bodies.push(body)
      response.end()
    })
  })
  const head = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'
  await talk(port, [`${head}2\r\n{}xy0\r\n\r\n`], 100)
  await talk(port, [`${head}\r\n2\r\n{}\r\n0\r\n\r\n`], 100)
  expect(bodies).toEqual(['{}', ''])
})

test('asking for the method in lower case changes it for whoever asks next', async () => {
  const methods: string[] = []
  const port = await bare((response, request) => {
    methods.push(request.getCaseSensitiveMethod(), request.getMethod(), request.getCaseSensitiveMethod())
    response.end()
  })
  await talk(port, [get()], 100)
  expect(methods).toEqual(['GET', 'get', 'get'])
})

test('a status is written as it is, line breaks included, so one call can carry all headers', async () => {
  const port = await bare((response) => {
    response.writeStatus('200 OK\r\na: 1\r\nb: 2').end('x')
  })
  const { text } = await answersTo(port, [get()])
  expect(text.startsWith('HTTP/1.1 200 OK\r\na: 1\r\nb: 2\r\n')).toBe(true)
})

test.runIf(process.platform === 'linux')('HTTP/1.0 is answered before any route, in JSON since set-up', async () => {
  const seen: string[] = []
  const port = await bare((response, request) => {
    seen.push(request.getUrl())
    response.end()
  })
  const { text, closed } = await talk(port, ['GET / HTTP/1.0\r\nHost: a\r\n\r\n'], 1_000)
  expect([seen, closed]).toEqual([[], true])
  const [head = '', body = ''] = text.split('\r\n\r\n')
  expect(head).toBe('HTTP/1.1 505 \r\nContent-Type: application/json')
  expect(JSON.parse(body).error).toMatchObject({
    code: 'http_1_0',
    message: expect.stringContaining('proxy_http_version'),
  })
})

test('an answer to HEAD carries its body', async () => {
  const port = await bare((response) => {
    response.end('body')
  })
  const { text } = await answersTo(port, ['HEAD / HTTP/1.1\r\nHost: a\r\n\r\n'])
  expect(text.endsWith('\r\n\r\nbody')).toBe(true)
})

test('a length without a body leaves the answer unfinished: the next request on the connection is dropped', async () => {
  const port = await bare((response) => {
    response.endWithoutBody(4)
  })
  const head = 'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n'
  const { text, closed } = await talk(port, [head, head], 10_000)
  expect(statusesOf(text)).toEqual([200])
  expect(closed).toBe(true)
})

test('closing after a stream writes the header into the body', async () => {
  const port = await bare((response) => {
    response.write('abc')
    response.end(undefined, true)
  })
  const { text } = await answersTo(port, [get()])
  expect(text).toContain('3\r\nabcConnection: close\r\n')
})

test('an unread body is skipped when the answer comes first, and the next request is read where it ends', async () => {
  const urls: string[] = []
  const port = await bare((response, request) => {
    urls.push(request.getUrl())
    response.end('no')
  })
  const body = 'GET /x HTTP/1.1\r\n\r\n'.repeat(5_000)
  await talk(port, [`POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`, body, get('/b')], 200)
  expect(urls).toEqual(['/a', '/b'])
})

test.each([
  ['nothing', false],
  ['an empty cork', true],
])('with a writable handler that does %s, what was held back goes out: %s', async (what, drained) => {
  const bytes = 8 << 20
  const port = await bare((response) => {
    response.onWritable(() => {
      if (what === 'an empty cork') response.cork(() => {})
      return true
    })
    setImmediate(() => response.cork(() => void response.write(Buffer.alloc(bytes, 'Z'))))
  })
  const socket = net.connect(port, '127.0.0.1')
  socket.write(get())
  socket.pause()
  await new Promise((next) => setTimeout(next, 100))
  let received = 0
  socket.on('data', (chunk) => {
    received += chunk.length
  })
  socket.resume()
  await new Promise((next) => setTimeout(next, 500))
  socket.destroy()
  expect(received >= bytes).toBe(drained)
})

test('a response that is touched after its end throws', async () => {
  let thrown: unknown
  const port = await bare((response) => {
    response.end()
    try {
      response.end()
    } catch (error) {
      thrown = error
    }
  })
  await talk(port, [get()], 100)
  expect(String(thrown)).toContain('must not be accessed')
})

test('a route that returns without an answer or an abort handler ends the process', () => {
  const script = `
    import { App, us_socket_local_port } from 'uWebSockets.js'
    import net from 'node:net'
    App().any('/*', () => {}).listen('127.0.0.1', 0, (socket) => {
      net.connect(us_socket_local_port(socket), '127.0.0.1').write('GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n')
    })`
  const { status, signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: import.meta.dirname,
    timeout: 60_000,
  })
  expect(signal ?? status).not.toBe(0)
  expect(signal).toBe('SIGABRT')
})

/** How many of `count` WebSockets the server closes by itself. The binary gives the end of a response's memory back when the
 *  response becomes a WebSocket; \`open\` takes it, as anything else might, and writes bits into it that say 'close'. */
async function closedByServer(count: number, upgrade: (response: HttpResponse, run: () => void) => void) {
  const kept: Buffer[] = []
  let closed = 0
  const port = await listening(
    App().ws('/*', {
      upgrade: (response, request, context) => {
        response.onAborted(() => {})
        const key = request.getHeader('sec-websocket-key')
        setImmediate(() => upgrade(response, () => response.upgrade({}, key, '', '', context)))
      },
      open: () => {
        for (let bytes = 24; bytes <= 136; bytes += 16) kept.push(Buffer.allocUnsafeSlow(bytes).fill(0x10))
      },
      close: () => void closed++,
    }),
  )
  const sockets = Array.from({ length: count }, () => net.connect(port, '127.0.0.1'))
  for (const socket of sockets) socket.write(handshake)
  await Promise.all(sockets.map((socket) => until(socket, 'Sec-WebSocket-Accept')))
  await new Promise((next) => setTimeout(next, 100))
  const byItself = closed
  for (const socket of sockets) socket.destroy()
  return byItself
}

test('an upgrade in a cork of our own may close the socket: its end reads the state of a response that is no more', async () => {
  expect(await closedByServer(20, (response, run) => response.cork(run))).toBeGreaterThan(0)
  expect(await closedByServer(20, (_response, run) => run())).toBe(0)
})

test('the filter hears nothing of a connection after it has become a WebSocket', async () => {
  const changes: number[] = []
  let open = 0
  const app = App().ws('/*', {
    upgrade: (response, request, context) => {
      response.upgrade({}, request.getHeader('sec-websocket-key'), '', '', context)
    },
    open: () => void open++,
    close: () => void open--,
  })
  // biome-ignore lint/suspicious/useIterableCallbackReturn: not the filter of an array
  const port = await listening(app.filter((_connection, change) => void changes.push(change)))
  const socket = net.connect(port, '127.0.0.1')
  socket.write(handshake)
  await until(socket, 'Sec-WebSocket-Accept')
  expect([changes, open]).toEqual([[1], 1])
  socket.destroy()
  await vi.waitFor(() => expect(open).toBe(0))
  expect(changes).toEqual([1])
})
