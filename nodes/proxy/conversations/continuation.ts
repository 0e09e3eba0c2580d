// Finds what a request of the Responses API continues, and whether its answer is stored, before the first attempt.
import { bounds } from '../../../shared/bounds.ts'
import type { BodyScan } from '../../../shared/json/scan.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import type { Caller } from '../auth/callers.ts'
import { type GatewayError, unparsedError } from '../errors/gateway-error.ts'
import type { BytesHold, Jobs } from '../large/job.ts'
import { AnswerWriter } from './answer-store.ts'
import { StoredHistory } from './history.ts'
import { findReferred, type ReferredTurns } from './item-references.ts'
import type { GivenInput } from './kept-answer.ts'
import { expandedBytesOf, type LargeTurns, referredResponsesOf } from './large-turns.ts'
import type { ResponseStore } from './response-store.ts'
import type { StorageOptions } from './storage-options.ts'
import type { ProviderResponse, StoredTurn } from './stored-response.ts'
import type { Charge, StoredConversations } from './stored-weight.ts'

export interface Continuation {
  /** The conversation so far. Undefined when none is stored here. */
  readonly history: StoredHistory | undefined
  /** The responses whose items the input refers to. Undefined where it refers to no item that is stored here. */
  readonly referred: ReferredTurns | undefined
  /** The provider that holds the conversation. No other provider can continue it. */
  readonly pin: ProviderResponse | undefined
  /** Stores the answer. Undefined: the answer is not stored. */
  readonly keeper: AnswerWriter | undefined
}

export interface Beginning {
  readonly store: ResponseStore
  readonly owner: string
  readonly storage: StorageOptions
  readonly scan: BodyScan
  /** Id of the new response. It cannot be guessed. */
  readonly id: string
  readonly work: LargeTurns
  readonly charge: Charge
}

/** The bytes of what a request continues. */
export function storedLength(state: Pick<Continuation, 'history' | 'referred'> | undefined): number {
  return state === undefined ? 0 : (state.history?.length ?? 0) + (state.referred?.length ?? 0)
}

/** The body of a request: its bytes are held, and what is kept for it is charged to it. */
export interface ContinuedBody extends BytesHold {
  charge: Charge
}

/** Finds what requests continue. */
export class Continuations {
  readonly #store: ResponseStore
  readonly #newId: () => string
  readonly #jobs: Jobs

  /** `newId` makes the id of a new response, which must not be guessable. */
  constructor(store: ResponseStore, newId: () => string, jobs: Jobs) {
    this.#store = store
    this.#newId = newId
    this.#jobs = jobs
  }

  begin(
    storage: StorageOptions,
    scan: BodyScan,
    { caller, body }: { caller: Caller; body: ContinuedBody },
  ): Promise<Result<Continuation, GatewayError>> {
    const work = { jobs: this.#jobs, owner: caller, hold: body }
    const charge: Charge = (bytes) => body.charge(bytes)
    return begin({ store: this.#store, owner: caller.owner, storage, scan, id: this.#newId(), work, charge })
  }
}

export async function begin({
  store,
  owner,
  storage,
  scan,
  id,
  work,
  charge,
}: Beginning): Promise<Result<Continuation, GatewayError>> {
  // A caller who explicitly asks for storing gets the error before any tokens are spent.
  if (storage.storeIsAsked && storage.previous === undefined) {
    const ready = await store.find(owner, id)
    if (!ready.ok) return ready
  }
  const noRoom = storage.store ? charge(keptBytes(scan)) : undefined
  if (noRoom !== undefined) return fail(unparsedError(noRoom))
  const stored = { store, owner, charge }
  const previous = storage.previous === undefined ? done(undefined) : await findPrevious(stored, storage.previous)
  if (!previous.ok) return previous
  const referred = storage.references ? await referredBy(scan, stored, work) : done(undefined)
  if (!referred.ok) return referred
  const turns = previous.value?.turns
  const { chain = [], chainBytes = 0, held: pin } = previous.value ?? {}
  const input = pin === undefined ? inputOf(scan, referred.value) : undefined
  return done({
    history: turns === undefined ? undefined : new StoredHistory(turns.map(({ bytes }) => bytes)),
    referred: referred.value,
    pin,
    keeper: storage.store ? new AnswerWriter({ store, owner, id, chain, chainBytes, input, work }) : undefined,
  })
}

async function referredBy(
  scan: BodyScan,
  conversations: StoredConversations,
  work: LargeTurns,
): Promise<Result<ReferredTurns | undefined, GatewayError>> {
  const span = scan.field('input')
  if (span?.kind !== 'array') return done(undefined)
  const input = scan.bytes.subarray(span.start, span.end)
  const responses = await referredResponsesOf(input, work)
  if (!responses.ok) return responses
  const found = await findReferred(conversations, responses.value)
  if (!found.ok) return found
  if (found.value === undefined) return done(undefined)
  const { referred, expandedBytesMax } = found.value
  if (expandedBytesMax <= bounds.responseChainBytesMax) return done(referred)
  const expanded = await expandedBytesOf(input, referred, work)
  if (!expanded.ok) return expanded
  if (expanded.value > bounds.responseChainBytesMax)
    return fail({ type: 'chain-too-long', responses: responses.value.size, bytes: expanded.value })
  return done(referred)
}

const emptyList = Buffer.from('[]')

/** A copy of the input, because the bytes of the body are released before the answer is complete. What would be too large to be stored
 *  is not copied. */
function inputOf(scan: BodyScan, referred: ReferredTurns | undefined): GivenInput | 'too-large' {
  const span = scan.field('input')
  if (span === undefined) return { text: emptyList, referred }
  if (keptBytes(scan) === 0) return 'too-large'
  return { text: Buffer.from(scan.bytes.subarray(span.start, span.end)), referred }
}

/** Bytes of the input that are kept until the answer is stored. */
function keptBytes(scan: BodyScan): number {
  const span = scan.field('input')
  const bytes = span === undefined ? 0 : span.end - span.start
  return bytes > bounds.stateEntryBytesMax ? 0 : bytes
}

interface Previous {
  readonly turns?: readonly StoredTurn[]
  readonly held?: ProviderResponse
  readonly chain?: readonly string[]
  readonly chainBytes?: number
}

async function findPrevious(
  { store, owner, charge }: StoredConversations,
  id: string,
): Promise<Result<Previous, GatewayError>> {
  const found = await store.find(owner, id)
  if (!found.ok) return found
  if (found.value === undefined) return fail({ type: 'response-unknown', id, isPrevious: true })
  const { stored, bytes } = found.value
  if (stored.type === 'held') return done({ held: stored })
  const chain = [...stored.chain, id]
  const chainBytes = stored.chainBytes + bytes
  if (chain.length > bounds.responseChainMax || chainBytes > bounds.responseChainBytesMax) {
    return fail({ type: 'chain-too-long', responses: chain.length, bytes: chainBytes })
  }
  const noRoom = charge(chainBytes)
  if (noRoom !== undefined) return fail(unparsedError(noRoom))
  const before = await store.before(owner, stored)
  if (!before.ok) return before
  const turns = before.value.filter((turn) => turn !== undefined)
  const [missing] = stored.chain.filter((_, place) => before.value[place] === undefined)
  // A deleted response must not be sent to a model again, and a conversation with a gap is a different conversation.
  if (missing !== undefined) return fail({ type: 'response-unknown', id: missing, isPrevious: true })
  return done({ turns: [...turns, stored], chain, chainBytes })
}
