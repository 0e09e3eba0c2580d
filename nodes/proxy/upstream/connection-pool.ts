// The connections to one origin. The connection freed last is used first: its peer is the least likely to have closed it, and
// connections that are not needed age until they are closed. There is no queue: above the bound an exchange fails at once, and
// another target is tried.

import type { LookupFunction } from 'node:net'
import type { SecureContext } from 'node:tls'
import { bounds } from '../../../shared/bounds.ts'
import type { Clock } from '../../../shared/clock.ts'
import { Connection, type ConnectionOwner } from './connection.ts'
import type { Exchange, ExchangeFailure } from './exchange.ts'
import type { AddressBook } from './sockets/address-book.ts'
import { egressDenial, egressLookup } from './sockets/egress.ts'
import { isTlsError, makeSecureContext } from './sockets/socket.ts'
import type { ReportUnreachable } from './unreachable-notices.ts'
import type { UpstreamOrigin } from './upstream.ts'

const idleMsMax = 60_000
/** A connection is closed this long before the peer's own `keep-alive: timeout=`. */
const keepAliveMarginMs = 1_000
/** A request too large to be kept for a second try takes only a connection that its peer has had little time to close. */
const unreplayableIdleMsMax = 4_000

export interface ConnectionPoolOptions {
  origin: UpstreamOrigin
  addresses: AddressBook
  reportUnreachable: ReportUnreachable
  clock: Clock
  connectionsMax: number
}

export class ConnectionPool implements ConnectionOwner {
  readonly #origin: UpstreamOrigin
  readonly #clock: Clock
  readonly #connectionsMax: number
  readonly #lookup: LookupFunction
  readonly #reportUnreachable: ReportUnreachable
  readonly #egressDenial: string | undefined
  readonly #idle: Connection[] = []
  readonly #open = new Set<Connection>()
  #secureContext: SecureContext | undefined
  #session: Buffer | undefined
  #retired = false

  constructor({ origin, addresses, reportUnreachable, clock, connectionsMax }: ConnectionPoolOptions) {
    this.#origin = origin
    this.#lookup = egressLookup(addresses, origin)
    this.#egressDenial = egressDenial(origin)
    this.#reportUnreachable = reportUnreachable
    this.#clock = clock
    this.#connectionsMax = connectionsMax
  }

  /** Number of connections, idle ones included. */
  get size(): number {
    return this.#open.size
  }

  /** Starts an exchange. A failure is reported in a later microtask, because the caller does not have its call yet. */
  start(exchange: Exchange): void {
    const connection = this.#takeIdle(exchange)
    if (connection === undefined) this.#openFor(exchange)
    else connection.run(exchange)
  }

  freed(connection: Connection): void {
    if (this.#retired) {
      connection.close()
      return
    }
    const nowMs = this.#clock.monotonicMs()
    const { keepAliveMs } = connection
    connection.idleSinceMs = nowMs
    connection.idleUntilMs =
      nowMs + (keepAliveMs === undefined ? idleMsMax : Math.min(idleMsMax, keepAliveMs - keepAliveMarginMs))
    this.#idle.push(connection)
    if (this.#idle.length > bounds.upstreamIdlePerOriginMax) this.#idle[0]?.close()
  }

  closed(connection: Connection): void {
    this.#open.delete(connection)
    const place = this.#idle.lastIndexOf(connection)
    if (place >= 0) this.#idle.splice(place, 1)
  }

  /** Sends an exchange again. This happens once: on a fresh connection a loss makes the exchange fail. */
  replay(exchange: Exchange): void {
    this.#openFor(exchange)
  }

  exchangeFailed(failure: ExchangeFailure): void {
    this.#reportUnreachable(this.#origin, failure)
  }

  sessionIssued(session: Buffer): void {
    this.#session = session
  }

  /** Closes connections that have been idle for too long. */
  sweep(): void {
    const nowMs = this.#clock.monotonicMs()
    for (const connection of this.#idle.filter(({ idleUntilMs }) => idleUntilMs <= nowMs)) connection.close()
  }

  /** Closes idle connections now, and the others when their exchanges have ended. */
  retire(): void {
    this.#retired = true
    for (const connection of [...this.#idle]) connection.close()
  }

  #takeIdle(exchange: Exchange): Connection | undefined {
    const nowMs = this.#clock.monotonicMs()
    for (;;) {
      const connection = this.#idle.at(-1)
      if (connection === undefined) return undefined
      if (exchange.outgoing?.pieces !== undefined && nowMs - connection.idleSinceMs > unreplayableIdleMsMax)
        return undefined
      this.#idle.pop()
      if (connection.idleUntilMs > nowMs) return connection
      connection.close()
    }
  }

  #openFor(exchange: Exchange): void {
    const key = this.#origin.key
    const denial = this.#egressDenial
    if (denial !== undefined) {
      this.#reject(exchange, { type: 'connect', message: `${key}: ${denial}` })
      return
    }
    if (this.#open.size >= this.#connectionsMax) {
      const message = `${key}: ${this.#open.size} connections are open already`
      this.#reject(exchange, { type: 'connect', message })
      return
    }
    try {
      const connection = this.#connect()
      this.#open.add(connection)
      connection.open(exchange)
    } catch (thrown) {
      // The origin's own data can throw: an unreadable certificate, a port out of range.
      if (!(thrown instanceof Error)) throw thrown
      const type = isTlsError(thrown) ? 'tls' : 'connect'
      this.#reject(exchange, { type, message: `${key}: ${thrown.message}` })
    }
  }

  #reject(exchange: Exchange, failure: ExchangeFailure): void {
    this.#reportUnreachable(this.#origin, failure)
    queueMicrotask(() => exchange.fail(failure))
  }

  #connect(): Connection {
    const origin = this.#origin
    if (origin.protocol === 'https:') this.#secureContext ??= makeSecureContext(origin)
    return new Connection({
      origin,
      lookup: this.#lookup,
      owner: this,
      clock: this.#clock,
      secureContext: this.#secureContext,
      session: this.#session,
    })
  }
}
