// Google's models sign texts and calls. Dialects whose texts and calls have no place for a signature carry it in a
// reasoning part of its own beside them, which their clients send back unchanged: `carried` makes these parts and
// `uncarried` puts the signatures back on their parts.
import type { AssistantPart, ReasoningPart, Sealed, SignedPart } from '../../../../shared/chat/parts.ts'
import type { Message } from '../../../../shared/chat/request.ts'

export function carrierOf(signature: Sealed, signs: SignedPart): ReasoningPart {
  return { type: 'reasoning', text: '', signature: { ...signature, signs } }
}

/** The carrier of a call stands before it, because clients expect nothing between a call and its result. */
export function carried(parts: readonly AssistantPart[]): readonly AssistantPart[] {
  if (!parts.some(isSigned)) return parts
  return parts.flatMap((part): AssistantPart[] => {
    if (!isSigned(part)) return [part]
    const { signature, ...plain } = part
    if (plain.type === 'tool-call') return [carrierOf(signature, { call: plain.id }), plain]
    return plain.text === '' ? [carrierOf(signature, 'empty text')] : [plain, carrierOf(signature, 'text')]
  })
}

type Signed = Extract<AssistantPart, { type: 'text' | 'tool-call' }> & { readonly signature: Sealed }

function isSigned(part: AssistantPart): part is Signed {
  return (part.type === 'text' || part.type === 'tool-call') && part.signature !== undefined
}

export function uncarriedIn(messages: readonly Message[]): readonly Message[] {
  return messages.map((message) => {
    if (message.role !== 'assistant') return message
    const parts = uncarried(message.parts)
    return parts === message.parts ? message : { ...message, parts }
  })
}

export function uncarried(parts: readonly AssistantPart[]): readonly AssistantPart[] {
  if (!parts.some((part) => signedBy(part) !== undefined)) return parts
  const ofCalls = new Map<string, Sealed>()
  const restored: AssistantPart[] = []
  for (const part of parts) {
    const carrier = signedBy(part)
    if (carrier === undefined) restored.push(part)
    else if (typeof carrier.signs === 'object') ofCalls.set(carrier.signs.call, carrier.sealed)
    else signText(restored, carrier)
  }
  return restored.map((part) => {
    const signature = part.type === 'tool-call' ? ofCalls.get(part.id) : undefined
    return signature === undefined ? part : { ...part, signature }
  })
}

interface Carrier {
  readonly signs: SignedPart
  readonly sealed: Sealed
}

function signedBy(part: AssistantPart): Carrier | undefined {
  const sealed = part.type === 'reasoning' ? part.signature : undefined
  if (sealed?.signs === undefined) return undefined
  const { signs, family, data } = sealed
  return { signs, sealed: { family, data } }
}

/** A client may have left the text out that was signed: the signature then stands alone. */
function signText(restored: AssistantPart[], { signs, sealed }: Carrier): void {
  const last = restored.at(-1)
  const isSigned = signs === 'text' && last?.type === 'text'
  if (isSigned) restored[restored.length - 1] = { ...last, signature: sealed }
  else restored.push({ type: 'text', text: '', signature: sealed })
}
