// Parses the conversation in a body. Nothing here depends on where it runs.
import type { Need } from '../../../shared/chat/capabilities.ts'
import { needsOf } from '../../../shared/chat/needs.ts'
import type { JsonObject } from '../../../shared/chat/parts.ts'
import type { ChatRequest, Message } from '../../../shared/chat/request.ts'
import { parseExact } from '../../../shared/json/exact.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
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
  readonly history?: readonly Message[] | undefined
  /** The header in which the caller asks for beta features of Anthropic's API. */
  readonly betas: string | undefined
}

export function parseConversation({
  inbound,
  body,
  history,
  betas,
}: UnparsedConversation): Result<ParsedChat, Unreadable> {
  const read = inbound.parseRequest(body, history)
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
