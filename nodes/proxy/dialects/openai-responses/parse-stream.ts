// The Responses API: parses the stream of an upstream into events.
import type { Emit } from '../../../../shared/chat/events.ts'
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { isObject, objectsIn } from '../common/body-reader.ts'
import type { EventReader, PrintedFacts } from '../dialect.ts'
import { errorWithin, readOpenAiError } from '../openai/error.ts'
import { usageOfResponse } from '../openai/usage.ts'
import { finishOf, headOf } from './parse-answer.ts'
import { type ItemContext, openItem, type StreamItem } from './stream-items.ts'

/** No provider's answer has more items. */
const itemsMax = 10_000

export class ResponsesStreamReader implements EventReader {
  readonly #context: ItemContext
  /** The items by their places in the output; undefined where an item has ended. */
  readonly #items = new Map<number, StreamItem | undefined>()
  #begun = 0
  #calledTools = false
  #started = false
  #over = false

  constructor({ toolNames }: Pick<PrintedFacts, 'toolNames'> = {}) {
    let parts = 0
    this.#context = { toolNames, nextPart: () => parts++ }
  }

  read(event: JsonObject, emit: Emit): void {
    if (this.#over) return
    const { type, response, item } = event
    switch (type) {
      case 'response.created':
      case 'response.queued':
      case 'response.in_progress':
        if (isObject(response)) this.#start(response, emit)
        break
      case 'response.output_item.added':
        if (isObject(item)) this.#begin(placeOf(event), item, emit)
        break
      case 'response.output_item.done':
        if (isObject(item)) this.#end(placeOf(event), item, emit)
        break
      case 'response.completed':
      case 'response.incomplete':
        this.#conclude(isObject(response) ? response : {}, emit)
        break
      case 'response.failed':
        this.#fail(isObject(response) ? response : event, emit)
        break
      case 'error':
        this.#fail(errorOf(event), emit)
        break
      default:
        this.#readOther(event, emit)
    }
  }

  /** The API has no such event, but servers that imitate it have. */
  done(emit: Emit): void {
    if (!this.#over) emit({ type: 'upstream-cut' })
  }

  end(emit: Emit): void {
    this.done(emit)
  }

  #readOther(event: JsonObject, emit: Emit): void {
    const isOurs = typeof event['type'] === 'string' && event['type'].startsWith('response.')
    if (isOurs) this.#itemOf(event, emit)?.read(event, emit)
    // Servers that imitate the API send errors without a type.
    else if (errorWithin(event) !== undefined) this.#fail(event, emit)
  }

  /** The item of an event. One that was not announced begins with its first delta. */
  #itemOf(event: JsonObject, emit: Emit): StreamItem | undefined {
    const place = placeOf(event)
    if (this.#items.has(place)) return this.#items.get(place)
    const type = itemTypeOf(event)
    return type === undefined ? undefined : this.#begin(place, { type }, emit)
  }

  /** The tier that was asked for stands here at first; `auto` is none that an answer has. */
  #start(response: JsonObject, emit: Emit): void {
    if (this.#started) return
    this.#started = true
    const { serviceTier, ...head } = headOf(response)
    emit({ type: 'start', ...head, serviceTier: serviceTier === 'auto' ? undefined : serviceTier })
  }

  #begin(place: number, item: JsonObject, emit: Emit): StreamItem | undefined {
    const { type } = item
    if (this.#begun >= itemsMax) return undefined
    if (type === 'function_call' || type === 'custom_tool_call') this.#calledTools = true
    const opened = openItem(item, this.#context, emit)
    this.#begun++
    this.#items.set(place, opened)
    return opened
  }

  #end(place: number, item: JsonObject, emit: Emit): void {
    const opened = this.#items.get(place) ?? (this.#items.has(place) ? undefined : this.#begin(place, item, emit))
    opened?.end(item, emit)
    this.#items.set(place, undefined)
  }

  /** Some servers name every end `completed`, and tell of a failure in the response. */
  #conclude(response: JsonObject, emit: Emit): void {
    if (errorWithin(response) === undefined) this.#finish(response, emit)
    else this.#fail(response, emit)
  }

  #finish(response: JsonObject, emit: Emit): void {
    this.#over = true
    this.#start(response, emit)
    this.#complete(objectsIn(response['output']), emit)
    emit({ type: 'finish', choice: 0, finish: finishOf(response, this.#calledTools) })
    const usage = usageOfResponse(response)
    if (usage !== undefined) emit({ type: 'usage', usage })
    emit({ type: 'end' })
  }

  /** Ends the items that are open, and tells those that were not told. Places that are wrong are not trusted: then all were told. */
  #complete(output: readonly JsonObject[], emit: Emit): void {
    for (const [place, opened] of this.#items) {
      if (opened !== undefined) this.#end(place, output[place] ?? {}, emit)
    }
    if (this.#begun >= output.length) return
    for (const [place, item] of output.entries()) if (!this.#items.has(place)) this.#end(place, item, emit)
  }

  #fail(failed: JsonObject, emit: Emit): void {
    this.#over = true
    emit({ type: 'error', error: readOpenAiError(500, failed) })
  }
}

function placeOf({ output_index: place }: JsonObject): number {
  return typeof place === 'number' && Number.isInteger(place) ? place : 0
}

/** The type of the item whose content an event tells; undefined for other events. */
function itemTypeOf({ type }: JsonObject): 'message' | 'reasoning' | undefined {
  switch (type) {
    case 'response.output_text.delta':
    case 'response.output_text.done':
    case 'response.refusal.delta':
      return 'message'
    case 'response.reasoning_summary_text.delta':
    case 'response.reasoning_text.delta':
      return 'reasoning'
    default:
      return undefined
  }
}

/** The error of an event: within it, or the event itself, whose own type says nothing. */
function errorOf({ type: _, ...event }: JsonObject): JsonObject {
  const { error } = event as { error?: Json }
  return isObject(error) ? { error } : { error: event }
}
