// The stream of data keys on JetStream: one subject for each owner, with only its newest message. The replaced message
// is erased first: a message that the server merely drops stays in its files.
import {
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  type StoredMsg,
} from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { done, fail, type Result } from '../../shared/result.ts'
import { subjectToken } from '../bus/subject-token.ts'
import { type StreamSettings, settingsTrouble } from '../nats/jetstream-settings.ts'
import { isApiError, publishTrouble, streamTrouble } from '../nats/jetstream-trouble.ts'
import type { NatsLink } from '../nats/nats-link.ts'
import { SubjectWatches } from '../nats/subject-watches.ts'
import type { KeyMessage, KeyStream, KeyStreamTrouble, PutTrouble } from './key-stream.ts'

interface Session {
  readonly connection: NatsConnection
  readonly client: JetStreamClient
  readonly manager: Promise<JetStreamManager>
  /** True when the server's settings of the stream have been compared with the requested ones. */
  isCompared: boolean
}

const streamName = 'KEYS'
const subjectPrefix = 'keys.'
const storedSubject = 'hg.keys.stored'
const askMs = 1_500
const replicasInCluster = 3
/** Room for some hundred thousand owners, including forgotten ones. */
const bytesMax = 64 << 20

function keyStreamSettings(replicas: number): StreamSettings {
  return {
    name: streamName,
    subjects: [`${subjectPrefix}>`],
    retention: 'limits',
    storage: 'file',
    discard: 'new',
    max_age: 0,
    max_msgs: -1,
    max_msgs_per_subject: 1,
    max_bytes: bytesMax,
    max_msg_size: -1,
    num_replicas: replicas,
    deny_delete: false,
    deny_purge: true,
    allow_rollup_hdrs: false,
    no_ack: false,
    sealed: false,
    republish: { src: `${subjectPrefix}>`, dest: `${storedSubject}.>` },
  }
}

export class JetStreamKeyStream implements KeyStream {
  readonly #link: NatsLink
  readonly #watches: SubjectWatches
  #session: Session | undefined

  constructor(link: NatsLink) {
    this.#link = link
    this.#watches = new SubjectWatches(link)
  }

  last(owner: string): Promise<Result<KeyMessage | undefined, KeyStreamTrouble>> {
    return this.#get({ last_by_subj: subjectOf(owner) })
  }

  next(sequence: number): Promise<Result<KeyMessage | undefined, KeyStreamTrouble>> {
    // The client's types allow this form for direct reads only, which a server that lags behind may answer.
    return this.#get({ seq: sequence + 1, next_by_subj: `${subjectPrefix}>` } as { seq: number })
  }

  async put(owner: string, bytes: Uint8Array, sequence: number): Promise<Result<number, PutTrouble>> {
    const compared = await this.#asking(async () => done(undefined))
    if (!compared.ok) return compared
    const session = this.#use()
    if (session === undefined) return fail(this.#away())
    try {
      if (sequence > 0 && !(await erase(session, sequence))) return fail({ type: 'conflict', message: 'it is gone' })
      const expect = { lastSubjectSequence: 0 }
      const ack = await session.client.publish(subjectOf(owner), bytes, { expect, timeout: askMs })
      return done(ack.seq)
    } catch (error) {
      const trouble = publishTrouble(error)
      if (trouble.type === 'too-large') throw error
      const { message } = trouble
      return fail({ type: trouble.type === 'wrong-last-sequence' ? 'conflict' : 'unavailable', message })
    }
  }

  async create(): Promise<Result<undefined, KeyStreamTrouble>> {
    const session = this.#use()
    if (session === undefined) return fail(this.#away())
    try {
      await (await session.manager).streams.add(wanted(session.connection))
      return done(undefined)
    } catch (error) {
      // Another node created the stream; its settings are checked when it is used.
      return isApiError(error, 'nameInUse') ? done(undefined) : fail(troubleOf(error))
    }
  }

  watch({ stored, reachable }: Parameters<KeyStream['watch']>[0]): { stop(): void } {
    const changed = (isConnected: boolean) => {
      if (isConnected) reachable()
    }
    return this.#watches.open(`${storedSubject}.>`, { heard: stored, changed })
  }

  async close(): Promise<void> {
    this.#watches.close()
    this.#session = undefined
  }

  #get(query: Parameters<JetStreamManager['streams']['getMessage']>[1]) {
    return this.#asking<KeyMessage | undefined>(async ({ manager }) => {
      try {
        const stored: StoredMsg | null = await (await manager).streams.getMessage(streamName, query)
        return done(stored === null ? undefined : { sequence: stored.seq, bytes: stored.data })
      } catch (error) {
        if (isApiError(error, 'noMessageFound')) return done(undefined)
        throw error
      }
    })
  }

  async #asking<Value>(
    ask: (session: Session) => Promise<Result<Value, KeyStreamTrouble>>,
  ): Promise<Result<Value, KeyStreamTrouble>> {
    const session = this.#use()
    if (session === undefined) return fail(this.#away())
    try {
      const trouble = await compare(session)
      return trouble === undefined ? await ask(session) : fail(trouble)
    } catch (error) {
      return fail(troubleOf(error))
    }
  }

  #use(): Session | undefined {
    const { connection } = this.#link
    if (connection === undefined || connection.isClosed()) return undefined
    if (this.#session?.connection !== connection) {
      const client = jetstream(connection, { timeout: askMs })
      const manager = jetstreamManager(connection, { checkAPI: false, timeout: askMs })
      this.#session = { connection, client, manager, isCompared: false }
    }
    return this.#session
  }

  #away(): KeyStreamTrouble {
    return { type: 'unavailable', message: `NATS is away: ${this.#link.status.trouble ?? 'not connected'}` }
  }
}

function subjectOf(owner: string): string {
  return subjectPrefix + subjectToken(owner)
}

function wanted({ info }: NatsConnection): StreamSettings {
  return keyStreamSettings(info?.cluster === undefined ? 1 : replicasInCluster)
}

/** Compares the settings once for each connection, because only an operator changes them. */
async function compare(session: Session): Promise<KeyStreamTrouble | undefined> {
  if (session.isCompared) return undefined
  const info = await (await session.manager).streams.info(streamName)
  const trouble = settingsTrouble(wanted(session.connection), info)
  if (trouble?.type === 'settings') return trouble
  session.isCompared = true
  return undefined
}

/** Erases a message. Returns false when the message no longer exists. */
async function erase({ manager }: Session, sequence: number): Promise<boolean> {
  try {
    return await (await manager).streams.deleteMessage(streamName, sequence, true)
  } catch (error) {
    if (isApiError(error, 'noMessageFound') || isApiError(error, 'messageDeleteFailed')) return false
    throw error
  }
}

function troubleOf(error: unknown): KeyStreamTrouble {
  const trouble = streamTrouble(error)
  return trouble.type === 'missing' ? { type: 'missing', message: 'the stream of data keys is gone' } : trouble
}
