// The control port's listener: node:http, because admin traffic is light and wants a forgiving, well-known server. It
// hands out plain requests, takes answers as values, and puts on every one of them the headers that browsers need to be
// told. Nothing about routes or rights is known here.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Duplex, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { cannotListen } from '../../../cluster/http-port/cannot-listen.ts'
import { openHttpPort, type PortTls } from '../../../cluster/http-port/http-port.ts'
import { bounds } from '../../../shared/bounds.ts'
import type { Clock } from '../../../shared/clock.ts'
import type { Notify } from '../../../shared/notice.ts'
import type { Trouble } from '../../../shared/readiness.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import type { Settings } from '../../../shared/settings.ts'
import { type HttpAnswer, type Problem, problem } from './answer.ts'
import type { ClientAddresses } from './client-address.ts'
import { problems } from './problems.ts'

export interface ControlRequest {
  readonly id: string
  /** HEAD arrives as GET: the listener drops the body. */
  readonly method: string
  /** The path as sent, still percent-encoded, without the query. */
  readonly path: string
  readonly query: URLSearchParams
  /** Value of the Host header, '' if there was none. */
  readonly host: string
  readonly clientIp: string
  readonly secure: boolean
  header(name: string): string | undefined
  /** The whole body, at most `limits.adminBodyBytesMax`. */
  body(): Promise<Result<Buffer, Problem>>
}

export interface ListenOptions {
  host: string
  port: number
  tls: Settings['tls']
  addresses: ClientAddresses
  clock: Clock
  notify: Notify
  answer: (request: ControlRequest) => Promise<HttpAnswer>
}

export interface Listener {
  readonly port: number
  troubles(): Trouble[]
  close(): Promise<void>
}

const graceMs = 1_000

export async function listen(options: ListenOptions): Promise<Listener> {
  const { server, troubles } = openHttpPort({
    name: 'the control port',
    openMax: bounds.controlConnectionsMax,
    reserveMax: bounds.healthConnectionsMax,
    clock: options.clock,
    tls: options.tls === undefined ? undefined : readTls(options.tls),
    serve: (incoming, outgoing) => void respond(options, incoming, outgoing),
    refuse: refuseBrokenRequest,
  })
  await new Promise<void>((resolve, reject) => {
    const { host, port } = options
    server.once('error', ({ code }: NodeJS.ErrnoException) => {
      reject(new Error(cannotListen({ variable: 'HEADGATE_CONTROL_PORT', host, port, code })))
    })
    server.listen(port, host, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    troubles,
    close: () =>
      new Promise((resolve) => {
        // Idle connections close at once; an answer that is under way has a moment to be finished.
        const impatience = options.clock.after(graceMs, () => server.closeAllConnections())
        server.close(() => {
          impatience.cancel()
          resolve()
        })
      }),
  }
}

function readTls({ certFile, keyFile, hstsMs }: NonNullable<Settings['tls']>): PortTls {
  return { cert: readFileSync(certFile), key: readFileSync(keyFile), hstsMs }
}

async function respond(options: ListenOptions, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const id = requestId(incoming.headers['x-request-id'])
  let answer: HttpAnswer
  try {
    const request = controlRequest(id, incoming, options.addresses)
    answer = request.ok ? await options.answer(request.value) : problem(request.error)
  } catch (error) {
    options.notify({ type: 'handler-threw', where: `control ${id}`, message: messageOf(error) })
    answer = problem(problems.internal())
  }
  try {
    await send(answer, id, incoming, outgoing)
  } catch (error) {
    // The head has gone. A reader that left is no news.
    if (!isReaderGone(error))
      options.notify({ type: 'handler-threw', where: `control ${id}`, message: messageOf(error) })
    outgoing.destroy()
  }
}

function isReaderGone(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ERR_STREAM_PREMATURE_CLOSE'
}

function controlRequest(
  id: string,
  incoming: IncomingMessage,
  addresses: ClientAddresses,
): Result<ControlRequest, Problem> {
  const target = incoming.url ?? ''
  if (!target.startsWith('/')) return fail(problems.badRequest('The request target must begin with a slash.'))
  const queryAt = target.indexOf('?')
  const { ip, secure } = addresses.of(incoming)
  return done({
    id,
    method: incoming.method === 'HEAD' ? 'GET' : (incoming.method ?? ''),
    path: queryAt < 0 ? target : target.slice(0, queryAt),
    query: new URLSearchParams(queryAt < 0 ? '' : target.slice(queryAt + 1)),
    host: incoming.headers.host ?? '',
    clientIp: ip,
    secure,
    header: (name) => incoming.headers[name]?.toString(),
    body: () => readBody(incoming),
  })
}

async function readBody(incoming: IncomingMessage): Promise<Result<Buffer, Problem>> {
  const bytesMax = bounds.adminBodyBytesMax
  if (Number(incoming.headers['content-length'] ?? 0) > bytesMax) return fail(problems.tooLarge(bytesMax))
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > bytesMax) return fail(problems.tooLarge(bytesMax))
      chunks.push(chunk)
    }
  } catch {
    return fail(problems.badRequest('The body ended before it was complete.')) // and nobody is left to read this
  }
  return done(Buffer.concat(chunks))
}

/** Headers of every response, beside those of the port itself. `console-files.ts` extends the policy for the scripts and styles of pages. */
const commonHeaders = {
  'x-frame-options': 'DENY',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  // Not `no-referrer`: under it browsers send `Origin: null` with our own forms.
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
}

async function send(
  { status, headers: own, body = '' }: HttpAnswer,
  id: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const headers: Record<string, string> = { ...commonHeaders, 'x-request-id': id, ...own }
  // Where a body was not read to its end, the rest would be taken for the next request.
  if (!incoming.complete && status >= 400) headers['connection'] = 'close'
  if (typeof body === 'object' && Symbol.asyncIterator in body) {
    outgoing.writeHead(status, headers)
    if (incoming.method === 'HEAD') outgoing.end()
    else await pipeline(Readable.from(body), outgoing)
    return
  }
  const bytes = Buffer.from(body)
  headers['content-length'] = String(bytes.length)
  outgoing.writeHead(status, headers)
  outgoing.end(bytes)
}

function refuseBrokenRequest(error: NodeJS.ErrnoException, socket: Duplex): void {
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400
  const body = JSON.stringify({
    type: 'urn:headgate:problem:bad-framing',
    title: 'The request is not well-formed HTTP',
    status,
    detail: 'The connection is closed.',
  })
  const head = [
    `HTTP/1.1 ${status} Bad Request`,
    'content-type: application/problem+json',
    'x-content-type-options: nosniff',
    `x-request-id: ${requestId(undefined)}`,
    `content-length: ${body.length}`,
    'connection: close',
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
}

function requestId(sent: string | string[] | undefined): string {
  return typeof sent === 'string' && /^[\w.:-]{1,128}$/.test(sent) ? sent : `req_${randomBytes(12).toString('hex')}`
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
