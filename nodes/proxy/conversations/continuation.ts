// Finds what a request of the Responses API continues, and whether its answer is stored, before the first attempt.
import { bounds } from '../../../shared/bounds.ts'
import type { JsonObject } from '../../../shared/chat/parts.ts'
import type { Message } from '../../../shared/chat/request.ts'
import type { BodyScan } from '../../../shared/json/scan.ts'
import { parsedWeight } from '../../../shared/json/weight.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import type { Caller } from '../auth/callers.ts'
import { type GatewayError, unparsedError } from '../errors/gateway-error.ts'
import { AnswerWriter } from './answer-store.ts'
import { itemsForOthers, messagesOf } from './history.ts'
import { type ResolvedInput, resolveReferences } from './item-references.ts'
import type { ResponseStore } from './response-store.ts'
import type { StorageOptions } from './storage-options.ts'
import type { LocalResponse, ProviderResponse } from './stored-response.ts'
import { type Charge, type StoredConversations, storedWeight } from './stored-weight.ts'

export interface Continuation {
  /** The conversation so far. Undefined when none is stored here. */
  readonly history: History | undefined
  /** The input with the items that it refers to. Undefined where it refers to no item that is stored here. */
  readonly input: ResolvedInput | undefined
  /** The provider that holds the conversation. No other provider can continue it. */
  readonly pin: ProviderResponse | undefined
  /** Stores the answer. Undefined: the answer is not stored. */
  readonly keeper: AnswerWriter | undefined
}

export interface History {
  readonly messages: readonly Message[]
  /** The messages as items, for a provider that speaks the Responses API. */
  readonly items: readonly JsonObject[]
}

export interface Beginning {
  readonly store: ResponseStore
  readonly owner: string
  readonly storage: StorageOptions
  readonly scan: BodyScan
  /** Id of the new response. It cannot be guessed. */
  readonly id: string
  readonly charge: Charge
}

/** Finds what requests continue. */
export class Continuations {
  readonly #store: ResponseStore
  readonly #newId: () => string

  /** `newId` makes the id of a new response, which must not be guessable. */
  constructor(store: ResponseStore, newId: () => string) {
    this.#store = store
    this.#newId = newId
  }

  begin(
    storage: StorageOptions,
    scan: BodyScan,
    { caller, charge }: { caller: Caller; charge: Charge },
  ): Promise<Result<Continuation, GatewayError>> {
    return begin({ store: this.#store, owner: caller.owner, storage, scan, id: this.#newId(), charge })
  }
}

export async function begin({
  store,
  owner,
  storage,
  scan,
  id,
  charge,
}: Beginning): Promise<Result<Continuation, GatewayError>> {
  // A caller who explicitly asks for storing gets the error before any tokens are spent.
  if (storage.storeIsAsked && storage.previous === undefined) {
    const ready = await store.find(owner, id)
    if (!ready.ok) return ready
  }
  const noRoom = charge(inputWeight(scan, storage))
  if (noRoom !== undefined) return fail(unparsedError(noRoom))
  const previous =
    storage.previous === undefined ? done(undefined) : await findPrevious({ store, owner, charge }, storage.previous)
  if (!previous.ok) return previous
  const input = storage.references ? await resolveReferences({ store, owner, charge }, scan) : done(undefined)
  if (!input.ok) return input
  const turns = previous.value?.turns
  // The text is a copy, because the bytes of the body are released before the answer is complete.
  const given = input.value === undefined ? keptText(scan) : JSON.stringify(input.value.items)
  const { chain = [], chainBytes = 0, held: pin } = previous.value ?? {}
  return done({
    history: turns === undefined ? undefined : { messages: messagesOf(turns), items: itemsForOthers(turns) },
    input: input.value,
    pin,
    keeper: storage.store
      ? new AnswerWriter({ store, owner, id, chain, chainBytes, input: pin === undefined ? given : undefined })
      : undefined,
  })
}

/** The input, to be stored with the answer. Undefined where it is larger than what can be stored. */
function keptText(scan: BodyScan): string | undefined {
  const span = scan.field('input')
  if (span === undefined) return '[]'
  return keptBytes(scan) === 0 ? undefined : scan.bytes.utf8Slice(span.start, span.end)
}

/** Bytes of the input that are kept until the answer is stored. */
function keptBytes(scan: BodyScan): number {
  const span = scan.field('input')
  const bytes = span === undefined ? 0 : span.end - span.start
  return bytes > bounds.stateEntryBytesMax ? 0 : bytes
}

/** Bytes of memory that the input takes until it is answered. */
function inputWeight(scan: BodyScan, { references, store }: StorageOptions): number {
  if (references) return parsedWeight(scan)
  return store ? 2 * keptBytes(scan) : 0
}

interface Previous {
  readonly turns?: readonly LocalResponse[]
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
  const noRoom = charge(storedWeight(chainBytes))
  if (noRoom !== undefined) return fail(unparsedError(noRoom))
  const before = await store.before(owner, stored)
  if (!before.ok) return before
  const turns = before.value.filter((turn) => turn !== undefined)
  const [missing] = stored.chain.filter((_, place) => before.value[place] === undefined)
  // A deleted response must not be sent to a model again, and a conversation with a gap is a different conversation.
  if (missing !== undefined) return fail({ type: 'response-unknown', id: missing, isPrevious: true })
  return done({ turns: [...turns, stored], chain, chainBytes })
}
