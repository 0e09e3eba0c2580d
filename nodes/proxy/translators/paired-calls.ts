// Calls of tools and their results. Providers refuse a call without a result directly behind it, a result without a call before it,
// and a second result. Results that stand elsewhere move behind their calls; nothing else can be mended, so it is refused.
import type { AssistantPart, Dialect, ToolCallPart, ToolResultPart } from '../../../shared/chat/parts.ts'
import type { ChatRequest, Message } from '../../../shared/chat/request.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import type { BadRequest } from '../dialects/dialect.ts'

/** The request with each turn that calls tools as one message, and its results, in the order of the calls, first in the next. */
export function withPairedCalls(request: ChatRequest): Result<ChatRequest, BadRequest> {
  if (!request.messages.some(usesTools)) return done(request)
  const results = new WaitingCalls()
  for (const message of request.messages) {
    const lone = results.add(message)
    if (lone !== undefined)
      return unpaired(request, `has the tool result "${shownId(lone)}" without a call that waits for it`)
  }
  const waiting = results.firstWaiting()
  if (waiting !== undefined) return unpaired(request, `has the tool call "${shownId(waiting)}" without a result`)
  const messages = new PairedMessages(results.ofCalls)
  for (const message of request.messages) messages.add(message)
  return done({ ...request, messages: messages.all() })
}

function usesTools({ parts }: Message): boolean {
  return parts.some(({ type }) => type === 'tool-call' || type === 'tool-result')
}

/** An id may have any length. */
function shownId(id: string): string {
  return id.slice(0, 128)
}

const conversations: Readonly<Partial<Record<Dialect, string>>> = { 'openai-responses': 'input', gemini: 'contents' }

function unpaired({ dialect }: ChatRequest, message: string): Result<never, BadRequest> {
  return fail({ path: conversations[dialect] ?? 'messages', message })
}

/** Matches each result with the oldest call of its id that has none. */
class WaitingCalls {
  /** The results of all calls, in the order of the calls. */
  readonly ofCalls: (ToolResultPart | undefined)[] = []
  /** The ids of the calls. */
  readonly #ids: string[] = []
  /** The places of the calls by id. Those before `next` have a result. */
  readonly #waiting = new Map<string, { readonly places: number[]; next: number }>()

  /** Returns the id of a result that has no call. */
  add({ parts }: Message): string | undefined {
    for (const part of parts) {
      if (part.type === 'tool-call') this.#call(part)
      else if (part.type === 'tool-result') {
        const calls = this.#waiting.get(part.callId)
        const place = calls?.places[calls.next]
        if (calls === undefined || place === undefined) return part.callId
        calls.next++
        this.ofCalls[place] = part
      }
    }
    return undefined
  }

  firstWaiting(): string | undefined {
    return this.#ids.find((_, place) => this.ofCalls[place] === undefined)
  }

  #call({ id }: ToolCallPart): void {
    const calls = this.#waiting.get(id) ?? { places: [], next: 0 }
    this.#waiting.set(id, calls)
    calls.places.push(this.#ids.push(id) - 1)
  }
}

type AssistantMessage = Message & { readonly role: 'assistant' }

class PairedMessages {
  readonly #results: readonly (ToolResultPart | undefined)[]
  readonly #messages: Message[] = []
  /** Messages of the assistant that follow each other. */
  #turn: AssistantMessage[] = []
  /** The results of the turn before, which go into the next message if that is the user's. */
  #heard: ToolResultPart[] = []
  #calls = 0

  constructor(results: readonly (ToolResultPart | undefined)[]) {
    this.#results = results
  }

  add(message: Message): void {
    if (message.role === 'assistant') {
      this.#flushResults()
      this.#turn.push(message)
      return
    }
    this.#flushTurn()
    if (message.role === 'system') {
      this.#flushResults()
      this.#messages.push(message)
      return
    }
    const rest = message.parts.filter(({ type }) => type !== 'tool-result')
    const parts = [...this.#heard, ...rest]
    this.#heard = []
    // A message whose results have all moved away says nothing.
    if (parts.length > 0 || message.parts.length === 0) this.#messages.push({ ...message, parts })
  }

  all(): readonly Message[] {
    this.#flushTurn()
    this.#flushResults()
    return this.#messages
  }

  #flushTurn(): void {
    const turn = this.#turn
    this.#turn = []
    const [first] = turn
    if (first === undefined) return
    const parts: AssistantPart[] = turn.flatMap((message) => [...message.parts])
    const calls = parts.filter(({ type }) => type === 'tool-call').length
    if (calls === 0) this.#messages.push(...turn)
    else this.#messages.push(turn.length === 1 ? first : { ...first, parts })
    for (const result of this.#results.slice(this.#calls, this.#calls + calls))
      if (result !== undefined) this.#heard.push(result)
    this.#calls += calls
  }

  #flushResults(): void {
    if (this.#heard.length > 0) this.#messages.push({ role: 'user', parts: this.#heard })
    this.#heard = []
  }
}
