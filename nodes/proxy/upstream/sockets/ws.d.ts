// The part of the package `ws` that is used here. The package has no types of its own.
declare module 'ws' {
  import type { EventEmitter } from 'node:events'
  import type { Agent, IncomingMessage, Server } from 'node:http'
  import type { AddressInfo, LookupFunction } from 'node:net'
  import type { Duplex } from 'node:stream'

  export interface ClientOptions {
    headers?: Record<string, string | string[]>
    lookup?: LookupFunction
    agent?: Agent
    handshakeTimeout?: number
    maxPayload?: number
    perMessageDeflate?: boolean
    followRedirects?: boolean
    rejectUnauthorized?: boolean
    ca?: string | undefined
    cert?: string | undefined
    key?: string | undefined
    servername?: string
  }

  export class WebSocket extends EventEmitter {
    constructor(url: string, protocols: string[], options?: ClientOptions)
    readonly protocol: string
    readonly bufferedAmount: number
    readonly readyState: number
    send(
      data: string | Uint8Array,
      options: { binary: boolean; compress?: boolean },
      sent?: (error?: Error) => void,
    ): void
    ping(): void
    pause(): void
    resume(): void
    close(code?: number, reason?: string): void
    terminate(): void
    on(event: 'open' | 'ping' | 'pong', listener: () => void): this
    on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): this
    on(event: 'close', listener: (code: number, reason: Buffer) => void): this
    on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): this
    on(event: 'unexpected-response', listener: (request: unknown, response: IncomingMessage) => void): this
  }

  export class WebSocketServer extends EventEmitter {
    constructor(options: {
      host?: string
      port?: number
      noServer?: boolean
      server?: Server
      maxPayload?: number
      handleProtocols?: (protocols: Set<string>, request: IncomingMessage) => string | false
      verifyClient?: (
        info: { req: IncomingMessage },
        done: (ok: boolean, status?: number, message?: string, headers?: Record<string, string>) => void,
      ) => void
    })
    readonly clients: Set<WebSocket>
    address(): AddressInfo
    close(done?: () => void): void
    handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, done: (socket: WebSocket) => void): void
    on(event: 'connection', listener: (socket: WebSocket, request: IncomingMessage) => void): this
    on(event: 'listening', listener: () => void): this
  }
}
