// One socket to an origin. It carries one exchange at a time and is reused only when the last answer left no doubt: after a
// fault, an abort, an extra byte or an answer that came before its request was written, it is closed.
import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { Clock, Timer } from '../../../shared/clock.ts'
import type { Carrier, Exchange, ExchangeFailure } from './exchange.ts'
import { AnswerParser, type AnswerSink } from './parser/answer-parser.ts'
import { describeSocketError, openSocket, type SocketOptions, type SocketPhase } from './sockets/socket.ts'
import type { UpstreamOrigin } from './upstream.ts'

export interface ConnectionOwner {
  /** The connection is free for another exchange. */
  freed(connection: Connection): void
  /** Called once, when the connection is closed. */
  closed(connection: Connection): void
  /** The exchange met a dead connection and may be sent again on a fresh one. */
  replay(exchange: Exchange): void
  /** An exchange failed on this connection and is not sent again. */
  exchangeFailed(failure: ExchangeFailure): void
  sessionIssued(session: Buffer): void
}

export interface ConnectionOptions extends Omit<SocketOptions, 'onRead'> {
  owner: ConnectionOwner
  clock: Clock
}

/** A peer that closes an idle connection has not read the request, which shows within a round trip. If the connection is
 *  lost later, the peer may have worked on the request. */
const staleMsMax = 1_000

export class Connection implements Carrier {
  readonly origin: UpstreamOrigin
  /** Set by the pool: since when the connection has been idle, and until when it may be. */
  idleSinceMs = 0
  idleUntilMs = 0
  readonly #owner: ConnectionOwner
  readonly #clock: Clock
  readonly #socket: Socket
  readonly #parser: AnswerParser
  #exchange: Exchange | undefined
  #phase: SocketPhase = 'connecting'
  #connectTimer: Timer | undefined
  #closed = false
  #reused = false
  #writtenAtMs = 0

  /** Throws when the origin's options cannot be used. */
  constructor({ owner, clock, ...options }: ConnectionOptions) {
    this.#owner = owner
    this.#clock = clock
    this.origin = options.origin
    this.#parser = new AnswerParser(nobody)
    this.#parser.stop()
    this.#socket = openSocket({ ...options, onRead: (length, bytes) => this.#read(length, bytes) })
    this.#listen(options.origin.protocol === 'https:')
  }

  get keepAliveMs(): number | undefined {
    return this.#parser.keepAliveMs
  }

  /** Carries the first exchange, on a new connection. */
  open(exchange: Exchange): void {
    this.#exchange = exchange
    exchange.carriedBy(this)
    const { connectTimeoutMs } = exchange
    this.#connectTimer = this.#clock.after(connectTimeoutMs, () => {
      this.#fail({ type: 'connect-timeout', message: `${this.origin.key}: no connection in ${connectTimeoutMs} ms` })
    })
  }

  /** Carries a later exchange, on an idle connection. */
  run(exchange: Exchange): void {
    this.#exchange = exchange
    this.#reused = true
    exchange.carriedBy(this)
    this.#write(exchange)
  }

  /** Does nothing before the connection is open, because the handshake must be read. */
  pause(): void {
    if (this.#phase === 'open') this.#socket.pause()
  }

  resume(): void {
    if (this.#phase === 'open') this.#socket.resume()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#exchange = undefined
    this.#connectTimer?.cancel()
    this.#parser.stop()
    this.#socket.destroy()
    this.#owner.closed(this)
  }

  /** The exchange has its whole answer. */
  answered(): void {
    const exchange = this.#exchange
    this.#exchange = undefined
    const clean = this.#parser.keepAlive && !this.#parser.extraBytes && this.#socket.writableLength === 0
    if (!clean) {
      this.close()
      return
    }
    // An idle connection must be read, so that its end is noticed.
    if (exchange?.paused === true) this.#socket.resume()
    this.#owner.freed(this)
  }

  #listen(secure: boolean): void {
    const socket = this.#socket
    socket.once('connect', () => {
      if (secure) this.#phase = 'securing'
      else this.#ready()
    })
    if (socket instanceof TLSSocket) {
      socket.once('secureConnect', () => this.#ready())
      socket.on('session', (session) => this.#owner.sessionIssued(session))
    }
    socket.on('error', (error) => this.#fail(describeSocketError(error, this.#phase, this.origin)))
    socket.on('end', () => this.#ended())
    socket.on('close', () => this.#ended())
  }

  #ready(): void {
    if (this.#closed) return
    this.#phase = 'open'
    this.#connectTimer?.cancel()
    this.#connectTimer = undefined
    if (this.#exchange === undefined) return
    if (this.#exchange.paused) this.#socket.pause()
    this.#write(this.#exchange)
  }

  #write(exchange: Exchange): void {
    const { outgoing } = exchange
    assert(outgoing !== undefined, 'a request written after its answer began')
    this.#parser.reset(exchange)
    this.#writtenAtMs = this.#clock.monotonicMs()
    exchange.sent = true
    if (outgoing.pieces !== undefined) this.#writePieces(exchange, outgoing.text, outgoing.pieces)
    else {
      this.#socket.write(outgoing.text, 'latin1')
      exchange.bodyReleased()
    }
  }

  #writePieces(exchange: Exchange, head: string, pieces: readonly Uint8Array[]): void {
    const socket = this.#socket
    let left = pieces.length
    // Called after a failure too, when the exchange may have moved to another connection.
    const onLast = () => {
      if (this.#exchange === exchange) exchange.bodyReleased()
    }
    socket.cork()
    socket.write(head, 'latin1')
    for (const piece of pieces) {
      left--
      socket.write(piece, left === 0 ? onLast : undefined)
    }
    socket.uncork()
  }

  #read(length: number, bytes: Buffer): void {
    if (this.#exchange === undefined) {
      // Bytes without a request: the peer disagrees about where the last answer ended.
      this.close()
      return
    }
    try {
      this.#parser.push(bytes, length)
    } catch (thrown) {
      // A callback has a bug, and the rest of what was read is lost.
      this.close()
      throw thrown
    }
    const { failure } = this.#parser
    if (failure !== undefined) this.#fail({ type: 'protocol', message: `${this.origin.key}: ${failure}` })
  }

  #ended(): void {
    if (this.#closed) return
    if (this.#exchange !== undefined && this.#parser.finish()) return
    const message = `${this.origin.key}: closed ${this.#parser.begun ? 'in the middle of' : 'before'} its answer`
    this.#fail({ type: this.#phase === 'open' ? 'reset' : 'connect', message })
  }

  #fail(failure: ExchangeFailure): void {
    if (this.#closed) return
    const exchange = this.#exchange
    const stale = exchange !== undefined && failure.type === 'reset' && this.#isStale(exchange)
    this.close()
    if (exchange === undefined) return
    if (stale) {
      this.#owner.replay(exchange)
      return
    }
    this.#owner.exchangeFailed(failure)
    exchange.fail(failure)
  }

  #isStale(exchange: Exchange): boolean {
    if (!this.#reused || this.#parser.begun || !exchange.replayable) return false
    return exchange.method === 'GET' || this.#clock.monotonicMs() - this.#writtenAtMs <= staleMsMax
  }
}

const nobody: AnswerSink = { onHead() {}, onData() {}, onEnd() {} }
