// Stores an answer before its last bytes go out: by the time a caller has read it whole, any proxy can be asked for it. Where
// that fails the answer goes out all the same, and says that it is not stored.
import type { AssistantPart, Json, JsonObject } from '../../shared/chat/parts.ts'
import { parseExact } from '../../shared/json/exact.ts'
import type { Credential } from './providers/credential.ts'
import type { Endpoint } from './providers/endpoint.ts'
import { inputItems } from './response-history.ts'
import type { ResponseBook } from './responses/response-book.ts'
import type { StoredResponse } from './responses/stored-response.ts'

export interface KeeperOptions {
  readonly book: ResponseBook
  readonly owner: string
  readonly id: string
  readonly chain: readonly string[]
  readonly chainBytes: number
}

/** Who answered, and how. */
export interface Served {
  readonly endpoint: Endpoint
  readonly credential: Credential
  /** The bytes are the provider's own, and so is the response. */
  readonly relayed: boolean
  readonly streamed: boolean
}

export class AnswerKeeper {
  readonly #options: KeeperOptions
  /** Undefined: nobody has told, as of bytes that pass through. */
  #said: { readonly parts: readonly AssistantPart[]; readonly input: Json } | undefined

  constructor(options: KeeperOptions) {
    this.#options = options
  }

  /** Of the response. */
  get id(): string {
    return this.#options.id
  }

  /** What was said, and what it answers: told by whoever prints it. */
  take(parts: readonly AssistantPart[], input: Json): void {
    this.#said = { parts, input }
  }

  /** `last` is the body, or the terminal event; answers with what is to be sent in its place. */
  async keep(last: string | Buffer, served: Served): Promise<string | Buffer> {
    const text = last.toString('utf8')
    const span = served.streamed ? lastData(text) : { start: 0, end: text.length }
    const value = objectIn(text.slice(span.start, span.end))
    const response = served.streamed ? value?.['response'] : value
    if (!isResponse(response) || response['store'] === false) return last
    const { book, owner } = this.#options
    const stored = this.#stored(response, served)
    if (stored !== undefined && (await book.keep(owner, response.id, stored))) return last
    const told = { ...response, store: false }
    const printed = JSON.stringify(served.streamed ? { ...value, response: told } : told)
    return text.slice(0, span.start) + printed + text.slice(span.end)
  }

  #stored(response: JsonObject, { relayed, endpoint, credential }: Served): StoredResponse | undefined {
    const { provider, model } = endpoint
    if (relayed) return { type: 'held', target: `${provider}/${model}`, provider, credential: credential.name }
    if (this.#said === undefined) return undefined
    const { id, chain, chainBytes } = this.#options
    const { parts, input } = this.#said
    return { type: 'kept', response, input: inputItems(input, id), parts, chain, chainBytes }
  }
}

function isResponse(value: unknown): value is JsonObject & { id: string } {
  return typeof value === 'object' && value !== null && typeof (value as JsonObject)['id'] === 'string'
}

function objectIn(text: string): JsonObject | undefined {
  try {
    const value = parseExact(text)
    return typeof value === 'object' && value !== null ? (value as JsonObject) : undefined
  } catch {
    return undefined
  }
}

/** Of the last event: what stands behind `data:`. */
function lastData(text: string): { start: number; end: number } {
  const at = text.startsWith('data:') ? Math.max(0, text.lastIndexOf('\ndata:') + 1) : text.lastIndexOf('\ndata:') + 1
  const start = text.startsWith('data:', at) ? at + 5 : text.length
  const end = text.slice(start).search(/[\r\n]/)
  return { start, end: end < 0 ? text.length : start + end }
}
