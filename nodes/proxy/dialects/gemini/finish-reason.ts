// Finish reasons of Gemini. An unknown reason is read as a stop, and kept in `raw` (wire 72).
import type { Finish, FinishReason } from '../../../../shared/chat/answer.ts'
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { finishOfWord } from '../common/answers/finish-words.ts'

const readings: Readonly<Record<string, FinishReason>> = {
  STOP: 'stop',
  MAX_TOKENS: 'length',
  SAFETY: 'content-filter',
  RECITATION: 'content-filter',
  LANGUAGE: 'content-filter',
  BLOCKLIST: 'content-filter',
  PROHIBITED_CONTENT: 'content-filter',
  SPII: 'content-filter',
  IMAGE_SAFETY: 'content-filter',
  IMAGE_PROHIBITED_CONTENT: 'content-filter',
  IMAGE_RECITATION: 'content-filter',
  MODEL_ARMOR: 'content-filter',
  OTHER: 'stop',
  MALFORMED_FUNCTION_CALL: 'stop',
  UNEXPECTED_TOOL_CALL: 'stop',
  TOO_MANY_TOOL_CALLS: 'stop',
  MISSING_THOUGHT_SIGNATURE: 'stop',
  MALFORMED_RESPONSE: 'stop',
  NO_IMAGE: 'stop',
  IMAGE_OTHER: 'stop',
}

/** `message` explains a content filter; beside a stop it only repeats the reason. */
export function readGeminiFinish(raw: Json, message: Json): Finish {
  if (typeof raw !== 'string' || raw === '') return { reason: 'stop' }
  const reason = (Object.hasOwn(readings, raw) ? readings[raw] : undefined) ?? finishOfWord(raw) ?? 'stop'
  const explained = reason === 'content-filter' && typeof message === 'string' && message !== ''
  return explained ? { reason, raw, explanation: message } : { reason, raw }
}

/** A blocked prompt has no candidate (wire 73). */
export function readGeminiBlock({ blockReason, block_reason, blockReasonMessage }: JsonObject): Finish | undefined {
  const raw = blockReason ?? block_reason
  if (typeof raw !== 'string' || raw === '' || raw === 'BLOCK_REASON_UNSPECIFIED') return undefined
  const explained = typeof blockReasonMessage === 'string' && blockReasonMessage !== ''
  return { reason: 'content-filter', raw, explanation: explained ? blockReasonMessage : undefined }
}

const words: Readonly<Record<FinishReason, string>> = {
  stop: 'STOP',
  length: 'MAX_TOKENS',
  'context-length': 'MAX_TOKENS',
  'tool-calls': 'STOP',
  'content-filter': 'SAFETY',
  refusal: 'PROHIBITED_CONTENT',
  pause: 'STOP',
}

/** A reason that came from Google is printed unchanged. */
export function printGeminiFinish({ reason, raw, explanation }: Finish): JsonObject {
  const own = raw !== undefined && Object.hasOwn(readings, raw) && readings[raw] === reason
  const finishReason = own ? raw : words[reason]
  return { finishReason, ...(explanation === undefined ? {} : { finishMessage: explanation }) }
}
