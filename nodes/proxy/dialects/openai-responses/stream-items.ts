// The items of a streamed response, each from its announcement to its end. Whoever leaves out the events in between, or sends a part
// of them, says at the end what was missing.
import type { Emit } from '../../../../shared/chat/events.ts'
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { isObject, saidIn, textIn } from '../common/body-reader.ts'
import type { PrintedFacts } from '../dialect.ts'
import { readAnnotation, readAnnotations } from '../openai/annotations.ts'
import { contentsOf, formOf, inputOf, isText, logprobsIn, readWhole } from './parse-answer.ts'
import { readThought } from './parse-input.ts'

export interface StreamItem {
  /** Reads an event of the item, other than its announcement and its end. */
  read(event: JsonObject, emit: Emit): void
  /** Ends the item, with what it is in whole. */
  end(item: JsonObject, emit: Emit): void
}

/** What the items of one stream have in common. */
export interface ItemContext {
  /** The number of the next part. */
  nextPart(): number
  readonly toolNames: PrintedFacts['toolNames']
}

export function openItem(item: JsonObject, context: ItemContext, emit: Emit): StreamItem {
  switch (item['type']) {
    case 'message':
      return new MessageItem(context)
    case 'reasoning':
      return new ThoughtItem(item, context, emit)
    case 'function_call':
    case 'custom_tool_call':
      return new CallItem(item, context, emit)
    default:
      return new WholeItem(context)
  }
}

/** A part that is written in pieces. */
class OpenPart {
  readonly type: 'text' | 'refusal' | 'reasoning' | 'tool-input'
  readonly at: { readonly choice: 0; readonly part: number }
  #said = ''

  constructor(type: OpenPart['type'], part: number) {
    this.type = type
    this.at = { choice: 0, part }
  }

  say(text: string, emit: Emit): void {
    if (text === '') return
    this.#said += text
    emit({ type: `${this.type}-delta`, ...this.at, text })
  }

  /** Says what of the whole text was not said. */
  complete(whole: string, emit: Emit): void {
    if (whole.startsWith(this.#said)) this.say(whole.slice(this.#said.length), emit)
  }

  get isEmpty(): boolean {
    return this.#said === ''
  }

  end(emit: Emit): void {
    emit({ type: `${this.type}-end`, ...this.at })
  }
}

// ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────────────

interface OpenContent {
  readonly part: OpenPart
  citations: number
  logprobs: number
  isOver: boolean
}

class MessageItem implements StreamItem {
  readonly #context: ItemContext
  readonly #contents: OpenContent[] = []

  constructor(context: ItemContext) {
    this.#context = context
  }

  read(event: JsonObject, emit: Emit): void {
    const { content_index: index = 0, delta } = event
    if (typeof index !== 'number') return
    switch (event['type']) {
      case 'response.content_part.added':
        if (isObject(event['part'])) this.#open(index, event['part']['type'], emit)
        break
      case 'response.output_text.delta':
        this.#say(this.#open(index, 'output_text', emit), event, emit)
        break
      case 'response.refusal.delta':
        this.#open(index, 'refusal', emit)?.part.say(textIn(delta), emit)
        break
      case 'response.output_text.done':
        this.#complete(this.#open(index, 'output_text', emit), event, emit)
        break
      case 'response.output_text.annotation.added':
        this.#cite(this.#open(index, 'output_text', emit), event['annotation'], emit)
        break
      case 'response.content_part.done':
        if (isObject(event['part'])) this.#end(index, event['part'], emit)
        break
      default: // other events repeat what these said
    }
  }

  end({ content }: JsonObject, emit: Emit): void {
    for (const [index, part] of contentsOf({ content }).entries()) this.#end(index, part, emit)
    for (const content of this.#contents) close(content, emit)
  }

  /** The content at a place, which begins where it has not; undefined where it has ended, or is nothing that can be said. */
  #open(index: number, type: Json, emit: Emit): OpenContent | undefined {
    const known = this.#contents[index]
    if (known !== undefined) return known.isOver ? undefined : known
    if (index !== this.#contents.length || (!isText(type) && type !== 'refusal')) return undefined
    const kind = type === 'refusal' ? 'refusal' : 'text'
    const part = new OpenPart(kind, this.#context.nextPart())
    const content = { part, citations: 0, logprobs: 0, isOver: false }
    this.#contents.push(content)
    emit({ type: `${kind}-start`, ...part.at })
    return content
  }

  #say(content: OpenContent | undefined, event: JsonObject, emit: Emit): void {
    content?.part.say(textIn(event['delta']), emit)
    const tokens = event['logprobs']
    if (content !== undefined && Array.isArray(tokens) && tokens.length > 0) tell(content, tokens, emit)
  }

  #cite(content: OpenContent | undefined, annotation: Json, emit: Emit): void {
    if (content === undefined || !isObject(annotation)) return
    content.citations++
    emit({ type: 'citation', ...content.part.at, citation: readAnnotation(annotation) })
  }

  #complete(content: OpenContent | undefined, { text, refusal, annotations, logprobs }: JsonObject, emit: Emit): void {
    if (content === undefined) return
    const { part } = content
    part.complete(textIn(part.type === 'refusal' ? refusal : text), emit)
    const citations = readAnnotations(annotations) ?? []
    for (const citation of citations.slice(content.citations)) emit({ type: 'citation', ...part.at, citation })
    content.citations = Math.max(content.citations, citations.length)
    if (Array.isArray(logprobs)) tell(content, logprobs.slice(content.logprobs), emit)
  }

  #end(index: number, whole: JsonObject, emit: Emit): void {
    const content = this.#open(index, whole['type'], emit)
    this.#complete(content, whole, emit)
    if (content !== undefined) close(content, emit)
  }
}

function tell(content: OpenContent, list: readonly Json[], emit: Emit): void {
  const tokens = logprobsIn({ logprobs: list })
  content.logprobs += list.length
  if (tokens.length > 0) emit({ type: 'logprobs', choice: 0, tokens })
}

function close(content: OpenContent, emit: Emit): void {
  if (content.isOver) return
  content.isOver = true
  content.part.end(emit)
}

// ── reasoning ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The event whose text is the reasoning; other events are other words for the same. */
type ThoughtSource = 'response.reasoning_summary_text.delta' | 'response.reasoning_text.delta'

class ThoughtItem implements StreamItem {
  readonly #part: OpenPart
  #source: ThoughtSource | undefined
  /** The paragraph that is being told: summaries come in several. */
  #paragraph = 0

  constructor({ id }: JsonObject, context: ItemContext, emit: Emit) {
    this.#part = new OpenPart('reasoning', context.nextPart())
    emit({ type: 'reasoning-start', ...this.#part.at, id: saidIn(id) })
  }

  read(event: JsonObject, emit: Emit): void {
    switch (event['type']) {
      case 'response.reasoning_summary_text.delta':
        this.#say('response.reasoning_summary_text.delta', event['summary_index'], event['delta'], emit)
        break
      case 'response.reasoning_text.delta':
        this.#say('response.reasoning_text.delta', event['content_index'], event['delta'], emit)
        break
      default: // other events repeat what these said
    }
  }

  end(item: JsonObject, emit: Emit): void {
    const { text, signature, encrypted } = readThought(item)
    this.#part.complete(text, emit)
    if (signature !== undefined) emit({ type: 'signature', ...this.#part.at, sealed: signature })
    if (encrypted !== undefined) emit({ type: 'encrypted', ...this.#part.at, sealed: encrypted })
    this.#part.end(emit)
  }

  #say(source: ThoughtSource, index: Json, delta: Json, emit: Emit): void {
    this.#source ??= source
    if (source !== this.#source) return
    const paragraph = typeof index === 'number' ? index : this.#paragraph
    if (paragraph > this.#paragraph) this.#part.say('\n\n', emit)
    this.#paragraph = paragraph
    this.#part.say(textIn(delta), emit)
  }
}

// ── tool calls ───────────────────────────────────────────────────────────────────────────────────────────────────────

class CallItem implements StreamItem {
  readonly #type: Json
  readonly #context: ItemContext
  /** The part of the call; undefined as long as the call has no name. */
  #part: OpenPart | undefined

  constructor(item: JsonObject, context: ItemContext, emit: Emit) {
    this.#type = item['type']
    this.#context = context
    this.#open(item, emit)
  }

  read({ type, delta, arguments: whole, input }: JsonObject, emit: Emit): void {
    switch (type) {
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        this.#part?.say(textIn(delta), emit)
        break
      case 'response.function_call_arguments.done':
        this.#part?.complete(textIn(whole), emit)
        break
      case 'response.custom_tool_call_input.done':
        this.#part?.complete(textIn(input), emit)
        break
      default: // other events repeat what these said
    }
  }

  /** Servers that imitate the API may give the item an id, and the call none. */
  end(item: JsonObject, emit: Emit): void {
    this.#open({ ...item, call_id: saidIn(item['call_id']) ?? item['id'] }, emit)
    if (this.#part?.isEmpty === true || item['arguments'] !== undefined || item['input'] !== undefined)
      this.#part?.complete(inputOf({ type: this.#type, ...item }), emit)
    this.#part?.end(emit)
  }

  #open(item: JsonObject, emit: Emit): void {
    const { call_id: id, name } = item
    if (this.#part !== undefined || typeof id !== 'string' || saidIn(name) === undefined) return
    const { nextPart, toolNames } = this.#context
    this.#part = new OpenPart('tool-input', nextPart())
    const own = toolNames?.get(textIn(name)) ?? textIn(name)
    emit({ type: 'tool-input-start', ...this.#part.at, id, name: own, form: formOf(item) })
  }
}

// ── everything else ──────────────────────────────────────────────────────────────────────────────────────────────────

class WholeItem implements StreamItem {
  readonly #context: ItemContext

  constructor(context: ItemContext) {
    this.#context = context
  }

  read(): void {}

  /** An item that never ended says nothing. */
  end(item: JsonObject, emit: Emit): void {
    if (item['type'] === undefined) return
    emit({ type: 'part', choice: 0, part: this.#context.nextPart(), value: readWhole(item) })
  }
}
