// Chat completions: takes the signatures and the reasoning out of a body that passes through to a host that refuses them.
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { isObject } from '../common/body-reader.ts'

export interface Refused {
  /** Whether Google's signatures are refused, which stand in `extra_content`. */
  readonly signatures: boolean
  readonly reasoning: boolean
}

export function withoutRefused(body: JsonObject, refused: Refused): JsonObject {
  const { messages } = body
  return Array.isArray(messages) ? { ...body, messages: messages.map((message) => allowed(message, refused)) } : body
}

function allowed(message: Json, refused: Refused): Json {
  if (!isObject(message) || message['role'] !== 'assistant') return message
  const kept = refused.reasoning ? withoutReasoning(message) : message
  if (!refused.signatures) return kept
  const { tool_calls: calls } = kept
  const unsigned = withoutSignature(kept)
  return Array.isArray(calls) ? { ...unsigned, tool_calls: calls.map(unsignedCall) } : unsigned
}

function withoutReasoning(message: JsonObject): JsonObject {
  const { reasoning_content: _text, reasoning_details: _details, ...rest } = message
  return rest
}

function unsignedCall(call: Json): Json {
  return isObject(call) ? withoutSignature(call) : call
}

function withoutSignature(holder: JsonObject): JsonObject {
  const { extra_content: extra, ...rest } = holder
  if (!isObject(extra)) return holder
  const { google: _signature, headgate: _mark, ...others } = extra
  return Object.keys(others).length === 0 ? rest : { ...rest, extra_content: others }
}
