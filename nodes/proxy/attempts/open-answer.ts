// Chooses how a good answer is read, by what was asked for and by what the answer says it is.
import type { Operation } from '../operations/operation.ts'
import { eventStream, type StreamOptions } from '../streams/answer-stream.ts'
import { type AnswerReader, type ReadAttempt, StreamReader, WholeReader } from './answer-reader.ts'

export interface OpenedAttempt extends ReadAttempt {
  readonly operation: Operation
  /** Whether a stream was asked for. */
  readonly wantsStream: boolean
  streamOptions(): StreamOptions
}

/** The reader of a good answer; undefined where the answer is not what was asked for. */
export function openAnswer(attempt: OpenedAttempt, contentType: string): AnswerReader | undefined {
  const { answersAnyhow } = attempt.operation
  if (answersAnyhow !== undefined) return openAnyhow(attempt, contentType, answersAnyhow)
  return attempt.wantsStream ? openStream(attempt, contentType) : openWhole(attempt, contentType)
}

function openWhole(attempt: OpenedAttempt, contentType: string): AnswerReader | undefined {
  return contentType.includes('json') ? new WholeReader(attempt, contentType) : undefined
}

function openStream(attempt: OpenedAttempt, contentType: string): AnswerReader | undefined {
  const { translator } = attempt
  if (!contentType.startsWith(translator.streamType)) return undefined
  return new StreamReader(attempt, translator.openStream(attempt.streamOptions()))
}

/** The reader of an answer that says itself what it is, whatever was asked for. */
function openAnyhow(
  attempt: OpenedAttempt,
  contentType: string,
  how: NonNullable<Operation['answersAnyhow']>,
): AnswerReader | undefined {
  const { translator } = attempt
  if (how !== 'bytes' && contentType.startsWith(eventStream)) return openStream(attempt, contentType)
  if (how !== 'bytes' && contentType.includes('json')) return openWhole(attempt, contentType)
  const stream = translator.openBytes?.(contentType || 'application/octet-stream', attempt.streamOptions())
  return stream === undefined ? undefined : new StreamReader(attempt, stream)
}
