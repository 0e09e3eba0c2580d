// A stream whose content can be rebuilt: leases, and usage that proxies and aggregators still hold. Unlike the
// configuration log it is created when it is missing, and settings of an older release are changed. The settings that
// the server answers are compared with the requested ones, once on each connection.
import { type JetStreamClient, type JetStreamManager, jetstream, type StreamInfo } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { done, fail, type Result } from '../../shared/result.ts'
import { type StreamSettings, settingsTrouble } from './jetstream-settings.ts'
import { isApiError, streamTrouble } from './jetstream-trouble.ts'
import type { NatsLink } from './nats-link.ts'
import type { StreamTrouble } from './stream-trouble.ts'

export interface OwnStreamOptions {
  link: NatsLink
  settings: (replicas: number) => StreamSettings
  /** Whether this process creates the stream. A process that only uses it reports it as missing until another one has
   *  created it. */
  mayCreate: boolean
  /** The time-out of each request. */
  timeoutMs: number
}

export interface OwnStreamSession {
  readonly connection: NatsConnection
  readonly client: JetStreamClient
  readonly manager: JetStreamManager
}

const replicasInCluster = 3

export class OwnStream {
  readonly #options: OwnStreamOptions
  #session: { connection: NatsConnection; ready: Promise<Result<OwnStreamSession, StreamTrouble>> } | undefined

  constructor(options: OwnStreamOptions) {
    this.#options = options
  }

  /** Returns the session of the present connection, or `unavailable` at once without one: what is sent on a lost
   *  connection is dropped without an error. */
  async session(): Promise<Result<OwnStreamSession, StreamTrouble>> {
    const { connection, status } = this.#options.link
    if (connection === undefined || connection.isClosed()) {
      return fail({ type: 'unavailable', message: `NATS is away: ${status.trouble ?? 'not connected'}` })
    }
    if (this.#session?.connection !== connection) {
      this.#session = { connection, ready: this.#open(connection) }
    }
    const { ready } = this.#session
    const session = await ready
    // The next call tries again what failed.
    if (!session.ok && this.#session?.ready === ready) this.#session = undefined
    return session
  }

  /** Drops the session, because the stream is gone or has changed: the next call looks again. */
  forget(): void {
    this.#session = undefined
  }

  async #open(connection: NatsConnection): Promise<Result<OwnStreamSession, StreamTrouble>> {
    try {
      const client = jetstream(connection, { timeout: this.#options.timeoutMs })
      const manager = await client.jetstreamManager(false)
      const info = await this.#ensure(connection, manager)
      if (!info.ok) return info
      return done({ connection, client, manager })
    } catch (error) {
      return fail(streamTrouble(error))
    }
  }

  async #ensure(connection: NatsConnection, manager: JetStreamManager): Promise<Result<StreamInfo, StreamTrouble>> {
    const wanted = this.#options.settings(connection.info?.cluster === undefined ? 1 : replicasInCluster)
    const found = await this.#find(manager, wanted)
    if (!found.ok) return found
    if (settingsTrouble(wanted, found.value) === undefined) return found
    const changed = this.#options.mayCreate ? await updated(manager, wanted, found.value) : found.value
    // Fewer replicas than possible are no reason not to use the stream: nobody relies on what a server keeps.
    const trouble = settingsTrouble({ ...wanted, num_replicas: changed.config.num_replicas }, changed)
    return trouble === undefined ? done(changed) : fail(trouble)
  }

  async #find(manager: JetStreamManager, wanted: StreamSettings): Promise<Result<StreamInfo, StreamTrouble>> {
    try {
      return done(await manager.streams.info(wanted.name))
    } catch (error) {
      if (!isApiError(error, 'streamNotFound')) throw error
      if (!this.#options.mayCreate)
        return fail({ type: 'missing', message: `the stream ${wanted.name} is not made yet` })
    }
    return done(await made(manager, wanted))
  }
}

/** Creates the stream; on one server when there are not enough for the wanted replicas. */
async function made(manager: JetStreamManager, wanted: StreamSettings): Promise<StreamInfo> {
  try {
    return await manager.streams.add(wanted)
  } catch (error) {
    // Another process created the stream first, with other settings.
    if (isApiError(error, 'nameInUse')) return manager.streams.info(wanted.name)
    if (!isApiError(error, 'clusterNoPeers') || wanted.num_replicas === 1) throw error
    return manager.streams.add({ ...wanted, num_replicas: 1 })
  }
}

async function updated(manager: JetStreamManager, wanted: StreamSettings, found: StreamInfo): Promise<StreamInfo> {
  try {
    return await manager.streams.update(wanted.name, wanted)
  } catch {
    return found
  }
}
