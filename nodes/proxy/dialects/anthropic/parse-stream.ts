// Anthropic Messages: parses the stream of an upstream into events.
import { settledReason } from '../../../../shared/chat/answer.ts'
import type { Emit, StartEvent } from '../../../../shared/chat/events.ts'
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { tokenCount } from '../../../../shared/chat/usage.ts'
import { tryParseExact } from '../../../../shared/json/exact.ts'
import { isObject, saidIn, textIn } from '../common/body-reader.ts'
import type { EventReader, PrintedFacts } from '../dialect.ts'
import { readAnthropicError } from './error.ts'
import { readAnthropicFinish } from './finish-reason.ts'
import { readCitation, readThought } from './parse-content.ts'
import { type AnthropicCounts, readAnthropicUsage, usageOfAnthropic } from './usage.ts'

interface Block {
  readonly kind: 'text' | 'reasoning' | 'tool-input' | 'opaque'
  /** The part's number; -1 for an opaque block, which gets its number at its end. */
  readonly part: number
  readonly value: JsonObject
  /** Tool input received so far, or the streamed member of an opaque block. */
  input: string
}

export class AnthropicStreamReader implements EventReader {
  #started = false
  #parts = 0
  #calledTools = false
  #finished = false
  #counts: AnthropicCounts | undefined
  readonly #blocks = new Map<number, Block>()
  readonly #toolNames: PrintedFacts['toolNames']

  constructor(toolNames?: PrintedFacts['toolNames']) {
    this.#toolNames = toolNames
  }

  read(value: JsonObject, emit: Emit): void {
    switch (value['type']) {
      case 'content_block_delta':
        return this.#delta(value, emit)
      case 'content_block_start':
        return this.#begin(value, emit)
      case 'content_block_stop':
        return this.#close(indexOf(value), emit)
      case 'message_start':
        return this.#start(value['message'], emit)
      case 'message_delta':
        return this.#finish(value, emit)
      case 'message_stop':
        return this.#stop(emit)
      case 'ping':
        return emit({ type: 'ping' })
      case 'error':
        return emit({ type: 'error', error: readAnthropicError(500, value) })
      default: // an unknown event is not an error, unless it says so: proxies of other makers send errors without a type
        if (isObject(value['error'])) emit({ type: 'error', error: readAnthropicError(500, value) })
    }
  }

  /** Does nothing: an Anthropic stream has no `[DONE]`. */
  done(): void {}

  end(emit: Emit): void {
    emit({ type: 'upstream-cut' })
  }

  #start(message: Json, emit: Emit): void {
    if (this.#started) {
      if (this.#parts === 0 && this.#blocks.size === 0) return // the start was repeated
      const text = 'The upstream began a second answer in the middle of the first.'
      emit({ type: 'error', error: { kind: 'server', message: text } })
      return
    }
    this.#started = true
    const begun = isObject(message) ? message : {}
    emit(startOf(begun))
    this.#count(begun['usage'], emit, true)
  }

  /** What the start of a message says of the output is the first token at most, and no count. */
  #count(usage: Json, emit: Emit, isStart = false): void {
    if (!isObject(usage)) return
    this.#counts = readAnthropicUsage(usage, this.#counts)
    if (this.#counts === undefined) return
    const isInputAlone = isStart || tokenCount(usage['output_tokens']) === undefined
    emit({ type: 'usage', usage: usageOfAnthropic(this.#counts), isInputAlone })
  }

  #begin(value: JsonObject, emit: Emit): void {
    const index = indexOf(value)
    this.#close(index, emit)
    const block = isObject(value['content_block']) ? value['content_block'] : {}
    switch (block['type']) {
      case 'text':
        this.#beginText(index, block, emit)
        break
      case 'thinking':
        this.#beginThought(index, block, emit)
        break
      case 'redacted_thinking':
        this.#beginRedacted(index, block, emit)
        break
      case 'tool_use':
        this.#open(index, 'tool-input', block, emit)
        break
      default:
        this.#blocks.set(index, { kind: 'opaque', part: -1, value: block, input: '' })
    }
  }

  #beginText(index: number, block: JsonObject, emit: Emit): void {
    this.#open(index, 'text', block, emit)
    this.#say(index, block['text'], emit)
    for (const citation of listOf(block['citations'])) this.#cite(index, citation, emit)
  }

  /** Servers that imitate the API may tell a thought and its signature at once. */
  #beginThought(index: number, block: JsonObject, emit: Emit): void {
    const opened = this.#open(index, 'reasoning', block, emit)
    this.#say(index, block['thinking'], emit)
    this.#sign(opened, block, emit)
  }

  #beginRedacted(index: number, block: JsonObject, emit: Emit): void {
    const { part } = this.#open(index, 'reasoning', block, emit)
    const { encrypted } = readThought(block)
    if (encrypted !== undefined) emit({ type: 'encrypted', choice: 0, part, sealed: encrypted })
  }

  #open(index: number, kind: Exclude<Block['kind'], 'opaque'>, value: JsonObject, emit: Emit): Block {
    const block: Block = { kind, part: this.#parts++, value, input: '' }
    const at = { choice: 0, part: block.part }
    this.#blocks.set(index, block)
    if (kind === 'tool-input') {
      this.#calledTools = true
      const written = textIn(value['name'])
      const name = this.#toolNames?.get(written) ?? written
      emit({ type: 'tool-input-start', ...at, id: textIn(value['id']), name, form: 'function' })
    } else emit({ type: `${kind}-start`, ...at })
    return block
  }

  #delta(value: JsonObject, emit: Emit): void {
    const index = indexOf(value)
    const { delta } = value
    if (!isObject(delta)) return
    const block = this.#blocks.get(index) ?? this.#unannounced(index, delta, emit)
    if (block === undefined) return
    switch (delta['type']) {
      case 'text_delta':
        return this.#say(index, delta['text'], emit)
      case 'thinking_delta':
        return this.#say(index, delta['thinking'], emit)
      case 'input_json_delta':
        block.input += textIn(delta['partial_json'])
        if (block.kind === 'tool-input') this.#say(index, delta['partial_json'], emit)
        break
      case 'signature_delta':
        return this.#sign(block, delta, emit)
      case 'citations_delta':
        return this.#cite(index, delta['citation'], emit)
      default:
        if (block.kind === 'opaque') block.input += textIn(delta['content'])
    }
  }

  /** Hosts that imitate the API may leave out the start of a block of text. */
  #unannounced(index: number, { type }: JsonObject, emit: Emit): Block | undefined {
    if (type === 'text_delta') return this.#open(index, 'text', {}, emit)
    return type === 'thinking_delta' ? this.#open(index, 'reasoning', {}, emit) : undefined
  }

  #say(index: number, text: Json, emit: Emit): void {
    const block = this.#blocks.get(index)
    if (block === undefined || block.kind === 'opaque' || typeof text !== 'string' || text === '') return
    emit({ type: `${block.kind}-delta`, choice: 0, part: block.part, text })
  }

  #sign({ kind, part }: Block, { signature }: JsonObject, emit: Emit): void {
    if (kind !== 'reasoning' || typeof signature !== 'string' || signature === '') return
    emit({ type: 'signature', choice: 0, part, sealed: { family: 'anthropic', data: signature } })
  }

  #cite(index: number, citation: Json, emit: Emit): void {
    const block = this.#blocks.get(index)
    if (block?.kind !== 'text' || !isObject(citation)) return
    emit({ type: 'citation', choice: 0, part: block.part, citation: readCitation(citation) })
  }

  #close(index: number, emit: Emit): void {
    const block = this.#blocks.get(index)
    if (block === undefined) return
    this.#blocks.delete(index)
    if (block.kind === 'opaque') {
      emit({
        type: 'part',
        choice: 0,
        part: this.#parts++,
        value: { type: 'opaque', dialect: 'anthropic', value: whole(block) },
      })
      return
    }
    const at = { choice: 0, part: block.part }
    // Input that did not come in deltas came with the start of the block, or is empty.
    if (block.kind === 'tool-input' && block.input === '') {
      emit({ type: 'tool-input-delta', ...at, text: JSON.stringify(block.value['input'] ?? {}) })
    }
    emit({ type: `${block.kind}-end`, ...at })
  }

  #finish(value: JsonObject, emit: Emit): void {
    const { delta, usage } = value
    this.#count(usage, emit)
    if (this.#finished || !isObject(delta) || saidIn(delta['stop_reason']) === undefined) return
    this.#finished = true
    for (const index of [...this.#blocks.keys()]) this.#close(index, emit)
    const finish = readAnthropicFinish(delta)
    emit({ type: 'finish', choice: 0, finish: { ...finish, reason: settledReason(finish.reason, this.#calledTools) } })
  }

  #stop(emit: Emit): void {
    if (!this.#finished) this.#finish({ delta: { stop_reason: 'end_turn' } }, emit)
    emit({ type: 'end' })
  }
}

function startOf({ id, model, usage }: JsonObject): StartEvent {
  const tier = isObject(usage) ? usage['service_tier'] : undefined
  return {
    type: 'start',
    id: textIn(id),
    model: textIn(model),
    serviceTier: saidIn(tier),
  }
}

/** The block with its streamed member put in its place. */
function whole({ value, input }: Block): JsonObject {
  if (input === '') return value
  if (value['type'] === 'compaction') return { ...value, content: input }
  return { ...value, input: tryParseExact(input) ?? input }
}

function indexOf(value: JsonObject): number {
  return typeof value['index'] === 'number' ? value['index'] : 0
}

function listOf(value: Json): readonly Json[] {
  return Array.isArray(value) ? value : []
}
