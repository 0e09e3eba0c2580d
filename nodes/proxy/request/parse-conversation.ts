// Parses the conversation in a body. Nothing here depends on where it runs.
import type { Need } from '../../../shared/chat/capabilities.ts'
import { needsOf } from '../../../shared/chat/needs.ts'
import type { JsonObject } from '../../../shared/chat/parts.ts'
import type { ChatRequest } from '../../../shared/chat/request.ts'
import { parseExact } from '../../../shared/json/exact.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import type { StoredHistory } from '../conversations/history.ts'
import type { ReferredTurns } from '../conversations/item-references.ts'
import { readBetas } from '../dialects/anthropic/betas.ts'
import type { InboundDialect } from '../dialects/dialect.ts'
import type { Unreadable } from '../errors/gateway-error.ts'

/** A conversation as its dialect means it. */
export interface ParsedChat {
  readonly request: ChatRequest
  readonly needs: readonly Need[]
}

export interface UnparsedConversation {
  readonly inbound: InboundDialect
  readonly body: JsonObject
  /** Earlier turns, for dialects that refer to them by an id. */
  readonly history?: StoredHistory | undefined
  /** Earlier responses whose items the input refers to. */
  readonly referred?: ReferredTurns | undefined
  /** The header in which the caller asks for beta features of Anthropic's API. */
  readonly betas: string | undefined
}

export function parseConversation({
  inbound,
  body,
  history,
  referred,
  betas,
}: UnparsedConversation): Result<ParsedChat, Unreadable> {
  const { input } = body
  const given =
    referred !== undefined && Array.isArray(input) ? { ...body, input: referred.resolve(input).items } : body
  const read = inbound.parseRequest(given, history?.messages())
  if (!read.ok) return fail({ type: 'unreadable', ...read.error })
  return done(parsedChat(betas === undefined ? read.value : { ...read.value, betas: readBetas(betas) }))
}

export function parsedChat(request: ChatRequest): ParsedChat {
  return { request, needs: needsOf(request) }
}

/** The members of a body, which was scanned and is an object. */
export function parseBody(bytes: Buffer): JsonObject {
  return parseExact(bytes.toString('utf8')) as JsonObject
}
