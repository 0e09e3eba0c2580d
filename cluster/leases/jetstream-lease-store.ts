// Leases on JetStream: one message holds all leases, and each write replaces it, provided that it is still the last
// message of its stream. All that a node has to write at one time goes into one message, so a node writes once a second
// however many leases it holds. Reads go to the leader.
//
// A subject for each lease would be the obvious design. But a server of a cluster compares the last sequence of a
// subject before it proposes a message and not when it stores it: of 20 concurrent writes on three servers all 20 were
// stored (2.9.10). It compares the last sequence of the stream when it stores.

import type { StoredMsg } from '@nats-io/jetstream'
import { headers, type MsgHdrs } from '@nats-io/transport-node'
import { done, fail, type Result } from '../../shared/result.ts'
import type { MacGuard } from '../macs/message-macs.ts'
import type { StreamSettings } from '../nats/jetstream-settings.ts'
import { isApiError, publishTrouble, streamTrouble } from '../nats/jetstream-trouble.ts'
import type { NatsLink } from '../nats/nats-link.ts'
import { OwnStream, type OwnStreamSession } from '../nats/own-stream.ts'
import type { LeaseRecord, LeaseRefusal, LeaseStore, LeaseTrouble, LeaseValue } from './lease-store.ts'
import { LeaseTable } from './lease-table.ts'

const streamName = 'LEASES'
const subject = 'lease.table'
const macHeader = 'hg-mac'
const timeoutMs = 2_000
const bytesMax = 1 << 20
/** Writes of one message at most. A table that begins anew counts its writes from where no earlier one can have come, so that
 *  nobody takes a new write for one that was seen before. */
const writesPerMessageMax = 1_000
/** Tries of one write. Each failed try means that another node was faster. */
const triesMax = 20

interface Write {
  name: string
  value: LeaseValue
  expected: number
  settle: (written: Result<number, LeaseRefusal | LeaseTrouble>) => void
}

interface Seen {
  table: LeaseTable
  /** The sequence of the message that holds the table, which is the last one of the stream. */
  sequence: number
}

export class JetStreamLeaseStore implements LeaseStore {
  readonly #stream: OwnStream
  readonly #mac: MacGuard
  /** The place of the last table that was not believed: it is read again and again. */
  #refusedAt = 0
  #waiting: Write[] = []
  #isWriting = false
  #look: Promise<Result<Seen, LeaseTrouble>> | undefined

  /** `mac` is the channel `leases`. */
  constructor({ link, mac }: { link: NatsLink; mac: MacGuard }) {
    this.#mac = mac
    this.#stream = new OwnStream({ link, timeoutMs, mayCreate: true, settings: leaseStreamSettings })
  }

  async read(name: string): Promise<Result<LeaseRecord | undefined, LeaseTrouble>> {
    // Calls that come during a read share the next one: a read has to begin after the call for it.
    this.#look ??= Promise.resolve().then(() => {
      this.#look = undefined
      return this.#see()
    })
    const seen = await this.#look
    return seen.ok ? done(seen.value.table.find(name)) : seen
  }

  write(name: string, value: LeaseValue, expected: number): Promise<Result<number, LeaseRefusal | LeaseTrouble>> {
    return new Promise((settle) => {
      this.#waiting.push({ name, value, expected, settle })
      if (!this.#isWriting) void this.#writeAll()
    })
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true
    // Writes of the same turn go into the same message.
    await Promise.resolve()
    while (this.#waiting.length > 0) await this.#writeTogether(this.#waiting.splice(0))
    this.#isWriting = false
  }

  async #writeTogether(writes: readonly Write[]): Promise<void> {
    for (let tries = 0; tries < triesMax; tries++) {
      const seen = await this.#see()
      if (!seen.ok) return settleAll(writes, seen)
      const { table, sequence } = seen.value
      const outcomes = writes.map(({ name, value, expected }) => table.write(name, value, expected))
      const isChanged = outcomes.some((outcome) => outcome !== undefined)
      const stored = isChanged ? await this.#publish(table, sequence) : done(sequence)
      if (!stored.ok && stored.error.type === 'refused') continue
      for (const [index, { settle }] of writes.entries()) {
        const written = outcomes[index]
        if (written === undefined) settle(fail({ type: 'refused' }))
        else settle(stored.ok ? done(written) : stored)
      }
      return
    }
    settleAll(writes, fail({ type: 'unavailable', message: 'others write without a pause' }))
  }

  async #see(): Promise<Result<Seen, LeaseTrouble>> {
    const session = await this.#stream.session()
    if (!session.ok) return fail({ type: 'unavailable', message: session.error.message })
    try {
      const stored = await session.value.manager.streams.getMessage(streamName, { last_by_subj: subject })
      if (stored !== null) return done({ table: this.#tableIn(stored), sequence: stored.seq })
    } catch (error) {
      if (isApiError(error, 'streamNotFound')) this.#stream.forget()
      if (!isApiError(error, 'noMessageFound')) return unavailable(streamTrouble(error))
    }
    return done({ table: new LeaseTable(), sequence: 0 })
  }

  /** A table that no node wrote there counts as an empty one: holders find their leases gone, and they are acquired anew under
   *  higher epochs. A stranger can so prevent that leases are held, and can never hold one. */
  #tableIn({ data: bytes, header, seq }: StoredMsg): LeaseTable {
    const received = { mac: header.get(macHeader), context: contextOf(seq), bytes }
    const isKnown = seq === this.#refusedAt
    const verdict = isKnown ? this.#mac.judgeAgain(received) : this.#mac.judge({ ...received, subject })
    if (verdict === 'genuine') return LeaseTable.decode(bytes)
    this.#refusedAt = seq
    return new LeaseTable(seq * writesPerMessageMax)
  }

  async #publish(table: LeaseTable, lastSequence: number): Promise<Result<number, LeaseRefusal | LeaseTrouble>> {
    const session = await this.#stream.session()
    if (!session.ok) return fail({ type: 'unavailable', message: session.error.message })
    try {
      const bytes = table.encode()
      const proof = headers()
      proof.set(macHeader, this.#mac.of(contextOf(lastSequence + 1), bytes))
      const { seq } = await publish(session.value, { bytes, proof, lastSequence })
      return done(seq)
    } catch (error) {
      const trouble = publishTrouble(error)
      if (trouble.type === 'wrong-last-sequence') return fail({ type: 'refused' })
      if (trouble.type === 'no-ack') return fail({ type: 'no-answer', message: trouble.message })
      // No server answers for the subject when the stream is gone.
      this.#stream.forget()
      return unavailable(trouble)
    }
  }
}

interface Proven {
  readonly bytes: Uint8Array
  readonly proof: MsgHdrs
  readonly lastSequence: number
}

function publish({ client }: OwnStreamSession, { bytes, proof, lastSequence }: Proven): Promise<{ seq: number }> {
  return client.publish(subject, bytes, { headers: proof, expect: { lastSequence }, timeout: timeoutMs })
}

/** The place in the stream is part of it: a table of another time is refused. */
function contextOf(sequence: number): string[] {
  return [subject, `${sequence}`]
}

function leaseStreamSettings(replicas: number): StreamSettings {
  return {
    name: streamName,
    subjects: [subject],
    retention: 'limits',
    storage: 'file',
    discard: 'old',
    max_msgs: 1,
    max_bytes: bytesMax,
    max_age: 0,
    num_replicas: replicas,
    no_ack: false,
    sealed: false,
  }
}

function settleAll(writes: readonly Write[], outcome: Result<never, LeaseTrouble>): void {
  for (const { settle } of writes) settle(outcome)
}

function unavailable(trouble: { type: string; message?: string }): Result<never, LeaseTrouble> {
  return fail({ type: 'unavailable', message: trouble.message ?? trouble.type })
}
