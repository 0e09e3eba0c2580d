// A local server that speaks the realtime API as far as a gateway sees it. Each test says what a socket does.
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'

export interface RealtimeUpstream {
  readonly url: string
  readonly handshakes: { readonly url: string; readonly headers: IncomingHttpHeaders }[]
  readonly sockets: WebSocket[]
  /** Called with each new socket. */
  onSocket: (socket: WebSocket) => void
  /** The answer to every handshake; undefined: handshakes are accepted. */
  refusal: { status: number; body: string } | undefined
  stop(): Promise<void>
}

export async function startRealtimeUpstream(): Promise<RealtimeUpstream> {
  const server: Server = createServer()
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 64 << 20 })
  const upstream: Omit<RealtimeUpstream, 'url' | 'stop'> = {
    handshakes: [],
    sockets: [],
    onSocket: answering,
    refusal: undefined,
  }
  const all = new Set<WebSocket>()
  server.on('upgrade', (request, socket, head) => {
    upstream.handshakes.push({ url: request.url ?? '', headers: request.headers })
    if (upstream.refusal !== undefined) {
      const { status, body } = upstream.refusal
      const lines = [`HTTP/1.1 ${status} Refused`, 'content-type: application/json', `content-length: ${body.length}`]
      socket.end(`${lines.join('\r\n')}\r\nconnection: close\r\n\r\n${body}`)
      return
    }
    sockets.handleUpgrade(request, socket, head, (one) => {
      one.on('error', () => {})
      all.add(one)
      upstream.sockets.push(one)
      upstream.onSocket(one)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return Object.assign(upstream, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      for (const socket of all) socket.terminate()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}

export function sendEvent(socket: WebSocket, event: object): void {
  socket.send(JSON.stringify(event), { binary: false })
}

export const usage = {
  input_tokens: 40,
  output_tokens: 10,
  total_tokens: 50,
  input_token_details: { text_tokens: 40, audio_tokens: 0, cached_tokens: 8 },
  output_token_details: { text_tokens: 10, audio_tokens: 0 },
}

/** Answers each `response.create` with a short response. */
export function answering(socket: WebSocket): void {
  sendEvent(socket, { type: 'session.created', event_id: 'e0', session: { type: 'realtime', id: 'sess_1' } })
  socket.on('message', (message) => {
    if (JSON.parse(message.toString()).type === 'response.create') respond(socket)
  })
}

export function respond(socket: WebSocket, used: object = usage): void {
  sendEvent(socket, { type: 'response.created', event_id: 'e1', response: { id: 'resp_1', status: 'in_progress' } })
  sendEvent(socket, { type: 'response.output_text.delta', event_id: 'e2', response_id: 'resp_1', delta: 'Hel' })
  sendEvent(socket, { type: 'response.output_text.delta', event_id: 'e3', response_id: 'resp_1', delta: 'lo' })
  sendEvent(socket, {
    type: 'response.done',
    event_id: 'e4',
    response: { id: 'resp_1', status: 'completed', usage: used },
  })
}
