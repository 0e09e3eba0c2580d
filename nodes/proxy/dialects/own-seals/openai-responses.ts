// The Responses API: takes the reasoning of other models out of a body that passes through to OpenAI, which cannot decrypt
// it and does not know the ids of its items.
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { isObject } from '../common/body-reader.ts'
import { readSeal } from '../common/sealed-parts.ts'
import { madeThought } from '../openai-responses/made-ids.ts'
import { encryptedContent } from '../openai-responses/parse-input.ts'

export function withOwnReasoning(body: JsonObject): JsonObject {
  const { input } = body
  return Array.isArray(input) ? { ...body, input: input.flatMap(ownItem) } : body
}

function ownItem(item: Json): Json[] {
  if (!isObject(item) || item['type'] !== 'reasoning') return [item]
  const { id, encrypted_content: encrypted } = item
  const isMade = typeof id === 'string' && id.startsWith(madeThought)
  if (typeof encrypted !== 'string' || encrypted === '') return isMade ? [] : [item]
  const seal = readSeal(encrypted, encryptedContent)
  if (seal.sealed.family !== encryptedContent.family || seal.kind !== encryptedContent.kind) return []
  if (seal.sealed.data === encrypted) return [item]
  return [{ ...item, id: seal.id, encrypted_content: seal.sealed.data }]
}
