// HTTP/1.1 as bytes on a socket: sends what no library would send, and shows what really came back.
import { connect } from 'node:net'

export interface RawRequest {
  method?: string
  path?: string
  /** Name and value pairs, so that a name can stand twice. `host` and `content-length` are added where they are absent. */
  headers?: readonly (readonly [string, string])[]
  body?: string | Buffer
}

export interface RawAnswer {
  status: number
  headers: ReadonlyMap<string, string>
  body: string
  /** The member `error` of a JSON body. */
  error: Record<string, unknown>
}

const answerTimeoutMs = 10_000

/** One request on a connection of its own; interim answers (1xx) are skipped. */
export function exchange(port: number, request: RawRequest): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0)
    const socket = connect(port, '127.0.0.1')
    const timer = setTimeout(() => fail('no answer in time'), answerTimeoutMs)
    const fail = (why: string) => {
      socket.destroy()
      clearTimeout(timer)
      reject(new Error(`${why}: ${received.toString('latin1').slice(0, 300)}`))
    }
    socket.on('connect', () => socket.write(bytesOf(request, port)))
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes])
      const answer = parseAnswer(received, request.method === 'HEAD')
      if (answer === undefined) return
      clearTimeout(timer)
      socket.destroy()
      resolve(answer)
    })
    // A server that refuses before it has read everything may reset while we still write; its answer decides.
    socket.on('error', () => {})
    socket.on('close', () => fail('the connection closed'))
  })
}

function bytesOf({ method = 'GET', path = '/', headers = [], body }: RawRequest, port: number): Buffer {
  const has = (name: string) => headers.some(([other]) => other.toLowerCase() === name)
  const payload = Buffer.from(body ?? '')
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`)
  if (!has('host')) lines.unshift(`host: 127.0.0.1:${port}\r\n`)
  const framed = has('content-length') || has('transfer-encoding')
  if (body !== undefined && !framed) lines.push(`content-length: ${payload.length}\r\n`)
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1'), payload])
}

/** The answer in the received bytes; undefined while it is incomplete. */
function parseAnswer(received: Buffer, headOnly: boolean): RawAnswer | undefined {
  const end = received.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [first = '', ...lines] = received.toString('latin1', 0, end).split('\r\n')
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1])
  if (status >= 100 && status < 200) return parseAnswer(received.subarray(end + 4), headOnly)
  const headers = new Map<string, string>()
  for (const line of lines) headers.set(line.slice(0, line.indexOf(':')).toLowerCase(), line.replace(/^[^:]*: ?/, ''))
  const length = headOnly ? 0 : Number(headers.get('content-length') ?? Number.NaN)
  const bytes = received.subarray(end + 4)
  if (bytes.length < length) return undefined
  const body = bytes.toString('utf8')
  return { status, headers, body, error: errorIn(body) }
}

function errorIn(body: string): Record<string, unknown> {
  try {
    return (JSON.parse(body) as { error?: Record<string, unknown> }).error ?? {}
  } catch {
    return {}
  }
}
