// The mock upstream's process. It must never be the bottleneck of a measurement, so a request whose path carries its
// directives is answered without its body being looked at. Arguments: one JSON object (`ServerOptions`). Its first
// line on stdout is JSON with the ports.
import {
  App,
  type HttpRequest,
  type HttpResponse,
  SSLApp,
  type TemplatedApp,
  us_socket_local_port,
} from 'uWebSockets.js'
import { systemClock } from '../../shared/clock.ts'
import { errorAnswer, unaryAnswer } from './answers.ts'
import { type Directives, parseDirectives, plainDirectives } from './directives.ts'
import { emptyLedger, type RecordedRequest } from './ledger.ts'
import { SseStream } from './sse-stream.ts'

export interface ServerOptions {
  /** Paths of PEM files. */
  tls?: { keyFile: string; certificateFile: string }
  /** How many of the latest requests are kept for `GET /mock/requests`. */
  recordedMax: number
}

interface Plan {
  operation: string
  directives: Directives
  /** The body's `model`, `stream` and `stream_options` still have a say. */
  bodyMatters: boolean
}

const options = JSON.parse(process.argv[2] ?? '{"recordedMax":0}') as ServerOptions
const ledger = emptyLedger()
const recorded: RecordedRequest[] = []
const streams = new Set<SseStream>()
const plans = new Map<string, Plan | string>()
const plansMax = 1_024

const ports = { port: await listen(App()), tlsPort: await listenTls() }
process.stdout.write(`${JSON.stringify(ports)}\n`)
// Whoever started the mock holds its stdin: when that ends, so does the mock.
process.stdin.on('end', () => process.exit(0)).resume()

function listen(app: TemplatedApp): Promise<number> {
  app.get('/mock/ledger', (response) => sendJson(response, '200 OK', readLedger()))
  app.get('/mock/requests', (response) => sendJson(response, '200 OK', recorded))
  app.post('/mock/reset', (response) => {
    Object.assign(ledger, { ...emptyLedger(), streamsOpen: ledger.streamsOpen })
    recorded.length = 0
    sendJson(response, '200 OK', {})
  })
  app.post('/mock/release', (response) => {
    for (const stream of streams) stream.release()
    sendJson(response, '200 OK', {})
  })
  app.any('/*', onRequest)
  return new Promise((resolve, reject) => {
    app.listen('127.0.0.1', 0, (socket) => {
      if (socket === false) reject(new Error('the mock cannot listen'))
      else resolve(us_socket_local_port(socket))
    })
  })
}

function listenTls(): Promise<number> | undefined {
  if (options.tls === undefined) return undefined
  return listen(SSLApp({ key_file_name: options.tls.keyFile, cert_file_name: options.tls.certificateFile }))
}

function readLedger() {
  const { user, system } = process.cpuUsage()
  return { ...ledger, cpuMicros: user + system }
}

function onRequest(response: HttpResponse, request: HttpRequest): void {
  ledger.requests++
  const path = request.getUrl()
  const plan = planOf(path, request.getHeader('x-mock'))
  const recording = options.recordedMax > 0 ? recordingOf(request, path) : undefined
  const wanted = recording !== undefined || (typeof plan !== 'string' && plan.bodyMatters)
  const exchange: Exchange = { response, gone: false, over: false, stream: undefined }
  response.onAborted(() => onGone(exchange))
  const parts: Buffer[] = []
  response.onData((chunk, last) => {
    ledger.requestBytes += chunk.byteLength
    // The view is ours only during this call, so what is kept is copied.
    if (wanted) parts.push(Buffer.from(chunk.slice(0)))
    if (!last) return
    const body = wanted ? Buffer.concat(parts).toString() : ''
    if (recording !== undefined) remember({ ...recording, body })
    answer(exchange, plan, body)
  })
}

interface Exchange {
  readonly response: HttpResponse
  gone: boolean
  /** The answer is whole, or its end is the mock's own doing. */
  over: boolean
  stream: SseStream | undefined
}

function onGone(exchange: Exchange): void {
  exchange.gone = true
  if (exchange.over) return
  if (exchange.stream !== undefined) exchange.stream.abort()
  else ledger.earlyCloses++
}

function recordingOf(request: HttpRequest, path: string): Omit<RecordedRequest, 'body'> {
  const headers: Record<string, string> = {}
  request.forEach((name, value) => {
    headers[name] = value
  })
  return { method: request.getMethod().toUpperCase(), path, headers }
}

function remember(request: RecordedRequest): void {
  recorded.push(request)
  if (recorded.length > options.recordedMax) recorded.shift()
}

/** A string is what is wrong with the directives. */
function planOf(path: string, header: string): Plan | string {
  const name = header === '' ? path : `${header} ${path}`
  const known = plans.get(name)
  if (known !== undefined) return known
  const plan = makePlan(path, header)
  if (plans.size < plansMax) plans.set(name, plan)
  return plan
}

function makePlan(path: string, header: string): Plan | string {
  const [, inPath, rest = path] = /^\/do\/([^/]*)(\/.*)$/.exec(path) ?? []
  const text = [inPath, header].filter(Boolean).join('.')
  const parsed = parseDirectives(text)
  if (!parsed.ok) return parsed.error
  const directives = parsed.value
  const settled = directives.sse === false || (directives.sse === true && directives.usage !== 'asked')
  return { operation: rest.replace(/^\/(v1\/)?/, ''), directives, bodyMatters: text === '' || !settled }
}

function answer(exchange: Exchange, plan: Plan | string, body: string): void {
  if (exchange.gone) return
  const judged = typeof plan === 'string' ? plan : withBody(plan, body)
  if (typeof judged === 'string') sendUnary(exchange, 400, `{"error":{"message":"unknown directive ${judged}"}}`)
  else if (judged.directives.hang) return
  else if (judged.directives.delayMs === 0) send(exchange, judged)
  else sendLater(exchange, judged)
}

function sendLater(exchange: Exchange, judged: Judged): void {
  systemClock.after(judged.directives.delayMs, () => {
    if (!exchange.gone) exchange.response.cork(() => send(exchange, judged))
  })
}

interface Judged extends Plan {
  usageAsked: boolean
}

function withBody(plan: Plan, body: string): Judged | string {
  if (!plan.bodyMatters) return { ...plan, usageAsked: false }
  const { model, stream, usageAsked } = readBody(body)
  const named = parseDirectives(model?.startsWith('mock.') === true ? model.slice('mock.'.length) : '')
  if (!named.ok) return named.error
  const directives = plan.directives === plainDirectives ? named.value : plan.directives
  return { ...plan, directives: { ...directives, sse: directives.sse ?? stream }, usageAsked }
}

function readBody(body: string): { model: string | undefined; stream: boolean; usageAsked: boolean } {
  try {
    const { model, stream, stream_options: streamOptions } = JSON.parse(body)
    const usageAsked = streamOptions?.include_usage === true
    return { model: typeof model === 'string' ? model : undefined, stream: stream === true, usageAsked }
  } catch {
    return { model: undefined, stream: false, usageAsked: false }
  }
}

function send(exchange: Exchange, judged: Judged): void {
  const { directives, operation, usageAsked } = judged
  if (directives.status !== 200) sendError(exchange, directives)
  else if (directives.sse === true) sendStream(exchange, directives, usageAsked, operation === 'messages')
  else sendOperation(exchange, operation, directives)
}

function sendOperation(exchange: Exchange, operation: string, directives: Directives): void {
  const text = unaryAnswer(operation, { usage: directives.usage !== 'never' })
  if (text === undefined) sendUnary(exchange, 404, errorAnswer(404, { html: false }))
  else if (directives.cutAfterBytes === undefined) sendUnary(exchange, 200, text)
  else sendPart(exchange, text, directives.cutAfterBytes)
}

function sendPart(exchange: Exchange, text: string, bytes: number): void {
  exchange.over = true
  const { response } = exchange
  response.writeHeader('content-type', 'application/json')
  response.tryEnd(text.slice(0, bytes), text.length)
  setImmediate(() => {
    if (!exchange.gone) response.close()
  })
}

function sendStream(exchange: Exchange, directives: Directives, usageAsked: boolean, messages: boolean): void {
  const usageSent = directives.usage === 'always' || (directives.usage === 'asked' && usageAsked)
  const { response } = exchange
  const onOver = () => {
    exchange.over = true
    streams.delete(stream)
  }
  const stream = new SseStream({ response, directives, messages, usageSent, ledger, clock: systemClock, onOver })
  exchange.stream = stream
  streams.add(stream)
  stream.start()
}

function sendError(exchange: Exchange, directives: Directives): void {
  const { response } = exchange
  response.writeStatus(`${directives.status} Mock`)
  if (directives.retryAfterSeconds !== undefined) response.writeHeader('retry-after', `${directives.retryAfterSeconds}`)
  response.writeHeader('content-type', directives.html ? 'text/html' : 'application/json')
  exchange.over = true
  ledger.answered++
  response.end(errorAnswer(directives.status, directives))
}

function sendUnary(exchange: Exchange, status: number, text: string): void {
  const { response } = exchange
  if (status !== 200) response.writeStatus(`${status} Mock`)
  exchange.over = true
  ledger.answered++
  response.writeHeader('content-type', 'application/json').end(text)
}

function sendJson(response: HttpResponse, status: string, value: unknown): void {
  response.writeStatus(status).writeHeader('content-type', 'application/json').end(JSON.stringify(value))
}
