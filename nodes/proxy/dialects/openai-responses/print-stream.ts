// The Responses API: prints events as a stream for a caller. Every event is numbered. An item is announced when it
// begins, extended by deltas, and sent whole when it ends.
import { append } from '../../../../shared/append.ts'
import type { Finish, TokenLogprob } from '../../../../shared/chat/answer.ts'
import type {
  ChatEvent,
  ChoiceExtrasEvent,
  FinishEvent,
  PartDelta,
  ReasoningStart,
  SealedEvent,
  StartEvent,
  ToolInputStart,
  WholePart,
} from '../../../../shared/chat/events.ts'
import type { JsonObject } from '../../../../shared/chat/parts.ts'
import type { Usage } from '../../../../shared/chat/usage.ts'
import { mediaText } from '../anthropic/answer.ts'
import { CarriedEvents } from '../common/carried-events.ts'
import type { PrintFacts, StreamPrinter } from '../dialect.ts'
import { EventLines } from './event-lines.ts'
import {
  callItem,
  type ItemStatus,
  messageItem,
  reasoningItem,
  refusalContent,
  textContent,
  wholeItem,
} from './items.ts'
import { tellsSeals } from './parse-request.ts'
import { PartState } from './part-state.ts'
import { ItemIds, type Outcome, outcomeOf, responseObject, statusOf } from './print-answer.ts'

/** Events of a part, except deltas, which `print` handles itself. */
type PartEvent = Exclude<Extract<ChatEvent, { choice: number }>, PartDelta | FinishEvent | ChoiceExtrasEvent>

export class ResponsesStreamPrinter implements StreamPrinter {
  readonly #facts: PrintFacts
  readonly #ids: ItemIds
  readonly #sealed: boolean
  readonly #lines = new EventLines()
  #begun = false
  #start: StartEvent | undefined
  #usage: Usage | undefined
  #finish: Finish = { reason: 'stop' }
  /** Completed items, by their index in the output. */
  readonly #output: JsonObject[] = []
  #items = 0
  #message: MessageState | undefined
  readonly #open = new Map<number, PartState>()
  readonly #carried = new CarriedEvents((event) => this.#printEvent(event))

  constructor(facts: PrintFacts) {
    this.#facts = facts
    this.#ids = new ItemIds(facts)
    this.#sealed = tellsSeals(facts)
  }

  print(event: ChatEvent): string {
    return this.#carried.take(event)
  }

  #printEvent(event: ChatEvent): string {
    switch (event.type) {
      case 'text-delta':
      case 'refusal-delta':
      case 'reasoning-delta':
      case 'tool-input-delta':
        return event.choice === 0 ? this.#extend(event) : ''
      case 'start':
        this.#start = event
        return ''
      case 'usage':
        this.#usage = event.usage
        return ''
      case 'finish':
        if (event.choice === 0) this.#finish = event.finish
        return ''
      case 'end':
        return this.#printEnd()
      case 'ping':
      case 'answer-extras':
      case 'choice-extras':
      case 'error':
      case 'upstream-cut':
        return ''
      default:
        return event.choice === 0 ? this.#begin() + this.#printPart(event) : ''
    }
  }

  fail(code: string, message: string): string {
    return this.#begin() + this.#terminal({ status: 'failed', error: { code, message } })
  }

  #printPart(event: PartEvent): string {
    switch (event.type) {
      case 'text-start':
        return this.#beginContent(event.part, 'text')
      case 'refusal-start':
        return this.#beginContent(event.part, 'refusal')
      case 'reasoning-start':
        return this.#beginThought(event)
      case 'tool-input-start':
        return this.#beginCall(event)
      case 'signature':
      case 'encrypted':
        this.#keepSeal(event)
        return ''
      case 'citation':
        this.#open.get(event.part)?.citations.push(event.citation)
        return ''
      case 'logprobs':
        return this.#keepLogprobs(event.tokens)
      case 'part':
        return this.#printWhole(event)
      default:
        return this.#close(event.part)
    }
  }

  // ── messages: items with contents ────────────────────────────────────────────────────────────────────────────────

  #beginContent(part: number, kind: 'text' | 'refusal'): string {
    const known = this.#message
    const message = known ?? this.#newMessage()
    const opened =
      known === undefined ? this.#lines.added(message.index, messageItem(message.id, 'in_progress', [])) : ''
    const state = new PartState(kind, message.id, message.index, message.content.length)
    const empty = kind === 'text' ? textContent('') : refusalContent('')
    message.content.push(empty)
    this.#open.set(part, state)
    return opened + this.#lines.event('response.content_part.added', { ...state.place(), part: empty })
  }

  #newMessage(): MessageState {
    const message: MessageState = { id: this.#ids.next('msg'), index: this.#items++, content: [] }
    this.#message = message
    return message
  }

  /** The last message has the status of the answer; the others are complete. */
  #endMessage(status: ItemStatus = 'completed'): string {
    const message = this.#message
    if (message === undefined) return ''
    this.#message = undefined
    return this.#done(message.index, messageItem(message.id, status, message.content))
  }

  #closeContent(state: PartState): string {
    const { kind, text, citations, logprobs } = state
    const content = kind === 'text' ? textContent(text, citations, logprobs) : refusalContent(text)
    if (this.#message !== undefined) this.#message.content[state.contentIndex] = content
    return this.#lines.contentDone(state, content)
  }

  // ── items of their own ───────────────────────────────────────────────────────────────────────────────────────────

  #beginThought({ part, id }: ReasoningStart): string {
    const before = this.#endMessage()
    const state = new PartState('reasoning', this.#ids.ofThought(id), this.#items++, 0)
    state.thoughtId = id
    this.#open.set(part, state)
    return before + this.#lines.added(state.index, this.#thought(state))
  }

  #beginCall({ part, id, name, form }: ToolInputStart): string {
    const before = this.#endMessage()
    const state = new PartState(form, this.#ids.next(form === 'custom' ? 'ctc' : 'fc'), this.#items++, 0)
    state.call = { id, name }
    this.#open.set(part, state)
    const item = callItem(state.id, 'in_progress', { id, name, form, input: '' }, this.#facts.asked.groupedTools)
    return before + this.#lines.added(state.index, item)
  }

  #printWhole({ value }: WholePart): string {
    const before = this.#endMessage()
    const id = value.type === 'opaque' ? '' : this.#ids.next(value.type === 'image' ? 'ig' : 'msg')
    const item = wholeItem(id, value, value.type === 'opaque' ? '' : mediaText(value))
    if (item === undefined) return before
    const index = this.#items++
    return before + this.#lines.whole(index, item) + this.#done(index, item)
  }

  #thought({ id, thoughtId, text, seals }: PartState): JsonObject {
    return reasoningItem(id, { id: thoughtId, text, ...seals, sealed: this.#sealed })
  }

  #extend({ part, text }: PartDelta): string {
    const state = this.#open.get(part)
    return state === undefined ? '' : this.#lines.extended(state, text)
  }

  #close(part: number): string {
    const state = this.#open.get(part)
    if (state === undefined) return ''
    this.#open.delete(part)
    const { kind, id, index, call, text } = state
    switch (kind) {
      case 'text':
      case 'refusal':
        return this.#closeContent(state)
      case 'reasoning':
        return this.#lines.summaryDone(state) + this.#done(index, this.#thought(state))
      case 'function':
      case 'custom': {
        const told = { ...call, form: kind, input: text }
        const item = callItem(id, 'completed', told, this.#facts.asked.groupedTools)
        return this.#lines.callDone(state, item['name']) + this.#done(index, item)
      }
    }
  }

  #keepSeal({ part, type, sealed }: SealedEvent): void {
    this.#open.get(part)?.seal(type, sealed)
  }

  #keepLogprobs(tokens: readonly TokenLogprob[]): string {
    for (const state of this.#open.values()) {
      if (state.kind === 'text') {
        append(state.logprobs, tokens)
        break
      }
    }
    return ''
  }

  // ── begin and end ────────────────────────────────────────────────────────────────────────────────────────────────

  #printEnd(): string {
    const begun = this.#begin() + this.#explain()
    return begun + this.#endMessage(statusOf(this.#finish)) + this.#terminal(outcomeOf(this.#finish))
  }

  #begin(): string {
    if (this.#begun) return ''
    this.#begun = true
    const response = this.#response({ status: 'in_progress' })
    return this.#lines.event('response.created', { response }) + this.#lines.event('response.in_progress', { response })
  }

  /** The provider's explanation becomes the refusal when the model gave none. */
  #explain(): string {
    const { explanation } = this.#finish
    const refused = this.#output.concat(...(this.#message?.content ?? [])).some((one) => one['type'] === 'refusal')
    if (explanation === undefined || refused) return ''
    const part = -1
    return (
      this.#beginContent(part, 'refusal') +
      this.#extend({ type: 'refusal-delta', choice: 0, part, text: explanation }) +
      this.#close(part)
    )
  }

  #terminal(outcome: Outcome): string {
    const type = outcome.status === 'in_progress' ? 'failed' : outcome.status
    return this.#lines.event(`response.${type}`, { response: this.#response(outcome) })
  }

  #response(outcome: Outcome): JsonObject {
    return responseObject(this.#facts, {
      ...outcome,
      output: this.#output.filter((item) => item !== undefined),
      model: this.#start?.model ?? '',
      created: this.#start?.created,
      serviceTier: this.#start?.serviceTier,
      usage: outcome.status === 'in_progress' ? undefined : this.#usage,
    })
  }

  #done(index: number, item: JsonObject): string {
    this.#output[index] = item
    return this.#lines.event('response.output_item.done', { output_index: index, item })
  }
}

interface MessageState {
  readonly id: string
  readonly index: number
  readonly content: JsonObject[]
}
