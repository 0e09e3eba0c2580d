// Gemini: takes the signatures of other models out of a body that passes through to Google, which refuses them.
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { isObject } from '../common/body-reader.ts'
import { readSeal, sealTag } from '../common/sealed-parts.ts'
import { member } from '../gemini/members.ts'
import { thoughtSignature } from '../gemini/parse-content.ts'

export function withOwnSignatures(body: JsonObject): JsonObject {
  const { contents } = body
  return Array.isArray(contents) ? { ...body, contents: contents.flatMap(ownContent) } : body
}

function ownContent(content: Json): Json[] {
  if (!isObject(content) || !Array.isArray(content['parts'])) return [content]
  const parts = content['parts'].flatMap(ownPart)
  return parts.length === 0 && content['parts'].length > 0 ? [] : [{ ...content, parts }]
}

function ownPart(part: Json): Json[] {
  const written = isObject(part) ? member(part, 'thoughtSignature') : undefined
  if (!isObject(part) || typeof written !== 'string' || !written.startsWith(sealTag)) return [part]
  const { thoughtSignature: _camel, thought_signature: _snake, ...plain } = part
  const { sealed } = readSeal(written, thoughtSignature)
  if (sealed.family === thoughtSignature.family) return [{ ...plain, thoughtSignature: sealed.data }]
  return part['thought'] === true ? [] : [plain]
}
