// Google's thought signatures in chat completions. They stand in `extra_content` of a call or of the message, as in
// Google's OpenAI-compatible API; official clients send both back. A message has one text, so a mark beside the signature
// says whether it belongs to that text or to an empty part behind it.
import type { AssistantPart, JsonObject, Sealed, TextPart } from '../../../../shared/chat/parts.ts'
import { isObject, saidIn } from '../common/body-reader.ts'

export function readSignature(holder: JsonObject): Sealed | undefined {
  const extra = holder['extra_content']
  const google = isObject(extra) ? extra['google'] : undefined
  const data = isObject(google) ? saidIn(google['thought_signature']) : undefined
  return data === undefined ? undefined : { family: 'google', data }
}

/** `extra_content` of a call; undefined where there is none. */
export function printSignature(signature: Sealed | undefined): JsonObject | undefined {
  return signature?.family === 'google' ? { google: { thought_signature: signature.data } } : undefined
}

/** `extra_content` of a message. `isEmpty`: the signed part has no text. */
export function printTextSignature(signature: Sealed | undefined, isEmpty: boolean): JsonObject | undefined {
  const printed = printSignature(signature)
  return printed === undefined || !isEmpty ? printed : { ...printed, headgate: { empty_part: true } }
}

/** The same for the parts of a whole message: the last signature counts. */
export function signatureOfTexts(parts: readonly AssistantPart[]): JsonObject | undefined {
  const signed = parts.findLast((part): part is TextPart => part.type === 'text' && part.signature !== undefined)
  return signed === undefined ? undefined : printTextSignature(signed.signature, signed.text === '')
}

export function signsEmptyPart(message: JsonObject): boolean {
  const extra = message['extra_content']
  const mark = isObject(extra) ? extra['headgate'] : undefined
  return isObject(mark) && mark['empty_part'] === true
}

/** The parts of a message's content with the signature on its part. */
export function withTextSignature(parts: readonly AssistantPart[], message: JsonObject): readonly AssistantPart[] {
  const signature = readSignature(message)
  if (signature === undefined) return parts
  const last = parts.findLastIndex(({ type }) => type === 'text')
  if (last < 0 || signsEmptyPart(message)) return [...parts, { type: 'text', text: '', signature }]
  return parts.map((part, i) => (i === last && part.type === 'text' ? { ...part, signature } : part))
}
