// Keeps a connection to NATS up. Everything that can end a connection (a refusal, a cut, a server that stands still, a
// revoked credential) is handled in one way: the connection is given up as a whole and another one is made, for ever,
// after a pause that grows and differs from node to node.
import type { NatsConnection } from '@nats-io/transport-node'
import type { Chance, Clock, Timer } from '../../shared/clock.ts'
import { addressOf, type NatsServer, parseNatsServers } from '../../shared/nats-servers.ts'
import type { Notify } from '../../shared/notice.ts'
import { done, fail, type Result } from '../../shared/result.ts'
import { type ConnectTrouble, connectOnce, isAboutCredentials } from './connect-once.ts'
import type { NatsLink, NatsLinkStatus } from './nats-link.ts'
import { tellInsecure } from './tell-insecure.ts'

export interface NatsLinkOptions {
  readonly servers: readonly string[]
  readonly credsFile?: string | undefined
  readonly caFile?: string | undefined
  /** The name of this node in the server's monitoring. */
  readonly name: string
  readonly clock: Clock
  readonly chance: Chance
  readonly notify: Notify
}

export interface NatsRefusal {
  readonly type: 'servers'
  readonly message: string
}

/** Returns at once; the connection is made in the background. */
export function openNatsLink(options: NatsLinkOptions): Result<NatsLink, NatsRefusal> {
  const hasCredentials = options.credsFile !== undefined
  const servers = parseNatsServers(options.servers, { hasCredentials })
  if (!servers.ok) return fail({ type: 'servers', message: servers.error })
  if (!hasCredentials) options.notify({ type: 'nats-without-credentials', servers: servers.value.length })
  return done(new KeptLink(options, servers.value))
}

const pauseMsMin = 250
const pauseMsMax = 2_000
/** A connection that lasted this long was healthy: the next pause is short again. */
const wellAfterMs = 5_000
const refusedNoticeMs = 60_000
const farewellMsMax = 500
const permissionsToldMax = 100

/** Why a connection ends, as far as is known. */
interface Seen {
  refusal?: string
  silence?: string
}

class KeptLink implements NatsLink {
  readonly #options: NatsLinkOptions
  readonly #servers: readonly NatsServer[]
  readonly #watchers = new Set<(isConnected: boolean) => void>()
  readonly #permissionsTold = new Set<string>()
  #connection: NatsConnection | undefined
  #sinceMs: number
  #connects = 0
  #trouble: string | undefined = 'not connected yet'
  /** True when the present outage was reported. */
  #awayTold = false
  #refusedToldAtMs = Number.NEGATIVE_INFINITY
  /** The server to try next. */
  #next: number
  #closed = false
  #pause: { timer: Timer; end: () => void } | undefined

  constructor(options: NatsLinkOptions, servers: readonly NatsServer[]) {
    this.#options = options
    this.#servers = servers
    this.#sinceMs = options.clock.monotonicMs()
    this.#next = Math.floor(options.chance() * servers.length)
    void this.#keep()
  }

  get connection(): NatsConnection | undefined {
    return this.#connection
  }

  get status(): NatsLinkStatus {
    return {
      isConnected: this.#connection !== undefined,
      forMs: this.#options.clock.monotonicMs() - this.#sinceMs,
      reconnects: Math.max(0, this.#connects - 1),
      trouble: this.#trouble,
    }
  }

  onChange(changed: (isConnected: boolean) => void): { stop(): void } {
    this.#watchers.add(changed)
    changed(this.#connection !== undefined)
    return { stop: () => void this.#watchers.delete(changed) }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#pause?.timer.cancel()
    this.#pause?.end()
    const connection = this.#connection
    if (connection === undefined) return
    await new Promise<void>((resolve) => {
      const timer = this.#options.clock.after(farewellMsMax, resolve)
      const left = () => {
        timer.cancel()
        resolve()
      }
      connection.flush().then(left, left)
    })
    this.#connection = undefined
    this.#tellWatchers()
    await connection.close()
  }

  async #keep(): Promise<void> {
    const { clock } = this.#options
    for (let failures = 0; !this.#closed; failures++) {
      const connection = await this.#tryEach()
      if (connection !== undefined) {
        const fromMs = clock.monotonicMs()
        await this.#use(connection)
        if (clock.monotonicMs() - fromMs >= wellAfterMs) failures = 0
      }
      if (!this.#closed) await this.#pauseAfter(failures)
    }
  }

  async #tryEach(): Promise<NatsConnection | undefined> {
    const { credsFile, caFile, name, clock } = this.#options
    for (let tries = 0; tries < this.#servers.length && !this.#closed; tries++) {
      const server = this.#servers[this.#next]!
      this.#next = (this.#next + 1) % this.#servers.length
      const connected = await connectOnce({ server, credsFile, caFile, name, clock })
      if (!connected.ok) this.#onTrouble(server, connected.error)
      else if (this.#closed) await connected.value.close()
      else {
        this.#onConnected(server, connected.value)
        return connected.value
      }
    }
    if (!this.#closed) this.#tellAway()
    return undefined
  }

  #onTrouble(server: NatsServer, { type, message }: ConnectTrouble): void {
    const address = addressOf(server)
    this.#trouble = `${address}: ${message}`
    if (type === 'credentials') this.#tellRefused(address, message)
  }

  #onConnected(server: NatsServer, connection: NatsConnection): void {
    const { clock, notify } = this.#options
    const awayMs = Math.round(clock.monotonicMs() - this.#sinceMs)
    notify({ type: 'nats-connected', server: addressOf(server), awayMs })
    if (this.#connects === 0) tellInsecure(server, connection, notify)
    this.#connects++
    this.#connection = connection
    this.#trouble = undefined
    this.#awayTold = false
    this.#refusedToldAtMs = Number.NEGATIVE_INFINITY
    this.#tellWatchers()
  }

  /** Resolves when the connection is lost; nothing of it is left behind. */
  async #use(connection: NatsConnection): Promise<void> {
    const seen: Seen = {}
    // A connection that ended before it was watched yields no status.
    await Promise.race([this.#watch(connection, seen), connection.closed()])
    // Do not wait: the client's `close` waits until the socket has sent what is written, which never happens on a
    // server that stands still.
    void connection.close().catch(() => {})
    if (this.#closed) return
    this.#trouble = `${connection.getServer()}: ${seen.refusal ?? seen.silence ?? 'the connection was lost'}`
    this.#connection = undefined
    this.#tellWatchers()
    this.#tellAway()
  }

  async #watch(connection: NatsConnection, seen: Seen): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'error') this.#onError(connection.getServer(), status.error, seen)
      else if (status.type === 'staleConnection') seen.silence = 'does not answer pings'
      if (['staleConnection', 'disconnect', 'close'].includes(status.type)) return
    }
  }

  #onError(server: string, error: Error, seen: Seen): void {
    if (this.#isPermission(error)) return
    seen.refusal = error.message.slice(0, 200)
    if (isAboutCredentials(error)) this.#tellRefused(server, seen.refusal)
  }

  #isPermission(error: Error): boolean {
    if (error.name !== 'PermissionViolationError') return false
    const { operation, subject } = error as Error & { operation: string; subject: string }
    const key = `${operation} ${subject}`
    if (this.#permissionsTold.has(key) || this.#permissionsTold.size >= permissionsToldMax) return true
    this.#permissionsTold.add(key)
    this.#options.notify({ type: 'nats-permission-refused', operation, subject })
    return true
  }

  #tellWatchers(): void {
    this.#sinceMs = this.#options.clock.monotonicMs()
    const isConnected = this.#connection !== undefined
    for (const changed of this.#watchers) {
      try {
        changed(isConnected)
      } catch (error) {
        // A bug in one watcher must not cost the others their connection.
        const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
        this.#options.notify({ type: 'handler-threw', where: 'nats link', message })
      }
    }
  }

  #tellAway(): void {
    if (this.#awayTold) return
    this.#awayTold = true
    this.#options.notify({ type: 'nats-away', reason: this.#trouble ?? 'unknown' })
  }

  #tellRefused(server: string, message: string): void {
    const nowMs = this.#options.clock.monotonicMs()
    if (nowMs - this.#refusedToldAtMs < refusedNoticeMs) return
    this.#refusedToldAtMs = nowMs
    this.#options.notify({ type: 'nats-credentials-refused', server, message })
  }

  /** Waits before the next try. Half of the pause is random, so that nodes that lost the same server do not come back
   *  in step. */
  #pauseAfter(failures: number): Promise<void> {
    const fullMs = Math.min(pauseMsMax, pauseMsMin * 2 ** Math.min(failures, 10))
    return new Promise((resolve) => {
      const end = () => {
        this.#pause = undefined
        resolve()
      }
      this.#pause = { timer: this.#options.clock.after(fullMs * (0.5 + this.#options.chance() / 2), end), end }
    })
  }
}
