// The usage stream on JetStream.
import type { Clock } from '../../shared/clock.ts'
import { done, fail, type Result } from '../../shared/result.ts'
import { subjectToken } from '../bus/subject-token.ts'
import { isApiError, publishTrouble, streamTrouble } from '../nats/jetstream-trouble.ts'
import type { NatsLink } from '../nats/nats-link.ts'
import { OwnStream, type OwnStreamSession } from '../nats/own-stream.ts'
import { JetStreamFeed } from './jetstream-feed.ts'
import type {
  OutgoingBatch,
  PartitionFeed,
  UsageFacts,
  UsagePublishTrouble,
  UsageStream,
  UsageStreamTrouble,
} from './usage-stream.ts'
import { usageStreamName, usageStreamSettings } from './usage-stream-settings.ts'

export interface JetStreamUsageStreamOptions {
  link: NatsLink
  clock: Clock
  /** True on aggregators and control nodes, which create the stream; proxies wait for it. */
  mayCreate: boolean
  /** The size of the stream, for tests. */
  bytesMax?: number
}

const timeoutMs = 2_000
/** The time-out of a publish. An acknowledgement takes longer while a cluster elects a leader. */
const ackTimeoutMs = 5_000

export class JetStreamUsageStream implements UsageStream {
  readonly #options: JetStreamUsageStreamOptions
  readonly #stream: OwnStream

  constructor(options: JetStreamUsageStreamOptions) {
    this.#options = options
    const { link, mayCreate, bytesMax } = options
    const settings = (replicas: number) => ({
      ...usageStreamSettings(replicas),
      ...(bytesMax === undefined ? {} : { max_bytes: bytesMax }),
    })
    this.#stream = new OwnStream({ link, timeoutMs, mayCreate, settings })
  }

  async publish(batch: OutgoingBatch): Promise<Result<undefined, UsagePublishTrouble>> {
    const session = await this.#stream.session()
    if (!session.ok) return session
    const { client, connection } = session.value
    const payloadMax = (connection.info?.max_payload ?? 0) - messageOverheadBytes
    if (batch.bytes.length > payloadMax) {
      const message = `a batch of ${batch.bytes.length} bytes is more than the server takes (max_payload)`
      return fail({ type: 'too-large', message })
    }
    try {
      const subject = `${subjectOf(batch.partition)}.${subjectToken(batch.node)}`
      await client.publish(subject, batch.bytes, { msgID: batch.id, timeout: ackTimeoutMs })
      return done(undefined)
    } catch (error) {
      return fail(this.#publishTrouble(error))
    }
  }

  facts(): Promise<Result<UsageFacts, UsageStreamTrouble>> {
    return this.#asking(async ({ manager }) => {
      const { state, config, created } = await manager.streams.info(usageStreamName)
      const atMs = (time: unknown) => (state.messages === 0 ? undefined : new Date(time as string).getTime())
      return {
        firstSequence: state.first_seq,
        lastSequence: state.last_seq,
        created: String(created),
        firstAtMs: atMs(state.first_ts),
        lastAtMs: atMs(state.last_ts),
        bytes: state.bytes,
        bytesMax: config.max_bytes,
      }
    })
  }

  storedAtMs(sequence: number): Promise<Result<number | undefined, UsageStreamTrouble>> {
    return this.#asking(async ({ manager }) => {
      try {
        const stored = await manager.streams.getMessage(usageStreamName, { seq: sequence })
        return stored === null ? undefined : stored.time.getTime()
      } catch (error) {
        if (isApiError(error, 'noMessageFound')) return undefined
        throw error
      }
    })
  }

  openFeed(partition: number, afterSequence: number): Promise<Result<PartitionFeed, UsageStreamTrouble>> {
    const { clock } = this.#options
    return this.#asking(({ connection, manager }) => {
      const filter = `${subjectOf(partition)}.>`
      return JetStreamFeed.open({ connection, manager, clock, filter, stream: usageStreamName }, afterSequence)
    })
  }

  trim(firstSequence: number): Promise<Result<undefined, UsageStreamTrouble>> {
    return this.#asking(async ({ manager }) => {
      await manager.streams.purge(usageStreamName, { seq: firstSequence })
      return undefined
    })
  }

  async #asking<Value>(ask: (session: OwnStreamSession) => Promise<Value>): Promise<Result<Value, UsageStreamTrouble>> {
    const session = await this.#stream.session()
    if (!session.ok) return session
    try {
      return done(await ask(session.value))
    } catch (error) {
      if (isApiError(error, 'streamNotFound')) this.#stream.forget()
      return fail(streamTrouble(error))
    }
  }

  #publishTrouble(error: unknown): UsagePublishTrouble {
    const trouble = publishTrouble(error)
    switch (trouble.type) {
      case 'no-ack':
      case 'full':
        return trouble
      case 'too-large':
      case 'wrong-last-sequence':
        return { type: 'unavailable', message: trouble.type }
      default:
        // No server answers for the subjects when the stream is gone.
        this.#stream.forget()
        return trouble
    }
  }
}

/** Room for the headers and the subject of a message. */
const messageOverheadBytes = 4_096

function subjectOf(partition: number): string {
  return `usage.${partition}`
}
