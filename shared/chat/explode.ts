// Turns a complete answer into events. `assemble(explode(answer))` equals the answer.
import type { ChatAnswer, Choice } from './answer.ts'
import type { Emit } from './events.ts'
import type { AssistantPart, Citation, JsonObject, Sealed, ToolCallPart } from './parts.ts'

export function explode(answer: ChatAnswer, emit: Emit): void {
  const { id, model, created, serviceTier, fingerprint, extras } = answer
  emit({ type: 'start', id, model, created, serviceTier, fingerprint })
  emitExtras(extras?.answer, (members) => emit({ type: 'answer-extras', of: 'answer', members }))
  for (const [index, choice] of answer.choices.entries()) explodeChoice(choice, index, emit)
  emitExtras(extras?.usage, (members) => emit({ type: 'answer-extras', of: 'usage', members }))
  if (answer.usage !== undefined) emit({ type: 'usage', usage: answer.usage })
  emit({ type: 'end' })
}

function emitExtras(members: JsonObject | undefined, tell: (members: JsonObject) => void): void {
  if (members !== undefined) tell(members)
}

function explodeChoice({ parts, finish, logprobs, extras }: Choice, choice: number, emit: Emit): void {
  for (const place of ['choice', 'message'] as const)
    emitExtras(extras?.[place], (members) => emit({ type: 'choice-extras', choice, of: place, members }))
  for (const [part, value] of parts.entries()) explodePart(value, { choice, part }, emit)
  if (logprobs !== undefined) emit({ type: 'logprobs', choice, tokens: logprobs })
  emit({ type: 'finish', choice, finish })
}

interface Place {
  readonly choice: number
  readonly part: number
}

function explodePart(value: AssistantPart, at: Place, emit: Emit): void {
  switch (value.type) {
    case 'text':
      emit({ type: 'text-start', ...at })
      if (value.text !== '') emit({ type: 'text-delta', ...at, text: value.text })
      emitCitations(value.citations, at, emit)
      emitSealed('signature', value.signature, at, emit)
      emit({ type: 'text-end', ...at })
      break
    case 'refusal':
      emit({ type: 'refusal-start', ...at })
      if (value.text !== '') emit({ type: 'refusal-delta', ...at, text: value.text })
      emit({ type: 'refusal-end', ...at })
      break
    case 'reasoning':
      emit({ type: 'reasoning-start', ...at, id: value.id })
      if (value.text !== '') emit({ type: 'reasoning-delta', ...at, text: value.text })
      emitSealed('signature', value.signature, at, emit)
      emitSealed('encrypted', value.encrypted, at, emit)
      emit({ type: 'reasoning-end', ...at })
      break
    case 'tool-call':
      explodeCall(value, at, emit)
      emit({ type: 'tool-input-end', ...at })
      break
    default:
      emit({ type: 'part', ...at, value })
  }
}

function explodeCall({ id, name, form, input, signature }: ToolCallPart, at: Place, emit: Emit): void {
  emit({ type: 'tool-input-start', ...at, id, name, form, signed: signature !== undefined })
  emitSealed('signature', signature, at, emit)
  if (input !== '') emit({ type: 'tool-input-delta', ...at, text: input })
}

function emitCitations(citations: readonly Citation[] | undefined, at: Place, emit: Emit): void {
  for (const citation of citations ?? []) emit({ type: 'citation', ...at, citation })
}

function emitSealed(type: 'signature' | 'encrypted', sealed: Sealed | undefined, at: Place, emit: Emit): void {
  if (sealed !== undefined) emit({ type, ...at, sealed })
}
