// The Responses API: events, as the stream that a caller reads. Every event is numbered, and every item is told when it
// begins, as it grows, and whole when it ends.
import type { Finish, TokenLogprob } from '../../../../shared/chat/answer.ts'
import type {
  ChatEvent,
  FinishEvent,
  PartDelta,
  StartEvent,
  ToolInputStart,
  WholePart,
} from '../../../../shared/chat/events.ts'
import type { Citation, JsonObject, Sealed } from '../../../../shared/chat/parts.ts'
import type { Usage } from '../../../../shared/chat/usage.ts'
import { mediaText } from '../anthropic/answer.ts'
import type { PrintFacts, StreamPrinter } from '../dialect.ts'
import {
  callItem,
  type ItemStatus,
  messageItem,
  printResponsesAnnotation,
  reasoningItem,
  refusalContent,
  textContent,
  wholeItem,
} from './items.ts'
import { wantsEncrypted } from './parse-request.ts'
import { ItemIds, type Outcome, outcomeOf, responseObject, statusOf } from './print-answer.ts'

/** Deltas are printed by themselves, and a finish says nothing here. */
type OfAPart = Exclude<Extract<ChatEvent, { choice: number }>, PartDelta | FinishEvent>

export class ResponsesStreamPrinter implements StreamPrinter {
  readonly #facts: PrintFacts
  readonly #ids: ItemIds
  readonly #sealed: boolean
  #sequence = 0
  #begun = false
  #start: StartEvent | undefined
  #usage: Usage | undefined
  #finish: Finish = { reason: 'stop' }
  /** Whole items, by their place in the output. */
  readonly #output: JsonObject[] = []
  #items = 0
  #message: MessageState | undefined
  readonly #open = new Map<number, PartState>()

  constructor(facts: PrintFacts) {
    this.#facts = facts
    this.#ids = new ItemIds(facts)
    this.#sealed = wantsEncrypted(facts.request)
  }

  print(event: ChatEvent): string {
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
        return (
          this.#begin() +
          this.#explain() +
          this.#endMessage(statusOf(this.#finish)) +
          this.#terminal(outcomeOf(this.#finish))
        )
      case 'ping':
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

  #printPart(event: OfAPart): string {
    switch (event.type) {
      case 'text-start':
        return this.#beginContent(event.part, 'text')
      case 'refusal-start':
        return this.#beginContent(event.part, 'refusal')
      case 'reasoning-start':
        return this.#beginItem(event.part, 'reasoning', this.#ids.next('rs'))
      case 'tool-input-start':
        return this.#beginCall(event)
      case 'signature':
      case 'encrypted': {
        const state = this.#open.get(event.part)
        if (state !== undefined) state.seals[event.type] = joined(state.seals[event.type], event.sealed)
        return ''
      }
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
    const opened = this.#message === undefined ? this.#beginMessage() : ''
    const { id, index, content } = this.#message!
    const state = new PartState(kind, id, index, content.length)
    const empty = kind === 'text' ? textContent('') : refusalContent('')
    content.push(empty)
    this.#open.set(part, state)
    return opened + this.#event('response.content_part.added', { ...state.place(), part: empty })
  }

  #beginMessage(): string {
    const id = this.#ids.next('msg')
    const index = this.#items++
    this.#message = { id, index, content: [] }
    return this.#event('response.output_item.added', { output_index: index, item: messageItem(id, 'in_progress', []) })
  }

  /** The last one is as complete as the answer, others are whole. */
  #endMessage(status: ItemStatus = 'completed'): string {
    const message = this.#message
    if (message === undefined) return ''
    this.#message = undefined
    return this.#done(message.index, messageItem(message.id, status, message.content))
  }

  #closeContent(state: PartState): string {
    const { kind, text, citations, logprobs } = state
    const whole = kind === 'text' ? textContent(text, citations, logprobs) : refusalContent(text)
    if (this.#message !== undefined) this.#message.content[state.contentIndex] = whole
    const annotated = citations.map((citation, annotation_index) =>
      this.#event('response.output_text.annotation.added', {
        ...state.place(),
        annotation_index,
        annotation: printResponsesAnnotation(citation, text.length),
      }),
    )
    const told =
      kind === 'text'
        ? this.#event('response.output_text.done', { ...state.place(), text, logprobs: whole['logprobs'] })
        : this.#event('response.refusal.done', { ...state.place(), refusal: text })
    return annotated.join('') + told + this.#event('response.content_part.done', { ...state.place(), part: whole })
  }

  // ── items of their own ───────────────────────────────────────────────────────────────────────────────────────────

  #beginItem(part: number, kind: 'reasoning', id: string): string {
    const before = this.#endMessage()
    const state = new PartState(kind, id, this.#items++, 0)
    this.#open.set(part, state)
    return before + this.#event('response.output_item.added', { output_index: state.index, item: this.#thought(state) })
  }

  #beginCall({ part, id, name, form }: ToolInputStart): string {
    const before = this.#endMessage()
    const state = new PartState(form, this.#ids.next(form === 'custom' ? 'ctc' : 'fc'), this.#items++, 0)
    state.call = { id, name }
    this.#open.set(part, state)
    const item = callItem(state.id, 'in_progress', { id, name, form, input: '' })
    return before + this.#event('response.output_item.added', { output_index: state.index, item })
  }

  #printWhole({ value }: WholePart): string {
    const before = this.#endMessage()
    const id = value.type === 'opaque' ? '' : this.#ids.next(value.type === 'image' ? 'ig' : 'msg')
    const item = wholeItem(id, value, value.type === 'opaque' ? '' : mediaText(value))
    if (item === undefined) return before
    const index = this.#items++
    return before + this.#event('response.output_item.added', { output_index: index, item }) + this.#done(index, item)
  }

  #thought({ id, text, seals }: PartState): JsonObject {
    return reasoningItem(id, { text, ...seals, sealed: this.#sealed })
  }

  #extend({ part, text }: PartDelta): string {
    const state = this.#open.get(part)
    if (state === undefined) return ''
    const first = state.text === ''
    state.text += text
    switch (state.kind) {
      case 'text':
        return this.#delta(
          'response.output_text.delta',
          state,
          `"content_index":${state.contentIndex},`,
          text,
          ',"logprobs":[]',
        )
      case 'refusal':
        return this.#delta('response.refusal.delta', state, `"content_index":${state.contentIndex},`, text, '')
      case 'reasoning': {
        const part = { type: 'summary_text', text: '' }
        const added = first
          ? this.#event('response.reasoning_summary_part.added', { ...state.summaryPlace(), part })
          : ''
        return added + this.#delta('response.reasoning_summary_text.delta', state, '"summary_index":0,', text, '')
      }
      case 'function':
        return this.#delta('response.function_call_arguments.delta', state, '', text, '')
      case 'custom':
        return this.#delta('response.custom_tool_call_input.delta', state, '', text, '')
    }
  }

  #close(part: number): string {
    const state = this.#open.get(part)
    if (state === undefined) return ''
    this.#open.delete(part)
    const { kind, id, index, text } = state
    switch (kind) {
      case 'text':
      case 'refusal':
        return this.#closeContent(state)
      case 'reasoning':
        return this.#closeSummary(state) + this.#done(index, this.#thought(state))
      case 'function':
      case 'custom': {
        const { name, id: callId } = state.call
        const place = { item_id: id, output_index: index }
        const told =
          kind === 'custom'
            ? this.#event('response.custom_tool_call_input.done', { ...place, input: text })
            : this.#event('response.function_call_arguments.done', { ...place, name, arguments: text })
        return told + this.#done(index, callItem(id, 'completed', { id: callId, name, form: kind, input: text }))
      }
    }
  }

  #closeSummary(state: PartState): string {
    if (state.text === '') return ''
    const { text } = state
    const place = state.summaryPlace()
    return (
      this.#event('response.reasoning_summary_text.done', { ...place, text }) +
      this.#event('response.reasoning_summary_part.done', { ...place, part: { type: 'summary_text', text } })
    )
  }

  #keepLogprobs(tokens: readonly TokenLogprob[]): string {
    for (const state of this.#open.values()) {
      if (state.kind === 'text') {
        state.logprobs.push(...tokens)
        break
      }
    }
    return ''
  }

  // ── begin and end ────────────────────────────────────────────────────────────────────────────────────────────────

  #begin(): string {
    if (this.#begun) return ''
    this.#begun = true
    const response = this.#response({ status: 'in_progress' })
    return this.#event('response.created', { response }) + this.#event('response.in_progress', { response })
  }

  /** Why a provider declined is its refusal, where the model gave none. */
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
    return this.#event(`response.${type}`, { response: this.#response(outcome) })
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
    return this.#event('response.output_item.done', { output_index: index, item })
  }

  #delta(type: string, { id, index }: PartState, place: string, text: string, rest: string): string {
    const head = `"item_id":"${id}","output_index":${index},${place}`
    return `event: ${type}\ndata: {"type":"${type}","sequence_number":${this.#sequence++},${head}"delta":${JSON.stringify(text)}${rest}}\n\n`
  }

  #event(type: string, members: JsonObject): string {
    return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: this.#sequence++, ...members })}\n\n`
  }
}

interface MessageState {
  readonly id: string
  readonly index: number
  readonly content: JsonObject[]
}

class PartState {
  readonly kind: 'text' | 'refusal' | 'reasoning' | 'function' | 'custom'
  readonly id: string
  readonly index: number
  readonly contentIndex: number
  text = ''
  call = { id: '', name: '' }
  readonly seals: { signature?: Sealed; encrypted?: Sealed } = {}
  readonly citations: Citation[] = []
  readonly logprobs: TokenLogprob[] = []

  constructor(kind: PartState['kind'], id: string, index: number, contentIndex: number) {
    this.kind = kind
    this.id = id
    this.index = index
    this.contentIndex = contentIndex
  }

  place(): JsonObject {
    return { item_id: this.id, output_index: this.index, content_index: this.contentIndex }
  }

  summaryPlace(): JsonObject {
    return { item_id: this.id, output_index: this.index, summary_index: 0 }
  }
}

function joined(before: Sealed | undefined, sealed: Sealed): Sealed {
  return before === undefined ? sealed : { family: sealed.family, data: before.data + sealed.data }
}
