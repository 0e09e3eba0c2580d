// What is stored of a response that a caller may refer to later. A response that was translated is stored here as a whole. A response
// that passed through is held by its provider, and only its place is stored.
import type { StateKey } from '../../../cluster/state/state-store.ts'
import type { AssistantPart, JsonObject } from '../../../shared/chat/parts.ts'
import { parseExact, tryParseExact } from '../../../shared/json/exact.ts'

export type StoredResponse = LocalResponse | ProviderResponse

export interface LocalResponse {
  readonly type: 'kept'
  /** The response as it was sent to the caller. */
  readonly response: JsonObject
  /** The items of its own input, each with an id, without those of the responses before it. */
  readonly input: readonly JsonObject[]
  /** The answer in the neutral format, with the encrypted reasoning that its provider needs unchanged. */
  readonly parts: readonly AssistantPart[]
  /** Ids of the responses before it, oldest first. */
  readonly chain: readonly string[]
  /** Size of the stored responses of the chain. */
  readonly chainBytes: number
}

export interface ProviderResponse {
  readonly type: 'held'
  /** Name of the target: `provider/model`. */
  readonly target: string
  readonly provider: string
  /** Name of the credential: another account does not have the response. */
  readonly credential: string
}

const version = 1

/** The parts of a kept response as JSON. */
export interface PrintedTurn {
  readonly chain: readonly string[]
  readonly chainBytes: number
  readonly response: string
  readonly input: string
  readonly parts: string
}

export function encodeStored(stored: StoredResponse): Uint8Array {
  if (stored.type === 'held') return Buffer.from(JSON.stringify({ version, ...stored }))
  const { chain, chainBytes, response, input, parts } = stored
  const printed = { response: JSON.stringify(response), input: JSON.stringify(input), parts: JSON.stringify(parts) }
  return encodeTurn({ chain, chainBytes, ...printed })
}

/** What is read of every response stands before what may be large. */
export function encodeTurn({ chain, chainBytes, response, input, parts }: PrintedTurn): Uint8Array {
  const head = JSON.stringify({ version, type: 'kept', chain, chainBytes }).slice(0, -1)
  return Buffer.from(`${head}${responseMark}${response},"input":${input},"parts":${parts}}`)
}

const responseMark = ',"response":'
/** A chain has at most some hundred ids. */
const headBytesMax = 64 << 10

/** A kept response as it is stored. Its parsed form is many times as large, so it is made when it is needed. */
export class StoredTurn {
  readonly type = 'kept'
  readonly chain: readonly string[]
  readonly chainBytes: number
  readonly bytes: Buffer

  constructor({ chain, chainBytes }: Pick<LocalResponse, 'chain' | 'chainBytes'>, bytes: Buffer) {
    this.chain = chain
    this.chainBytes = chainBytes
    this.bytes = bytes
  }

  read(): LocalResponse {
    return decodeTurn(this.bytes)
  }
}

export function decodeTurn(bytes: Buffer): LocalResponse {
  return parseExact(bytes.toString('utf8')) as LocalResponse
}

/** Undefined for a response in the format of another release. */
export function openStored(stored: Uint8Array): StoredTurn | ProviderResponse | undefined {
  const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength)
  const start = bytes.latin1Slice(0, Math.min(bytes.length, headBytesMax))
  const mark = start.indexOf(responseMark)
  const head = tryParseExact(mark < 0 ? bytes.toString('utf8') : `${start.slice(0, mark)}}`) as StoredHead | null
  if (head?.version !== version) return undefined
  if (head.type === 'held') return head
  const { chain, chainBytes } = head.chain === undefined ? tailOf(bytes) : head
  return chain === undefined || chainBytes === undefined ? undefined : new StoredTurn({ chain, chainBytes }, bytes)
}

type Chained = Partial<Pick<LocalResponse, 'chain' | 'chainBytes'>>
type StoredHead = { readonly version: number } & (ProviderResponse | ({ readonly type: 'kept' } & Chained))

/** Earlier releases wrote the chain behind everything else. */
function tailOf(bytes: Buffer): Chained {
  const at = bytes.lastIndexOf(',"chain":[')
  return (tryParseExact(`{${bytes.toString('utf8', at + 1)}`) as Chained | undefined) ?? {}
}

/** The places of a response: the present one, then those of earlier releases, which knew owners by their names alone. An owner that
 *  this release has made has nothing there. */
export function keysOf(owner: string, id: string): readonly StateKey[] {
  if (!/^(team|user|app) /.test(owner)) return [{ owner, id }]
  return [
    { owner, id },
    { owner, id, former: true },
    { owner: owner.replace(' ', ':'), id, former: true },
  ]
}

/** The part of a response's id that the ids of its items contain. */
export function stemOf(id: string): string {
  return id.slice(id.indexOf('_') + 1)
}

/** The id of the response that an item is part of: `msg_<stem>_3`. Undefined for an id that the gateway did not make. */
export function responseOfItem(itemId: string): string | undefined {
  const stem = /^[a-z]+_([0-9a-f]{48})_i?\d+$/.exec(itemId)?.[1]
  return stem === undefined ? undefined : `resp_${stem}`
}
