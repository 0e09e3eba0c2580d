// Messages: takes the thoughts of other models out of a body that passes through to Claude, which refuses them.
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { proof, redaction } from '../anthropic/parse-content.ts'
import { isObject } from '../common/body-reader.ts'
import { readSeal } from '../common/sealed-parts.ts'

/** Thoughts without a signature are those of models that do not sign. */
export const unsigned = ['"signature":""', '"signature": ""'] as const

export function withOwnThoughts(body: JsonObject): JsonObject {
  const { messages } = body
  return Array.isArray(messages) ? { ...body, messages: messages.flatMap(ownMessage) } : body
}

function ownMessage(message: Json): Json[] {
  if (!isObject(message) || message['role'] !== 'assistant' || !Array.isArray(message['content'])) return [message]
  const content = message['content'].flatMap(ownBlock)
  return content.length === 0 ? [] : [{ ...message, content }]
}

function ownBlock(block: Json): Json[] {
  if (!isObject(block)) return [block]
  const { type, signature, data } = block
  if (type === 'thinking') return typeof signature === 'string' && !isOwn(signature, proof) ? [] : [block]
  if (type === 'redacted_thinking') return typeof data === 'string' && !isOwn(data, redaction) ? [] : [block]
  return [block]
}

/** Claude's own seals stand without a tag here. */
function isOwn(text: string, own: typeof proof | typeof redaction): boolean {
  return text !== '' && readSeal(text, own).sealed.data === text
}
