// Error bodies of Cohere: {"message"}, with an id.
import { type ChatError, type ChatErrorKind, errorKindOfStatus } from '../../../../shared/chat/error.ts'
import { tryParseExact } from '../../../../shared/json/exact.ts'
import { isObject } from '../common/body-reader.ts'
import { plainMessage } from '../openai/error.ts'

/** Cohere's own statuses: 498 for a blocked token, 499 for a request that was cancelled or took too long. */
const kindsByStatus: Readonly<Record<number, ChatErrorKind>> = { 498: 'authentication', 499: 'timeout' }

export function parseCohereError(status: number, body: Buffer): ChatError {
  const value = tryParseExact(body.toString('utf8'))
  const told = isObject(value) ? value['message'] : undefined
  const message = typeof told === 'string' ? told : isObject(value) ? '' : plainMessage(body)
  const kind = kindsByStatus[status] ?? errorKindOfStatus(status)
  const tooLong =
    kind === 'invalid-request' && /too many tokens|too long|context (window|length)|maximum.{0,20}tokens/i.test(message)
  return { kind: tooLong ? 'context-length' : kind, message }
}
