// The state store on JetStream: an entry is a head message on a subject of its own, and before it as many piece
// messages as its value needs. The head is written last, so an entry is complete or absent. All reads go to the
// stream's leader: a replica that lags would not know yet what another proxy has just written.
import type { StoredMsg } from '@nats-io/jetstream'
import { bounds } from '../../shared/bounds.ts'
import type { Clock } from '../../shared/clock.ts'
import { done, fail, type Result } from '../../shared/result.ts'
import { isApiError, publishTrouble, streamTrouble } from '../nats/jetstream-trouble.ts'
import type { NatsLink } from '../nats/nats-link.ts'
import { OwnStream, type OwnStreamSession } from '../nats/own-stream.ts'
import {
  nameOf,
  ownerNameOf,
  type StateKey,
  type StateRefusal,
  type StateStore,
  type StateTrouble,
  tooLarge,
} from './state-store.ts'
import {
  pieceBytesMax,
  stateStreamDefaults,
  stateStreamName,
  stateStreamSettings,
  stateSubjectPrefix,
} from './state-stream-settings.ts'

export interface JetStreamStateOptions {
  readonly link: NatsLink
  readonly clock: Clock
  readonly ageMsMax?: number
  readonly bytesMax?: number
}

const timeoutMs = 1_500

export class JetStreamStateStore implements StateStore {
  readonly #clock: Clock
  readonly #ageMsMax: number
  readonly #stream: OwnStream

  constructor({ link, clock, ...given }: JetStreamStateOptions) {
    const { ageMsMax, bytesMax } = { ...stateStreamDefaults, ...given }
    this.#clock = clock
    this.#ageMsMax = ageMsMax
    const settings = stateStreamSettings(ageMsMax, bytesMax)
    this.#stream = new OwnStream({ link, timeoutMs, mayCreate: true, settings })
  }

  get(key: StateKey): Promise<Result<Uint8Array | undefined, StateTrouble>> {
    return this.#asking(async (session) => {
      const head = await this.#find(session, nameOf(key))
      if (head === undefined) return undefined
      if (countIn(head) > piecesMax) return damaged
      const pieces = await Promise.all(piecesOf(head, nameOf(key)).map((name) => this.#find(session, name)))
      // Pieces are slightly older than their head. When one is missing, the entry has expired.
      if (pieces.includes(undefined)) return undefined
      return Buffer.concat([...pieces.map((piece) => piece!.data), head.data.subarray(headBytes)])
    })
  }

  async put(key: StateKey, value: Uint8Array): Promise<Result<undefined, StateTrouble | StateRefusal>> {
    if (value.length > bounds.stateEntryBytesMax) return fail(tooLarge(value))
    const session = await this.#session()
    if (!session.ok) return session
    const name = nameOf(key)
    const { head, pieces } = cut(value)
    try {
      // Pieces would replace the present ones, so they are not sent before the head is known to be absent.
      const isTaken = pieces.length > 0 && (await this.#find(session.value, name)) !== undefined
      if (isTaken) return fail({ type: 'taken' })
      await Promise.all(pieces.map((piece, n) => publish(session.value, pieceOf(name, n), piece)))
      await publish(session.value, name, head, { lastSubjectSequence: 0 })
      return done(undefined)
    } catch (error) {
      return fail(this.#publishTrouble(error))
    }
  }

  delete(key: StateKey): Promise<Result<boolean, StateTrouble>> {
    return this.#asking(async (session) => {
      const head = await this.#find(session, nameOf(key))
      if (head === undefined) return false
      // Erase the head first: without it the pieces cannot be found.
      const isErased = await erase(session, head.seq)
      for (const name of piecesOf(head, nameOf(key))) {
        const piece = await this.#find(session, name)
        if (piece !== undefined) await erase(session, piece.seq)
      }
      return isErased
    })
  }

  /** Messages are erased one by one: the stream denies purges. */
  forget(owner: string): Promise<Result<number, StateTrouble>> {
    return this.#asking(async (session) => {
      const filter = `${stateSubjectPrefix}${ownerNameOf(owner)}.>`
      const { state } = await session.manager.streams.info(stateStreamName, { subjects_filter: filter })
      const names = Object.keys(state.subjects ?? {}).map((subject) => subject.slice(stateSubjectPrefix.length))
      // Heads first: without its head an entry is absent.
      const heads = names.filter(isHead)
      for (const name of [...heads, ...names.filter((name) => !isHead(name))]) {
        const stored = await this.#find(session, name)
        if (stored !== undefined) await erase(session, stored.seq)
      }
      return heads.length
    })
  }

  async close(): Promise<void> {}

  async #find({ manager }: OwnStreamSession, name: string): Promise<StoredMsg | undefined> {
    try {
      const stored = await manager.streams.getMessage(stateStreamName, { last_by_subj: stateSubjectPrefix + name })
      if (stored === null) return undefined
      return this.#clock.wallMs() - stored.time.getTime() < this.#ageMsMax ? stored : undefined
    } catch (error) {
      if (isApiError(error, 'noMessageFound')) return undefined
      throw error
    }
  }

  async #asking<Value>(ask: (session: OwnStreamSession) => Promise<Value>): Promise<Result<Value, StateTrouble>> {
    const session = await this.#session()
    if (!session.ok) return session
    try {
      return done(await ask(session.value))
    } catch (error) {
      const { type, message } = streamTrouble(error)
      if (type === 'missing') this.#stream.forget()
      return fail({ type: 'unavailable', message })
    }
  }

  async #session(): Promise<Result<OwnStreamSession, StateTrouble>> {
    const session = await this.#stream.session()
    return session.ok ? session : fail({ type: 'unavailable', message: session.error.message })
  }

  #publishTrouble(error: unknown): StateTrouble | StateRefusal {
    const trouble = publishTrouble(error)
    if (trouble.type === 'full') return { type: 'full' }
    if (trouble.type === 'wrong-last-sequence') return { type: 'taken' }
    // No server answers for the subjects when the stream is gone.
    if (trouble.type === 'unavailable') this.#stream.forget()
    return { type: 'unavailable', message: 'message' in trouble ? trouble.message : trouble.type }
  }
}

/** The number of further pieces, as four bytes at the start of the head. */
const headBytes = 4

function cut(value: Uint8Array): { head: Uint8Array; pieces: readonly Uint8Array[] } {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  const count = Math.max(0, Math.ceil(bytes.length / pieceBytesMax) - 1)
  const pieces = Array.from({ length: count }, (_one, n) => bytes.subarray(n * pieceBytesMax, (n + 1) * pieceBytesMax))
  const head = Buffer.alloc(headBytes)
  head.writeUInt32BE(count)
  return { head: Buffer.concat([head, bytes.subarray(count * pieceBytesMax)]), pieces }
}

/** More pieces than this make no entry: a stranger has written the head. */
const piecesMax = Math.ceil(bounds.stateEntryBytesMax / pieceBytesMax)
/** Opens under no key. */
const damaged = new Uint8Array(0)

function countIn({ data }: StoredMsg): number {
  if (data.length < headBytes) return Number.POSITIVE_INFINITY
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).readUInt32BE()
}

function piecesOf(head: StoredMsg, name: string): string[] {
  return Array.from({ length: Math.min(countIn(head), piecesMax) }, (_one, n) => pieceOf(name, n))
}

/** The name of an entry has one dot, that of a piece two. */
function isHead(name: string): boolean {
  return name.indexOf('.') === name.lastIndexOf('.')
}

function pieceOf(name: string, n: number): string {
  return `${name}.${n}`
}

async function publish(
  { client }: OwnStreamSession,
  name: string,
  bytes: Uint8Array,
  expect: { lastSubjectSequence?: number } = {},
): Promise<void> {
  await client.publish(stateSubjectPrefix + name, bytes, { timeout: timeoutMs, expect })
}

/** Erases a message. Returns false when another process erased it first. */
async function erase({ manager }: OwnStreamSession, sequence: number): Promise<boolean> {
  try {
    return await manager.streams.deleteMessage(stateStreamName, sequence, true)
  } catch (error) {
    if (isApiError(error, 'noMessageFound') || isApiError(error, 'messageDeleteFailed')) return false
    throw error
  }
}
