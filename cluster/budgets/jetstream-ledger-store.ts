// Tables of budgets on JetStream: a subject for each, of which the last message counts. Reads go to the leader.
//
// A write expects the last message of the whole stream and not the last one of its subject: a server of a cluster compares the
// latter before it proposes a message and not when it stores it (`cluster/leases/jetstream-lease-store.ts`). So a version is a
// sequence of the stream, and a write is refused also where another table was written meanwhile.
import { done, fail, type Result } from '../../shared/result.ts'
import type { StreamSettings } from '../nats/jetstream-settings.ts'
import { isApiError, publishTrouble, streamTrouble } from '../nats/jetstream-trouble.ts'
import type { NatsLink } from '../nats/nats-link.ts'
import { OwnStream, type OwnStreamSession } from '../nats/own-stream.ts'
import type { LedgerRefusal, LedgerStore, LedgerTrouble, StoredTable } from './ledger-store.ts'

const streamName = 'BUDGETS'
const subjectPrefix = 'budget.table.'
const timeoutMs = 800
const bytesMax = 64 << 20

export class JetStreamLedgerStore implements LedgerStore {
  readonly #stream: OwnStream

  constructor({ link }: { link: NatsLink }) {
    this.#stream = new OwnStream({ link, timeoutMs, mayCreate: true, settings: ledgerStreamSettings })
  }

  async read(table: string): Promise<Result<StoredTable, LedgerTrouble>> {
    const session = await this.#stream.session()
    if (!session.ok) return unavailable(session.error)
    try {
      return done(await readTable(session.value, table))
    } catch (error) {
      if (isApiError(error, 'streamNotFound')) this.#stream.forget()
      return unavailable(streamTrouble(error))
    }
  }

  async write(
    table: string,
    value: Uint8Array,
    version: number,
  ): Promise<Result<number, LedgerRefusal | LedgerTrouble>> {
    const session = await this.#stream.session()
    if (!session.ok) return unavailable(session.error)
    try {
      const expect = { lastSequence: version }
      const { seq } = await session.value.client.publish(subjectPrefix + table, value, { expect, timeout: timeoutMs })
      return done(seq)
    } catch (error) {
      const trouble = publishTrouble(error)
      if (trouble.type === 'wrong-last-sequence') return fail({ type: 'refused' })
      // No server answers for the subjects when the stream is gone.
      if (trouble.type === 'no-ack') return fail({ type: 'no-answer' })
      this.#stream.forget()
      return unavailable(trouble)
    }
  }

  async close(): Promise<void> {}
}

/** The sequence is read before the table: what is written in between gives a table that is newer, and its own sequence counts. */
async function readTable({ manager }: OwnStreamSession, table: string): Promise<StoredTable> {
  const { state } = await manager.streams.info(streamName)
  const stored = await lastOf(manager, table)
  if (stored === undefined) return { value: undefined, version: state.last_seq }
  return { value: stored.data, version: Math.max(state.last_seq, stored.seq) }
}

async function lastOf(manager: OwnStreamSession['manager'], table: string) {
  try {
    return (await manager.streams.getMessage(streamName, { last_by_subj: subjectPrefix + table })) ?? undefined
  } catch (error) {
    if (isApiError(error, 'noMessageFound')) return undefined
    throw error
  }
}

function ledgerStreamSettings(replicas: number): StreamSettings {
  return {
    name: streamName,
    subjects: [`${subjectPrefix}*`],
    retention: 'limits',
    storage: 'file',
    discard: 'new',
    max_msgs: -1,
    max_msgs_per_subject: 1,
    max_bytes: bytesMax,
    max_age: 0,
    num_replicas: replicas,
    no_ack: false,
    deny_purge: true,
    sealed: false,
  }
}

function unavailable({ type, message }: { type: string; message?: string }): Result<never, LedgerTrouble> {
  return fail({ type: 'unavailable', message: message ?? type })
}
