// The stream of the configuration log on JetStream. Every call asks for the connection anew, and nothing is sent
// without one: what is published on a lost connection is dropped without an error.
import type { StreamInfo } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { bounds } from '../../../shared/bounds.ts'
import type { Clock } from '../../../shared/clock.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import { type SettingsTrouble, type StreamSettings, settingsTrouble } from '../../nats/jetstream-settings.ts'
import { isApiError, publishTrouble, streamTrouble } from '../../nats/jetstream-trouble.ts'
import type { NatsLink } from '../../nats/nats-link.ts'
import type { PublishTrouble, StreamFacts, StreamTrouble } from '../../nats/stream-trouble.ts'
import { SubjectWatches } from '../../nats/subject-watches.ts'
import type { SealedEvent } from '../log/config-log.ts'
import { configStreamSettings, storedHintSubject } from './config-stream-settings.ts'
import { headersOf, messageOverheadBytesMax } from './event-message.ts'
import type { RepairableStream, StreamMessage } from './event-stream.ts'
import { JetStreamSession } from './jetstream-session.ts'

export interface JetStreamStreamOptions {
  link: NatsLink
  clock: Clock
  /** Settings that replace the wanted ones, for tests. */
  settings?: Partial<StreamSettings>
  /** The time-out of a publish. */
  timeoutMs?: number
}

const streamName = 'CFG'
const subject = 'cfg.event'
const timeoutMsDefault = 2_000

export class JetStreamStream implements RepairableStream {
  readonly #options: JetStreamStreamOptions
  readonly #watches: SubjectWatches
  #session: JetStreamSession | undefined
  #lastSequence = 0

  constructor(options: JetStreamStreamOptions) {
    this.#options = options
    this.#watches = new SubjectWatches(options.link)
  }

  facts(): Promise<Result<StreamFacts, StreamTrouble>> {
    return this.#asking(async ({ connection, manager }) => {
      return this.#factsOf(connection, await (await manager).streams.info(streamName))
    })
  }

  create(): Promise<Result<StreamFacts, StreamTrouble>> {
    return this.#asking(async ({ connection, manager }) => {
      const { streams } = await manager
      try {
        const made = await streams.add(this.#wanted(connection))
        const facts = this.#factsOf(connection, made)
        // The stream was created just now with other settings than requested: no node may take it for the log.
        if (!facts.ok && (made as { did_create?: boolean }).did_create === true) {
          await streams.delete(streamName)
        }
        return facts
      } catch (error) {
        if (isApiError(error, 'nameInUse')) return this.facts()
        if (isApiError(error, 'clusterNoPeers')) return fail({ type: 'unavailable', message: tooFewServers })
        throw error
      }
    })
  }

  remove(): Promise<Result<undefined, StreamTrouble>> {
    return this.#asking(async ({ manager }) => {
      try {
        await (await manager).streams.delete(streamName)
      } catch (error) {
        if (!isApiError(error, 'streamNotFound')) throw error
      }
      return done(undefined)
    })
  }

  mend(): Promise<Result<StreamFacts, StreamTrouble>> {
    return this.#asking(async ({ connection, manager }) => {
      const { streams } = await manager
      return this.#factsOf(connection, await streams.update(streamName, this.#wanted(connection)))
    })
  }

  async publish(
    event: SealedEvent,
    lastSequence: number,
  ): Promise<Result<{ sequence: number; duplicate: boolean }, PublishTrouble>> {
    const session = this.#use()
    if (session === undefined) return fail(this.#away())
    const bytes = event.bytes.byteLength + messageOverheadBytesMax
    const maxBytes = session.connection.info?.max_payload ?? 0
    if (bytes > maxBytes) return fail({ type: 'too-large', bytes, maxBytes })
    try {
      const ack = await session.client.publish(subject, event.bytes, {
        msgID: event.commandId,
        headers: headersOf(event),
        expect: { lastSequence },
        timeout: this.#timeoutMs,
      })
      if (ack.stream !== streamName) {
        const message = `the stream ${ack.stream} took what was meant for ${streamName}`
        return fail({ type: 'settings', field: 'subjects', message })
      }
      this.#lastSequence = Math.max(this.#lastSequence, ack.seq)
      return done({ sequence: ack.seq, duplicate: ack.duplicate })
    } catch (error) {
      return fail(publishTrouble(error))
    }
  }

  read(afterSequence: number, limit: number): Promise<Result<StreamMessage[], StreamTrouble>> {
    return this.#asking(async (session) => done(await session.read(afterSequence, limit, this.#lastSequence)))
  }

  watch(wake: () => void): { stop(): void } {
    // Wake up also when the connection is lost: a look then finds that at once.
    return this.#watches.open(`${storedHintSubject}.>`, { heard: wake, changed: wake })
  }

  async close(): Promise<void> {
    this.#watches.close()
    this.#session?.close()
    this.#session = undefined
  }

  get #timeoutMs(): number {
    return this.#options.timeoutMs ?? timeoutMsDefault
  }

  #wanted(connection: NatsConnection): StreamSettings {
    const replicas = connection.info?.cluster === undefined ? 1 : replicasInCluster
    return { ...configStreamSettings(streamName, replicas), ...this.#options.settings }
  }

  #factsOf(connection: NatsConnection, info: StreamInfo): Result<StreamFacts, StreamTrouble> {
    const { first_seq: firstSequence, last_seq: lastSequence, messages } = info.state
    this.#lastSequence = lastSequence
    const facts = { firstSequence, lastSequence, messages, created: String(info.created) }
    const wrong = settingsTrouble(this.#wanted(connection), info) ?? payloadTrouble(connection)
    return wrong === undefined ? done(facts) : fail({ ...wrong, facts })
  }

  async #asking<Value>(
    ask: (session: JetStreamSession) => Promise<Result<Value, StreamTrouble>>,
  ): Promise<Result<Value, StreamTrouble>> {
    const session = this.#use()
    if (session === undefined) return fail(this.#away())
    try {
      return await ask(session)
    } catch (error) {
      return fail(streamTrouble(error))
    }
  }

  #use(): JetStreamSession | undefined {
    const { connection } = this.#options.link
    if (connection === undefined || connection.isClosed()) return undefined
    if (this.#session?.connection !== connection) {
      const { clock } = this.#options
      this.#session?.close()
      this.#session = new JetStreamSession({ connection, clock, stream: streamName, timeoutMs: this.#timeoutMs })
    }
    return this.#session
  }

  #away(): StreamTrouble {
    const { trouble } = this.#options.link.status
    return { type: 'unavailable', message: `NATS is away: ${trouble ?? 'not connected'}` }
  }
}

const replicasInCluster = 3
const tooFewServers = 'the stream needs three servers with JetStream, and the NATS cluster has not as many now'

function payloadTrouble({ info }: NatsConnection): SettingsTrouble | undefined {
  const needed = bounds.changeSetBytesMax + messageOverheadBytesMax
  const maxPayload = info?.max_payload ?? 0
  if (maxPayload >= needed) return undefined
  const message = `the server takes messages of ${maxPayload} bytes, the log needs ${needed}: raise max_payload`
  return { type: 'settings', field: 'max_payload', message }
}
