// Chooses how a good answer is read, by what was asked for and by what the answer says it is.
import type { Operation } from '../operations/operation.ts'
import { eventStream, type StreamOptions } from '../streams/answer-stream.ts'
import { type AnswerReader, type ReadAttempt, StreamReader, WholeReader } from './answer-reader.ts'
import { bytesType, jsonType } from './media-type.ts'

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
  return isJson(contentType) ? new WholeReader(attempt, jsonType(contentType)) : undefined
}

function openStream(attempt: OpenedAttempt, contentType: string): AnswerReader | undefined {
  const { translator } = attempt
  if (!isOfType(contentType, translator.streamType)) return undefined
  return new StreamReader(attempt, translator.openStream(attempt.streamOptions()))
}

/** The reader of an answer that says itself what it is, whatever was asked for. */
function openAnyhow(
  attempt: OpenedAttempt,
  contentType: string,
  how: NonNullable<Operation['answersAnyhow']>,
): AnswerReader | undefined {
  const { translator } = attempt
  if (how !== 'bytes' && isOfType(contentType, eventStream)) return openStream(attempt, contentType)
  if (how !== 'bytes' && isJson(contentType)) return openWhole(attempt, contentType)
  const stream = translator.openBytes?.(bytesType(contentType), attempt.streamOptions())
  return stream === undefined ? undefined : new StreamReader(attempt, stream)
}

// Media types have no case (RFC 9110, section 8.3.1).

function isOfType(contentType: string, type: string): boolean {
  return contentType.startsWith(type) || contentType.trimStart().toLowerCase().startsWith(type)
}

function isJson(contentType: string): boolean {
  return contentType.includes('json') || contentType.toLowerCase().includes('json')
}
