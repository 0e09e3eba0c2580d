// Cohere's chat: parses the stream of an upstream into events.
import type { Emit } from '../../../../shared/chat/events.ts'
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { isObject, textIn } from '../common/body-reader.ts'
import type { EventReader, PrintedFacts } from '../dialect.ts'
import { readCohereCitations } from './citations.ts'
import { parseCohereError } from './error.ts'
import { errorInFinish, readCohereFinish } from './finish-reason.ts'
import { inputOf } from './parse-answer.ts'
import { readCohereUsage } from './usage.ts'

type Open =
  | { readonly kind: 'text' | 'reasoning'; readonly part: number; text: string }
  /** `held`: arguments that may turn out to be `null`, which means none. */
  | { readonly kind: 'tool-input'; readonly part: number; held: string | undefined }

export class CohereStreamReader implements EventReader {
  readonly #model: string
  #parts = 0
  #calledTools = false
  /** The open text or reasoning part. Calls are open beside it, by their index. */
  #saying: Extract<Open, { text: string }> | undefined
  /** Text parts by the index of their block; a citation may name a block that has ended. */
  readonly #texts = new Map<number, Extract<Open, { text: string }>>()
  readonly #calls = new Map<number, Extract<Open, { kind: 'tool-input' }>>()

  constructor({ model = '' }: PrintedFacts) {
    this.#model = model
  }

  read(value: JsonObject, emit: Emit): void {
    const message = messageOf(value)
    const index = typeof value['index'] === 'number' ? value['index'] : 0
    switch (value['type']) {
      case 'content-delta':
        return this.#content(index, message['content'], emit)
      case 'content-start':
        this.#closeSaying(emit)
        return this.#content(index, message['content'], emit)
      case 'tool-plan-delta':
        return this.#say('reasoning', textIn(message['tool_plan']), emit)
      case 'tool-call-start':
        return this.#beginCall(index, message['tool_calls'], emit)
      case 'tool-call-delta':
        return this.#input(index, argumentsOf(message['tool_calls']), emit)
      case 'tool-call-end':
        return this.#closeCall(index, emit)
      case 'citation-start':
        return this.#cite(message['citations'], emit)
      case 'message-start':
        return emit({ type: 'start', id: textIn(value['id']), model: this.#model })
      case 'message-end':
        return this.#finish(value['delta'], emit)
      case 'error':
      case undefined:
        return emit({ type: 'error', error: parseCohereError(500, Buffer.from(JSON.stringify(value))) })
      default: // events whose meaning follows from others, and unknown events
    }
  }

  /** Does nothing: the end of the answer is an event before it. */
  done(): void {}

  end(emit: Emit): void {
    emit({ type: 'upstream-cut' })
  }

  #content(index: number, content: Json, emit: Emit): void {
    if (!isObject(content)) return
    const { type, text, thinking } = content
    if (type === 'thinking' || typeof thinking === 'string') this.#say('reasoning', textIn(thinking), emit)
    else {
      this.#say('text', textIn(text), emit)
      if (this.#saying !== undefined) this.#texts.set(index, this.#saying)
    }
  }

  #say(kind: 'text' | 'reasoning', text: string, emit: Emit): void {
    if (this.#saying?.kind !== kind) {
      this.#closeSaying(emit)
      this.#saying = { kind, part: this.#parts++, text: '' }
      emit({ type: `${kind}-start`, choice: 0, part: this.#saying.part })
    }
    if (text === '') return
    this.#saying.text += text
    emit({ type: `${kind}-delta`, choice: 0, part: this.#saying.part, text })
  }

  #closeSaying(emit: Emit): void {
    if (this.#saying === undefined) return
    emit({ type: `${this.#saying.kind}-end`, choice: 0, part: this.#saying.part })
    this.#saying = undefined
  }

  #beginCall(index: number, call: Json, emit: Emit): void {
    this.#closeSaying(emit)
    this.#closeCall(index, emit)
    const { id, function: called } = isObject(call) ? call : {}
    const part = this.#parts++
    this.#calledTools = true
    this.#calls.set(index, { kind: 'tool-input', part, held: '' })
    const name = isObject(called) ? textIn(called['name']) : ''
    emit({ type: 'tool-input-start', choice: 0, part, id: textIn(id), name, form: 'function' })
    this.#input(index, argumentsOf(call), emit)
  }

  #input(index: number, text: string, emit: Emit): void {
    const call = this.#calls.get(index)
    if (call === undefined || text === '') return
    const whole = call.held === undefined ? text : call.held + text
    if (call.held !== undefined && 'null'.startsWith(whole.trim())) {
      call.held = whole
      return
    }
    call.held = undefined
    emit({ type: 'tool-input-delta', choice: 0, part: call.part, text: whole })
  }

  #closeCall(index: number, emit: Emit): void {
    const call = this.#calls.get(index)
    if (call === undefined) return
    this.#calls.delete(index)
    if (call.held !== undefined)
      emit({ type: 'tool-input-delta', choice: 0, part: call.part, text: inputOf(call.held) })
    emit({ type: 'tool-input-end', choice: 0, part: call.part })
  }

  #cite(citation: Json, emit: Emit): void {
    if (!isObject(citation)) return
    const { content_index: place } = citation
    const said = typeof place === 'number' ? this.#texts.get(place) : [...this.#texts.values()].at(-1)
    if (said === undefined) return
    for (const one of readCohereCitations(citation, said.text)) {
      emit({ type: 'citation', choice: 0, part: said.part, citation: one })
    }
  }

  #finish(delta: Json, emit: Emit): void {
    const { finish_reason: raw, usage, error } = isObject(delta) ? delta : {}
    const counts = readCohereUsage(usage)
    if (counts !== undefined) emit({ type: 'usage', usage: counts })
    const failure = errorInFinish(raw, error)
    if (failure !== undefined) {
      emit({ type: 'error', error: failure })
      return
    }
    this.#closeSaying(emit)
    for (const index of [...this.#calls.keys()]) this.#closeCall(index, emit)
    emit({ type: 'finish', choice: 0, finish: readCohereFinish(raw, this.#calledTools) })
    emit({ type: 'end' })
  }
}

function messageOf({ delta }: JsonObject): JsonObject {
  const message = isObject(delta) ? delta['message'] : undefined
  return isObject(message) ? message : {}
}

function argumentsOf(call: Json): string {
  const called = isObject(call) ? call['function'] : undefined
  return isObject(called) ? textIn(called['arguments']) : ''
}
