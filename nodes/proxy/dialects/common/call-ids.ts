// Ids of tool calls for providers with narrower rules than their maker's. A conversation may hold ids of several
// providers, and the same id in several turns; a target that wants each id once is sent each once. Calls and results
// are rewritten together. Ids that fit are left alone.
import { createHash } from 'node:crypto'
import type { AssistantPart, UserPart } from '../../../../shared/chat/parts.ts'
import type { ChatRequest, Message } from '../../../../shared/chat/request.ts'
import { DistinctNames } from './distinct-names.ts'

export interface CallIdRules {
  /** Characters that an id must not contain. Global. */
  readonly forbidden?: RegExp | undefined
  readonly charactersMax: number
  /** Whether each id must have exactly `charactersMax` characters. */
  readonly isExact?: boolean | undefined
}

export function withFittingCallIds(request: ChatRequest, rules: CallIdRules): ChatRequest {
  const ids = new CallIds(rules)
  const messages = request.messages.map((message) => fitMessage(message, ids))
  return messages.some((message, i) => message !== request.messages[i]) ? { ...request, messages } : request
}

function fitMessage(message: Message, ids: CallIds): Message {
  if (message.role === 'system') return message
  const parts = (message.parts as readonly (UserPart | AssistantPart)[]).map((part) => fitPart(part, ids))
  return parts.every((part, i) => part === message.parts[i]) ? message : ({ ...message, parts } as Message)
}

function fitPart(part: UserPart | AssistantPart, ids: CallIds): UserPart | AssistantPart {
  if (part.type === 'tool-call') {
    const id = ids.ofCall(part.id)
    return id === part.id ? part : { ...part, id }
  }
  if (part.type !== 'tool-result') return part
  const callId = ids.ofResult(part.callId)
  return callId === part.callId ? part : { ...part, callId }
}

interface CallsOfId {
  /** The written ids of the calls. Those before `next` have a result. */
  readonly written: string[]
  next: number
}

class CallIds {
  readonly #rules: CallIdRules
  readonly #distinct = new DistinctNames()
  /** The calls under each id of the caller. */
  readonly #calls = new Map<string, CallsOfId>()

  constructor(rules: CallIdRules) {
    this.#rules = rules
  }

  ofCall(id: string): string {
    const plain = fitting(id, this.#rules)
    const written = this.#distinct.take({ name: plain, numbered: (n) => other(plain, n, this.#rules) })
    const calls = this.#calls.get(id)
    if (calls === undefined) this.#calls.set(id, { written: [written], next: 0 })
    else calls.written.push(written)
    return written
  }

  ofResult(id: string): string {
    const calls = this.#calls.get(id)
    // A result more than there are calls belongs to the latest.
    return calls?.written[calls.next++] ?? calls?.written.at(-1) ?? fitting(id, this.#rules)
  }
}

function fitting(id: string, { forbidden, charactersMax, isExact }: CallIdRules): string {
  const plain = forbidden === undefined ? id : id.replace(forbidden, '_')
  if (isExact === true) return plain === id && id.length === charactersMax ? id : hashed(id, charactersMax)
  return plain === '' ? 'call' : plain.slice(0, charactersMax)
}

/** The `n`th id for one that is taken. */
function other(plain: string, n: number, { charactersMax, isExact }: CallIdRules): string {
  const ending = `_${n}`
  if (isExact === true) return hashed(plain + ending, charactersMax)
  return plain.slice(0, charactersMax - ending.length) + ending
}

function hashed(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length)
}
