// Stores an answer before its last bytes are sent, so that any proxy can serve it once a caller has read it whole. If storing fails, the
// answer is sent all the same with `store: false` in it.
import type { AssistantPart, Json, JsonObject } from '../../../shared/chat/parts.ts'
import { tryParseExact } from '../../../shared/json/exact.ts'
import type { Credential } from '../providers/credential.ts'
import type { Target } from '../providers/endpoint.ts'
import { inputItems, partsOf } from './history.ts'
import type { ResponseStore } from './response-store.ts'
import type { StoredResponse } from './stored-response.ts'

export interface AnswerWriterOptions {
  readonly store: ResponseStore
  readonly owner: string
  readonly id: string
  readonly chain: readonly string[]
  readonly chainBytes: number
  /** The request's input as JSON. Undefined where a provider holds an earlier part of the conversation. */
  readonly input: string | undefined
}

/** The target that answered, and how. */
export interface Served {
  readonly target: Target
  readonly credential: Credential
  /** The bytes passed through, so the response is the provider's own. */
  readonly passesThrough: boolean
  readonly streamed: boolean
}

type Response = JsonObject & { readonly id: string }

export class AnswerWriter {
  readonly #options: AnswerWriterOptions
  /** The answer in the neutral format; undefined where the bytes passed through, so that nothing was printed. */
  #parts: readonly AssistantPart[] | undefined

  constructor(options: AnswerWriterOptions) {
    this.#options = options
  }

  /** Id of the response. */
  get id(): string {
    return this.#options.id
  }

  /** Takes the parts of the answer. The printer of the answer calls it. */
  take(parts: readonly AssistantPart[]): void {
    this.#parts = parts
  }

  /** The same for an answer that another process has read. */
  takePrinted(parts: Buffer): void {
    this.#parts = JSON.parse(parts.toString('utf8')) as readonly AssistantPart[]
  }

  /** Stores the answer. `last` is the body or the terminal event; the result must be sent in its place. */
  async keep(last: string | Buffer, served: Served): Promise<string | Buffer> {
    const text = last.toString('utf8')
    const span = served.streamed ? lastData(text) : { start: 0, end: text.length }
    const value = asObject(tryParseExact(text.slice(span.start, span.end)))
    const response = served.streamed ? asObject(value?.['response']) : value
    if (!isResponse(response)) return last
    const isStored = await this.#store(response, served)
    if (isStored === (response['store'] !== false)) return last
    const corrected = { ...response, store: isStored }
    const printed = JSON.stringify(served.streamed ? { ...value, response: corrected } : corrected)
    return text.slice(0, span.start) + printed + text.slice(span.end)
  }

  async #store(response: Response, served: Served): Promise<boolean> {
    const stored = served.passesThrough ? this.#fromProvider(response, served) : this.#fromPrinter(response)
    const { store, owner } = this.#options
    return stored !== undefined && (await store.keep(owner, response.id, stored))
  }

  /** A response that failed has `store: false` already. */
  #fromPrinter(response: Response): StoredResponse | undefined {
    return response['store'] === false ? undefined : this.#kept(response, this.#parts)
  }

  /** A provider that speaks the Responses API stores its own responses, unless they say `store: false`. */
  #fromProvider(response: Response, { target, credential }: Served): StoredResponse | undefined {
    const { provider, model } = target
    if (response['store'] !== false) {
      return { type: 'held', target: `${provider}/${model}`, provider, credential: credential.name }
    }
    const { input, chain } = this.#options
    const output = response['output']
    if (input === undefined || response['status'] === 'failed' || !Array.isArray(output)) return undefined
    const whole = { ...response, store: true, previous_response_id: chain.at(-1) ?? null }
    return this.#kept(whole, partsOf(output))
  }

  #kept(response: Response, parts: readonly AssistantPart[] | undefined): StoredResponse | undefined {
    const { input: given, chain, chainBytes } = this.#options
    if (parts === undefined || given === undefined) return undefined
    const input = inputItems(tryParseExact(given), response.id)
    return { type: 'kept', response, input, parts, chain, chainBytes }
  }
}

function isResponse(value: JsonObject | undefined): value is Response {
  return typeof value?.['id'] === 'string'
}

function asObject(value: Json): JsonObject | undefined {
  return typeof value === 'object' && value !== null ? (value as JsonObject) : undefined
}

/** The place of the data of the last event. */
function lastData(text: string): { start: number; end: number } {
  const at = text.startsWith('data:') ? Math.max(0, text.lastIndexOf('\ndata:') + 1) : text.lastIndexOf('\ndata:') + 1
  const start = text.startsWith('data:', at) ? at + 5 : text.length
  const end = text.slice(start).search(/[\r\n]/)
  return { start, end: end < 0 ? text.length : start + end }
}
