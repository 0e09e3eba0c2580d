// Bedrock ConverseStream: parses binary messages into events. Blocks are identified by index; text and reasoning have
// no start event.
import type { Emit } from '../../../../shared/chat/events.ts'
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { tryParseExact } from '../../../../shared/json/exact.ts'
import { fruitlessEventsMax } from '../../../../shared/sse/frames.ts'
import { isObject } from '../common/body-reader.ts'
import type { PrintedFacts, StreamParser } from '../dialect.ts'
import { readBedrockException } from './error.ts'
import type { AwsMessage } from './event-message.ts'
import { AwsEventStream } from './event-stream.ts'
import { readBedrockFinish } from './finish-reason.ts'
import { readBedrockCitation } from './parse-answer.ts'
import { readBedrockUsage } from './usage.ts'

interface Block {
  readonly kind: 'text' | 'reasoning' | 'tool-input'
  readonly part: number
  isEmpty: boolean
}

export class BedrockStreamParser implements StreamParser {
  readonly #frames = new AwsEventStream()
  readonly #printed: PrintedFacts
  readonly #blocks = new Map<number, Block>()
  #parts = 0
  #calledTools = false
  #started = false
  #finished = false
  #over = false
  #broken = false
  #fruitless = 0

  constructor(printed: PrintedFacts) {
    this.#printed = printed
  }

  push(bytes: Buffer, emit: Emit): 'ok' | 'broken' {
    if (this.#over) return 'ok'
    const framed = this.#frames.push(bytes, (message) => this.#onMessage(message, emit))
    return framed === 'ok' && !this.#broken ? 'ok' : 'broken'
  }

  progressed(): void {
    this.#fruitless = 0
  }

  /** The usage follows the stop event, so the answer ends when the connection does. */
  end(emit: Emit): void {
    if (this.#over) return
    this.#over = true
    emit(this.#finished && this.#frames.isBetween ? { type: 'end' } : { type: 'upstream-cut' })
  }

  #onMessage(message: AwsMessage, emit: Emit): void {
    if (this.#over || this.#broken) return
    if (++this.#fruitless > fruitlessEventsMax) {
      this.#broken = true
      return
    }
    if (message.messageType !== 'event') {
      this.#over = true
      emit({ type: 'error', error: readBedrockException(message) })
      return
    }
    const value = tryParseExact(Buffer.from(message.body).toString('utf8'))
    if (isObject(value)) this.#read(message.name, value, emit)
    else this.#broken = true
  }

  #read(name: string, value: JsonObject, emit: Emit): void {
    if (!this.#started) {
      this.#started = true
      emit({ type: 'start', id: '', model: this.#printed.model ?? '' })
    }
    switch (name) {
      case 'contentBlockDelta':
        return this.#delta(indexOf(value), value['delta'], emit)
      case 'contentBlockStart':
        return this.#begin(indexOf(value), value['start'], emit)
      case 'contentBlockStop':
        return this.#close(indexOf(value), emit)
      case 'messageStop':
        return this.#finish(value['stopReason'], emit)
      case 'metadata': {
        const usage = readBedrockUsage(value)
        if (usage !== undefined) emit({ type: 'usage', usage })
        break
      }
      default: // an unknown event is not an error
    }
  }

  #begin(index: number, start: Json, emit: Emit): void {
    const toolUse = isObject(start) ? start['toolUse'] : undefined
    if (!isObject(toolUse)) return
    const written = String(toolUse['name'] ?? '')
    const block = this.#open(index, 'tool-input', emit)
    this.#calledTools = true
    emit({
      type: 'tool-input-start',
      choice: 0,
      part: block.part,
      id: String(toolUse['toolUseId'] ?? ''),
      name: this.#printed.toolNames?.get(written) ?? written,
      form: 'function',
    })
  }

  #delta(index: number, delta: Json, emit: Emit): void {
    if (!isObject(delta)) return
    const { text, toolUse, reasoningContent, citation } = delta
    if (typeof text === 'string') this.#say(index, 'text', text, emit)
    else if (isObject(toolUse)) this.#say(index, 'tool-input', toolUse['input'], emit)
    else if (isObject(reasoningContent)) this.#think(index, reasoningContent, emit)
    else if (isObject(citation)) {
      const { part } = this.#opened(index, 'text', emit)
      emit({ type: 'citation', choice: 0, part, citation: readBedrockCitation(citation) })
    }
  }

  #think(index: number, { text, signature, redactedContent }: JsonObject, emit: Emit): void {
    if (typeof text === 'string') return this.#say(index, 'reasoning', text, emit)
    const { part } = this.#opened(index, 'reasoning', emit)
    if (typeof signature === 'string' && signature !== '') {
      emit({ type: 'signature', choice: 0, part, sealed: { family: 'anthropic', data: signature } })
    }
    if (typeof redactedContent === 'string' && redactedContent !== '') {
      emit({ type: 'encrypted', choice: 0, part, sealed: { family: 'anthropic', data: redactedContent } })
    }
  }

  #say(index: number, kind: Block['kind'], text: Json, emit: Emit): void {
    if (typeof text !== 'string') return
    // Tool input without a start event belongs to no call.
    if (kind === 'tool-input' && !this.#blocks.has(index)) return
    const block = this.#opened(index, kind, emit)
    if (text === '') return
    block.isEmpty = false
    emit({ type: `${block.kind}-delta`, choice: 0, part: block.part, text })
  }

  #opened(index: number, kind: Block['kind'], emit: Emit): Block {
    const known = this.#blocks.get(index)
    if (known !== undefined) return known
    const block = this.#open(index, kind, emit)
    if (kind !== 'tool-input') emit({ type: `${kind}-start`, choice: 0, part: block.part })
    return block
  }

  /** Some models never send the end of a text block, so the start of the next block ends it. */
  #open(index: number, kind: Block['kind'], emit: Emit): Block {
    for (const [other, { kind }] of [...this.#blocks]) if (kind !== 'tool-input') this.#close(other, emit)
    const block: Block = { kind, part: this.#parts++, isEmpty: true }
    this.#blocks.set(index, block)
    return block
  }

  #close(index: number, emit: Emit): void {
    const block = this.#blocks.get(index)
    if (block === undefined) return
    this.#blocks.delete(index)
    const at = { choice: 0, part: block.part }
    // A call without arguments gets an empty object (wire 22).
    if (block.kind === 'tool-input' && block.isEmpty) emit({ type: 'tool-input-delta', ...at, text: '{}' })
    emit({ type: `${block.kind}-end`, ...at })
  }

  #finish(reason: Json, emit: Emit): void {
    if (this.#finished) return
    this.#finished = true
    for (const index of [...this.#blocks.keys()]) this.#close(index, emit)
    emit({ type: 'finish', choice: 0, finish: readBedrockFinish(reason, this.#calledTools) })
  }
}

function indexOf(value: JsonObject): number {
  return typeof value['contentBlockIndex'] === 'number' ? value['contentBlockIndex'] : 0
}
