// Observes an Anthropic stream that passes through as bytes: its usage, where its tokens are, and its end.
import { tokenCount, type Usage } from '../../../../shared/chat/usage.ts'
import { DeliveredText } from '../common/answers/delivered-text.ts'
import { isObject } from '../common/body-reader.ts'
import { eventData } from '../openai/event-data.ts'
import { type EventFate, nothingCame, type StreamObserver } from '../openai/stream-observer.ts'
import { readAnthropicError } from './error.ts'
import { type AnthropicCounts, readAnthropicUsage, usageOfAnthropic } from './usage.ts'

export class AnthropicStreamObserver implements StreamObserver {
  /** The terminator ends a message that has its stop reason. */
  readonly terminator = 'event: message_stop\ndata: {"type":"message_stop"}\n\n'
  finished = false
  concluded = false
  errorMessage: string | undefined
  #begun = false
  /** `message_start` reports the input; what it says of the output is the first token at most. */
  isOutputTold = false
  readonly #delivered = new DeliveredText([['text', 'partial_json', 'thinking']])
  #counts: AnthropicCounts | undefined

  get usage(): Usage | undefined {
    return this.#counts === undefined ? undefined : usageOfAnthropic(this.#counts)
  }

  get textBytes(): number {
    return this.#delivered.bytes
  }

  observe(text: string): EventFate {
    switch (eventType(text)) {
      case 'content_block_delta':
        this.#begun = true
        if (!this.isOutputTold) this.#delivered.add(text)
        return 'token'
      case 'message_start':
        this.#begun = true
        this.#count(text)
        return 'opening'
      case 'content_block_start':
        return /"type"\s*:\s*"(?:text|thinking)"/.test(text) && !saysMore.test(text) ? 'opening' : 'other'
      case 'ping':
        return 'opening'
      case 'message_delta':
        this.#count(text)
        return 'other'
      case 'message_stop':
        return this.#stop()
      case 'error':
        return this.#fail(text)
      default:
        return text.includes('"error"') ? this.#seeUnknown(text) : 'other'
    }
  }

  #fail(text: string): EventFate {
    const data = eventData(text)
    this.errorMessage = isObject(data) ? readAnthropicError(500, data).message : undefined
    return 'error'
  }

  /** Proxies of other makers send their errors without a type. */
  #seeUnknown(text: string): EventFate {
    const data = eventData(text)
    return isObject(data) && isObject(data['error']) ? this.#fail(text) : 'other'
  }

  /** A stream that only ends is no answer. */
  #stop(): EventFate {
    this.finished = this.#begun
    if (!this.#begun) this.errorMessage = nothingCame
    return this.#begun ? 'done' : 'error'
  }

  #count(text: string): void {
    const data = eventData(text)
    if (!isObject(data)) return
    const { message } = data
    if (isObject(data['delta']) && isReason(data['delta']['stop_reason'])) this.concluded = true
    const usage = data['usage'] ?? (isObject(message) ? message['usage'] : undefined)
    if (!isObject(usage)) return
    this.#counts = readAnthropicUsage(usage, this.#counts)
    if (data['type'] === 'message_delta' && tokenCount(usage['output_tokens']) !== undefined) this.isOutputTold = true
  }
}

/** A block may begin with a piece of its text. */
const saysMore = /"(?:text|thinking)"\s*:\s*"[^"]/

function isReason(reason: unknown): boolean {
  return typeof reason === 'string' && reason !== ''
}

/** The `event:` field, or the `type` member where an upstream omits the field. */
function eventType(text: string): string {
  if (text.startsWith('event: ')) {
    const end = text.search(/[\r\n]/)
    return text.slice(7, end < 0 ? undefined : end)
  }
  return /^event:([^\r\n]+)/m.exec(text)?.[1]?.trim() ?? /"type"\s*:\s*"([^"]+)"/.exec(text)?.[1] ?? ''
}
