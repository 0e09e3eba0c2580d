// Error bodies of Cohere: {"message"}, with an id.
import { type ChatError, type ChatErrorKind, errorKindOfStatus } from '../../../../shared/chat/error.ts'
import { closerKind } from '../common/errors/closer-kind.ts'
import { errorObjectIn, wordsOfBody } from '../common/errors/error-words.ts'
import { statedWaitMs } from '../common/errors/stated-wait.ts'

/** Cohere's own statuses: 498 for a blocked token, 499 for a request that was cancelled or took too long. */
const kindsByStatus: Readonly<Record<number, ChatErrorKind>> = { 498: 'authentication', 499: 'timeout' }

export function parseCohereError(status: number, body: Buffer): ChatError {
  const message = wordsOfBody(body)
  const kind = kindsByStatus[status] ?? errorKindOfStatus(status)
  const retryAfterMs = statedWaitMs(errorObjectIn(body) ?? {}, message)
  return { kind: closerKind(kind, message), message, retryAfterMs }
}
