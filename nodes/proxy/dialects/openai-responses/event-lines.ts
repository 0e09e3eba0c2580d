// Writes the events of a response stream as server-sent events, each with its number in the stream.
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { printResponsesAnnotation } from './items.ts'
import type { PartState } from './part-state.ts'

export class EventLines {
  #sequence = 0

  event(type: string, members: JsonObject): string {
    return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: this.#sequence++, ...members })}\n\n`
  }

  added(index: number, item: JsonObject): string {
    return this.event('response.output_item.added', { output_index: index, item })
  }

  /** The events of an item that came whole, up to its end. Clients expect those of a tool that makes pictures. */
  whole(index: number, item: JsonObject): string {
    if (item['type'] !== 'image_generation_call') return this.added(index, item)
    const place = { output_index: index, item_id: item['id'] }
    const begun = this.added(index, { ...item, status: 'in_progress', result: null })
    const steps = ['in_progress', 'generating', 'completed'] as const
    return begun + steps.map((step) => this.event(`response.image_generation_call.${step}`, place)).join('')
  }

  /** Adds `text` to the part. */
  extended(state: PartState, text: string): string {
    const isFirst = state.text === ''
    state.text += text
    switch (state.kind) {
      case 'text':
        return this.#contentDelta('response.output_text.delta', state, text, ',"logprobs":[]')
      case 'refusal':
        return this.#contentDelta('response.refusal.delta', state, text, '')
      case 'reasoning': {
        const added = isFirst ? this.#summaryEvent('response.reasoning_summary_part.added', state, '') : ''
        return added + this.#delta('response.reasoning_summary_text.delta', state, '"summary_index":0,', text, '')
      }
      case 'function':
        return this.#delta('response.function_call_arguments.delta', state, '', text, '')
      case 'custom':
        return this.#delta('response.custom_tool_call_input.delta', state, '', text, '')
    }
  }

  contentDone(state: PartState, content: JsonObject): string {
    const { kind, text, citations } = state
    const annotated = citations.map((citation, annotation_index) => {
      const annotation = printResponsesAnnotation(citation, text.length)
      return this.event('response.output_text.annotation.added', { ...state.place(), annotation_index, annotation })
    })
    const done =
      kind === 'text'
        ? this.event('response.output_text.done', { ...state.place(), text, logprobs: content['logprobs'] })
        : this.event('response.refusal.done', { ...state.place(), refusal: text })
    return annotated.join('') + done + this.event('response.content_part.done', { ...state.place(), part: content })
  }

  /** A thought without text has no summary. */
  summaryDone(state: PartState): string {
    const { text } = state
    if (text === '') return ''
    const done = this.event('response.reasoning_summary_text.done', { ...state.summaryPlace(), text })
    return done + this.#summaryEvent('response.reasoning_summary_part.done', state, text)
  }

  /** `name`: what the caller calls the tool. */
  callDone({ kind, id, index, text }: PartState, name: Json): string {
    const place = { item_id: id, output_index: index }
    if (kind === 'custom') return this.event('response.custom_tool_call_input.done', { ...place, input: text })
    return this.event('response.function_call_arguments.done', { ...place, name, arguments: text })
  }

  #summaryEvent(type: string, state: PartState, text: string): string {
    return this.event(type, { ...state.summaryPlace(), part: { type: 'summary_text', text } })
  }

  #contentDelta(type: string, state: PartState, text: string, rest: string): string {
    return this.#delta(type, state, `"content_index":${state.contentIndex},`, text, rest)
  }

  /** `place` and `rest` are members before and after the delta, as JSON text, so that a delta costs no object. */
  #delta(type: string, { id, index }: PartState, place: string, text: string, rest: string): string {
    const head = `"item_id":"${id}","output_index":${index},${place}`
    return `event: ${type}\ndata: {"type":"${type}","sequence_number":${this.#sequence++},${head}"delta":${JSON.stringify(text)}${rest}}\n\n`
  }
}
