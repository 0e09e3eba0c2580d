// What a request of the Responses API goes on from, and what is to become of its answer: worked out before the first attempt.

import { bounds } from '../../../shared/bounds.ts'
import type { JsonObject } from '../../../shared/chat/parts.ts'
import type { Message } from '../../../shared/chat/request.ts'
import type { BodyScan } from '../../../shared/json/scan.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import { type Caller, objectOwner } from '../auth/callers.ts'
import type { GatewayError } from '../errors/gateway-error.ts'
import { AnswerWriter } from './answer-store.ts'
import { itemsForOthers, messagesOf } from './history.ts'
import { type ResolvedInput, resolveReferences } from './item-references.ts'
import type { ResponseStore } from './response-store.ts'
import type { StorageOptions } from './storage-options.ts'
import type { LocalResponse, ProviderResponse } from './stored-response.ts'

export interface Continuation {
  /** The conversation so far; undefined when there is none here. */
  readonly history: History | undefined
  /** The input with the items that it refers to in their places; undefined where it refers to none of ours. */
  readonly input: ResolvedInput | undefined
  /** Where the conversation lies, when a provider holds it: no other one can go on with it. */
  readonly pin: ProviderResponse | undefined
  /** Undefined: the answer is not stored. */
  readonly keeper: AnswerWriter | undefined
}

export interface History {
  readonly messages: readonly Message[]
  /** The same for a provider that speaks the Responses API. */
  readonly items: readonly JsonObject[]
}

export interface Beginning {
  readonly store: ResponseStore
  readonly owner: string
  readonly storage: StorageOptions
  readonly scan: BodyScan
  /** Of the response to come; it cannot be guessed. */
  readonly id: string
}

/** Finds what requests continue. */
export class Continuations {
  readonly #store: ResponseStore
  readonly #newId: () => string

  /** `newId` makes the id of a new response; nobody can guess it. */
  constructor(store: ResponseStore, newId: () => string) {
    this.#store = store
    this.#newId = newId
  }

  begin(storage: StorageOptions, scan: BodyScan, caller: Caller): Promise<Result<Continuation, GatewayError>> {
    return begin({ store: this.#store, owner: objectOwner(caller), storage, scan, id: this.#newId() })
  }
}

export async function begin({
  store,
  owner,
  storage,
  scan,
  id,
}: Beginning): Promise<Result<Continuation, GatewayError>> {
  // Before anything is spent: whoever insists on storing is told when it cannot be.
  if (storage.storeIsAsked && storage.previous === undefined) {
    const ready = await store.find(owner, id)
    if (!ready.ok) return ready
  }
  const previous = storage.previous === undefined ? done(undefined) : await findPrevious(store, owner, storage.previous)
  if (!previous.ok) return previous
  const input = storage.references ? await resolveReferences(store, owner, scan) : done(undefined)
  if (!input.ok) return input
  const turns = previous.value?.turns
  // A copy: the body's own bytes are given back before the answer is whole.
  const given = input.value === undefined ? inputText(scan) : JSON.stringify(input.value.items)
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

function inputText(scan: BodyScan): string {
  const span = scan.field('input')
  return span === undefined ? '[]' : scan.bytes.utf8Slice(span.start, span.end)
}

interface Previous {
  readonly turns?: readonly LocalResponse[]
  readonly held?: ProviderResponse
  readonly chain?: readonly string[]
  readonly chainBytes?: number
}

async function findPrevious(store: ResponseStore, owner: string, id: string): Promise<Result<Previous, GatewayError>> {
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
  const before = await store.before(owner, stored)
  if (!before.ok) return before
  const turns = before.value.filter((turn) => turn !== undefined)
  const [missing] = stored.chain.filter((_, place) => before.value[place] === undefined)
  // A deleted response must not be sent to a model again, and a conversation with a gap is a different conversation.
  if (missing !== undefined) return fail({ type: 'response-unknown', id: missing, isPrevious: true })
  return done({ turns: [...turns, stored], chain, chainBytes })
}
