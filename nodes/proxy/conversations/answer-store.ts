// Stores an answer before its last bytes are sent, so that any proxy can serve it once a caller has read it whole. If storing fails, the
// answer is sent all the same with `store: false` in it.
import type { AssistantPart } from '../../../shared/chat/parts.ts'
import type { Credential } from '../providers/credential.ts'
import type { Target } from '../providers/endpoint.ts'
import { type GivenInput, printedParts, type ToldAnswer } from './kept-answer.ts'
import { keptAnswerOf, type LargeTurns } from './large-turns.ts'
import type { ResponseStore } from './response-store.ts'

export interface AnswerWriterOptions {
  readonly store: ResponseStore
  readonly owner: string
  readonly id: string
  readonly chain: readonly string[]
  readonly chainBytes: number
  /** The request's input. Undefined where a provider holds an earlier part of the conversation. */
  readonly input: GivenInput | 'too-large' | undefined
  readonly work: LargeTurns
}

/** The target that answered, and how. */
export interface Served {
  readonly target: Target
  readonly credential: Credential
  /** The bytes passed through, so the response is the provider's own. */
  readonly passesThrough: boolean
  readonly streamed: boolean
}

export class AnswerWriter {
  readonly #options: AnswerWriterOptions
  /** The answer in the neutral format, as JSON; undefined where the bytes passed through, so that nothing was printed. */
  #parts: string | undefined

  constructor(options: AnswerWriterOptions) {
    this.#options = options
  }

  /** Id of the response. */
  get id(): string {
    return this.#options.id
  }

  /** Takes the parts of the answer. The printer of the answer calls it. */
  take(parts: readonly AssistantPart[]): void {
    this.#parts = printedParts(parts)
  }

  /** The same for an answer that another process has read. */
  takePrinted(parts: Buffer): void {
    this.#parts = parts.toString('utf8')
  }

  /** Stores the answer. `last` is the body or the terminal event; the result must be sent in its place. */
  async keep(last: string | Buffer, served: Served): Promise<string | Buffer> {
    const { store, owner, work } = this.#options
    const kept = await keptAnswerOf(this.#told(last.toString('utf8'), served), work)
    if (kept === undefined) return last
    const { id, stored, saysStored, corrected } = kept
    const isStored = stored !== undefined && (await store.keepEncoded(owner, id, stored))
    return isStored === saysStored ? last : corrected
  }

  #told(last: string, { target, credential, passesThrough, streamed }: Served): ToldAnswer {
    const { input, chain, chainBytes } = this.#options
    const { provider, model } = target
    const held = { target: `${provider}/${model}`, provider, credential: credential.name }
    return {
      last,
      streamed,
      parts: this.#parts,
      input: input === 'too-large' ? undefined : input,
      chain,
      chainBytes,
      provider: passesThrough ? held : undefined,
    }
  }
}
