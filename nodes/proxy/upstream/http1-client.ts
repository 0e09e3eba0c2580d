// The gateway's own HTTP/1.1 client over `net` and `tls`. A proxy spends most of its time here, so a request costs one string
// or one `writev`, all sockets share one read buffer, and no stream object and no header object is made.

import { bounds } from '../../../shared/bounds.ts'
import type { Clock, Timer } from '../../../shared/clock.ts'
import { ConnectionPool } from './connection-pool.ts'
import { Exchange } from './exchange.ts'
import { RequestChecker } from './request-bytes.ts'
import { AddressBook } from './sockets/address-book.ts'
import { poolKey } from './sockets/pool-key.ts'
import type { ReportUnreachable } from './unreachable-notices.ts'
import type { Upstream, UpstreamCall, UpstreamHandler, UpstreamOrigin, UpstreamRequest } from './upstream.ts'

const sweepMs = 1_000

export interface Http1ClientOptions {
  clock: Clock
  addresses?: AddressBook
  reportUnreachable?: ReportUnreachable
  connectionsPerOriginMax?: number
}

export class Http1Client implements Upstream {
  readonly #clock: Clock
  readonly #addresses: AddressBook
  readonly #reportUnreachable: ReportUnreachable
  readonly #connectionsMax: number
  readonly #pools = new Map<string, ConnectionPool>()
  readonly #checker = new RequestChecker()
  #sweepTimer: Timer | undefined

  constructor({ clock, addresses, reportUnreachable, connectionsPerOriginMax }: Http1ClientOptions) {
    this.#clock = clock
    this.#addresses = addresses ?? new AddressBook({ clock })
    this.#reportUnreachable = reportUnreachable ?? (() => {})
    this.#connectionsMax = connectionsPerOriginMax ?? bounds.upstreamConnectionsPerOriginMax
  }

  /** `onBodySent` may be called before this returns. Every other callback comes later. */
  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall {
    const exchange = new Exchange(request, handler)
    const problem = this.#checker.problem(request)
    if (problem === undefined) this.#poolOf(request.origin).start(exchange)
    else queueMicrotask(() => exchange.fail({ type: 'protocol', message: `${request.origin.key}: ${problem}` }))
    return exchange
  }

  close(): void {
    for (const pool of this.#pools.values()) pool.retire()
    this.#pools.clear()
    this.#sweep()
  }

  #poolOf(origin: UpstreamOrigin): ConnectionPool {
    const key = poolKey(origin)
    let pool = this.#pools.get(key)
    if (pool === undefined) {
      pool = new ConnectionPool({
        origin,
        addresses: this.#addresses,
        reportUnreachable: this.#reportUnreachable,
        clock: this.#clock,
        connectionsMax: this.#connectionsMax,
      })
      this.#pools.set(key, pool)
      this.#sweepTimer ??= this.#clock.every(sweepMs, () => this.#sweep())
    }
    return pool
  }

  #sweep(): void {
    for (const [key, pool] of this.#pools) {
      pool.sweep()
      if (pool.size === 0) this.#pools.delete(key)
    }
    if (this.#pools.size > 0) return
    this.#sweepTimer?.cancel()
    this.#sweepTimer = undefined
  }
}
