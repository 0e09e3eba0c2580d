// What an inference request asks for, whether its body is JSON or a form. The conversation in it is parsed when somebody asks
// for it.

import type { JsonObject } from '../../../shared/chat/parts.ts'
import type { ChatRequest } from '../../../shared/chat/request.ts'
import type { BodyScan } from '../../../shared/json/scan.ts'
import type { Edit } from '../../../shared/json/splice.ts'
import { parsedWeight } from '../../../shared/json/weight.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import { type Continuation, storedLength } from '../conversations/continuation.ts'
import { storedWeight } from '../conversations/stored-weight.ts'
import type { InboundDialect } from '../dialects/dialect.ts'
import type { Unparsed } from '../errors/gateway-error.ts'
import type { BodyLease } from './body-lease.ts'
import type { AskedForm } from './form-body.ts'
import { type ParsedChat, parseBody, parseConversation, parsedChat } from './parse-conversation.ts'

export interface AskedJson {
  readonly type: 'json'
  readonly scan: BodyScan
  /** Changes to the body that do not depend on the target. */
  readonly edits: readonly Edit[]
}

export interface InferenceFacts {
  readonly model: string
  /** The request's own fallback list; undefined when it has none. */
  readonly fallbacks: readonly string[] | undefined
  readonly stream: boolean
  /** Whether the caller asked for the usage chunk of a stream. */
  readonly showUsage: boolean
  readonly body: AskedJson | ({ readonly type: 'form' } & AskedForm)
  /** Reads the conversation; undefined for operations that have none in neutral form. */
  readonly inbound: InboundDialect | undefined
  /** The header in which the caller asks for beta features of Anthropic's API. */
  readonly betas: string | undefined
  /** What the request continues, and whether its answer is stored. */
  readonly state: Continuation | undefined
  /** The body, to which its parsed form is charged. */
  readonly lease: BodyLease
}

export class InferenceRequest {
  readonly facts: InferenceFacts
  /** The conversation that a policy put in the place of the body's: from then on the body's own bytes are not sent. */
  readonly replaced: ChatRequest | undefined
  #parsed: Result<ParsedChat, Unparsed> | undefined

  constructor(facts: InferenceFacts, replaced?: ChatRequest) {
    this.facts = facts
    this.replaced = replaced
  }

  get model(): string {
    return this.facts.model
  }

  /** Whether the request has a conversation that can be read, changed and filtered. */
  get hasConversation(): boolean {
    return this.facts.inbound !== undefined && this.facts.body.type === 'json'
  }

  /** The conversation; called only where `hasConversation`. It is parsed once, and kept until `forget`. */
  parsed(): Result<ParsedChat, Unparsed> {
    this.#parsed ??= this.#parse()
    return this.#parsed
  }

  /** Drops the parsed conversation, which is many times as large as its body. Whoever asks again has it parsed again. */
  forget(): void {
    this.#parsed = undefined
  }

  /** The same request with another conversation in it. */
  with(replaced: ChatRequest): InferenceRequest {
    return new InferenceRequest(this.facts, replaced)
  }

  #parse(): Result<ParsedChat, Unparsed> {
    if (this.replaced !== undefined) return done(parsedChat(this.replaced))
    const { body, inbound, state, betas, lease } = this.facts
    if (inbound === undefined || body.type === 'form')
      return fail({ type: 'unreadable', path: 'body', message: 'has no conversation' })
    const { history, referred } = state ?? {}
    const noRoom = lease.chargeUpTo(parsedWeight(body.scan) + storedWeight(storedLength(state)))
    if (noRoom !== undefined) return fail(noRoom)
    return parseConversation({ inbound, body: bodyOf(body.scan), history, referred, betas })
  }
}

/** The members of a scanned body. */
export function bodyOf({ bytes, open, close }: BodyScan): JsonObject {
  return parseBody(bytes.subarray(open, close))
}
