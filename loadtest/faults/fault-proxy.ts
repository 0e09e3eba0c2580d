// A TCP proxy that does to connections what networks do: it delays, slices, stalls, resets, half-closes, corrupts and
// refuses. It stands between a client and any upstream, knows nothing of HTTP, and draws its chance from a seed.

import type { AddressInfo } from 'node:net'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { type Clock, systemClock } from '../../shared/clock.ts'
import { seededChance } from '../measure/chance.ts'
import { type Faults, type FaultWishes, faultsOf } from './faults.ts'
import { FaultyPipe } from './faulty-pipe.ts'

export interface FaultProxyOptions {
  upstreamPort: number
  upstreamHost?: string
  faults?: FaultWishes
  /** Default 1. */
  seed?: number
  clock?: Clock
}

export interface FaultCounts {
  accepted: number
  open: number
  resets: number
}

export interface FaultProxy {
  readonly port: number
  /** Replaces all faults: what is not named is healed. Acts on open connections too. */
  set(wishes: FaultWishes): Promise<void>
  faults(): Faults
  counts(): FaultCounts
  /** Resets all open connections. */
  resetAll(): void
  stop(): Promise<void>
}

export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const proxy = new TcpFaultProxy(options)
  await proxy.listen(0)
  await proxy.set(options.faults ?? {})
  return proxy
}

class TcpFaultProxy implements FaultProxy {
  readonly #options: FaultProxyOptions
  readonly #chance: () => number
  readonly #sockets = new Set<Socket>()
  readonly #counts = { accepted: 0, resets: 0 }
  #faults: Faults = faultsOf({})
  #server: Server | undefined
  #port = 0

  constructor(options: FaultProxyOptions) {
    this.#options = options
    this.#chance = seededChance(options.seed ?? 1)
  }

  get port(): number {
    return this.#port
  }

  async listen(port: number): Promise<void> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client))
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', resolve)
    })
    this.#server = server
    this.#port = (server.address() as AddressInfo).port
  }

  async set(wishes: FaultWishes): Promise<void> {
    this.#faults = faultsOf(wishes)
    if (this.#faults.refuse) this.#close()
    else if (this.#server === undefined) await this.listen(this.#port)
  }

  faults(): Faults {
    return this.#faults
  }

  counts(): FaultCounts {
    return { ...this.#counts, open: this.#sockets.size }
  }

  resetAll(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  async stop(): Promise<void> {
    this.#close()
    this.resetAll()
  }

  /** Closes the listener only: the open connections of a port that refuses live on. */
  #close(): void {
    this.#server?.close()
    this.#server = undefined
  }

  #accept(client: Socket): void {
    this.#counts.accepted++
    this.#hold(client)
    if (this.#faults.hang) client.pause()
    else this.#join(client)
  }

  #join(client: Socket): void {
    const { upstreamPort, upstreamHost = '127.0.0.1', clock = systemClock } = this.#options
    const upstream = connect({ port: upstreamPort, host: upstreamHost, allowHalfOpen: true, noDelay: true })
    this.#hold(upstream)
    const reset = () => {
      this.#counts.resets++
      client.resetAndDestroy()
      upstream.resetAndDestroy()
    }
    upstream.on('error', () => client.resetAndDestroy()).on('close', () => client.destroySoon())
    client.on('error', () => upstream.resetAndDestroy()).on('close', () => upstream.destroySoon())
    const shared = { clock, chance: this.#chance, reset }
    new FaultyPipe({ ...shared, from: client, to: upstream, faults: () => this.#faults.requests }).start()
    new FaultyPipe({ ...shared, from: upstream, to: client, faults: () => this.#faults.answers }).start()
  }

  #hold(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => socket.destroy()).on('close', () => this.#sockets.delete(socket))
  }
}
