// What is stored of an answer, and how the answer is told. Nothing here depends on where it runs.
import type { AssistantPart, Json, JsonObject } from '../../../shared/chat/parts.ts'
import { tryParseExact } from '../../../shared/json/exact.ts'
import { inputItems, partsOf } from './history.ts'
import type { ReferredTurns } from './item-references.ts'
import { encodeStored, encodeTurn, type ProviderResponse } from './stored-response.ts'

/** The input of a request, as JSON, and the responses that it refers to. */
export interface GivenInput {
  readonly text: Buffer
  readonly referred: ReferredTurns | undefined
}

export interface ToldAnswer {
  /** The body or the terminal event. */
  readonly last: string
  readonly streamed: boolean
  /** The answer in the neutral format, as JSON; undefined where nobody told it. */
  readonly parts: string | undefined
  /** Undefined where a provider holds an earlier part of the conversation, or the input is too large. */
  readonly input: GivenInput | undefined
  readonly chain: readonly string[]
  readonly chainBytes: number
  /** Where the provider keeps its own response; undefined where the bytes did not pass through. */
  readonly provider: Omit<ProviderResponse, 'type'> | undefined
}

export interface KeptAnswer {
  readonly id: string
  /** What is stored; undefined where nothing is. */
  readonly stored: Uint8Array | undefined
  /** Whether the answer says that it is stored, and the answer with the other word. */
  readonly saysStored: boolean
  readonly corrected: string
}

type Response = JsonObject & { readonly id: string }

/** Undefined where there is no response in the answer. */
export function keptAnswer(told: ToldAnswer): KeptAnswer | undefined {
  const { last, streamed } = told
  const span = streamed ? lastData(last) : { start: 0, end: last.length }
  const value = asObject(tryParseExact(last.slice(span.start, span.end)))
  const response = streamed ? asObject(value?.['response']) : value
  if (!isResponse(response)) return undefined
  const saysStored = response['store'] !== false
  const other = { ...response, store: !saysStored }
  const printed = JSON.stringify(streamed ? { ...value, response: other } : other)
  const corrected = last.slice(0, span.start) + printed + last.slice(span.end)
  return { id: response.id, stored: storedOf(response, told), saysStored, corrected }
}

function storedOf(response: Response, told: ToldAnswer): Uint8Array | undefined {
  const { parts, provider } = told
  // A response that failed has `store: false` already.
  if (provider === undefined) return response['store'] === false ? undefined : turnOf(response, parts, told)
  // A provider that speaks the Responses API stores its own responses, unless they say `store: false`.
  if (response['store'] !== false) return encodeStored({ type: 'held', ...provider })
  const { output } = response
  if (told.input === undefined || response['status'] === 'failed' || !Array.isArray(output)) return undefined
  const whole = { ...response, store: true, previous_response_id: told.chain.at(-1) ?? null }
  return turnOf(whole, JSON.stringify(partsOf(output)), told)
}

function turnOf(
  response: Response,
  parts: string | undefined,
  { input, chain, chainBytes }: ToldAnswer,
): Uint8Array | undefined {
  if (parts === undefined || input === undefined) return undefined
  const items = JSON.stringify(inputItems(given(input), response.id))
  return encodeTurn({ chain, chainBytes, response: JSON.stringify(response), input: items, parts })
}

function given({ text, referred }: GivenInput): Json {
  const input = tryParseExact(text.toString('utf8'))
  return referred === undefined || !Array.isArray(input) ? input : referred.resolve(input).items
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

/** What the neutral format of an answer is stored as. */
export function printedParts(parts: readonly AssistantPart[]): string {
  return JSON.stringify(parts)
}
