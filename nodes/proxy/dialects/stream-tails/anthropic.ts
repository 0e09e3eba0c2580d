// Ends a stream of messages early: the open block ends, and the message has `stop_reason: max_tokens`.
// Source: @anthropic-ai/sdk, RawMessageStreamEvent and StopReason; the order of events is that of "Streaming messages".
import type { Usage } from '../../../../shared/chat/usage.ts'
import { isObject } from '../common/body-reader.ts'
import { eventData } from '../openai/event-data.ts'
import type { StreamTail } from './stream-tail.ts'

export class AnthropicStreamTail implements StreamTail {
  #isBegun = false
  #open: number | undefined
  #hasStopReason = false

  see(text: string): void {
    // Deltas are most of a stream, and change nothing here.
    if (text.includes('"content_block_delta"')) return
    const data = eventData(text)
    if (!isObject(data)) return
    const { type, index, delta } = data
    if (type === 'message_start') this.#isBegun = true
    else if (type === 'content_block_start') this.#open = typeof index === 'number' ? index : 0
    else if (type === 'content_block_stop') this.#open = undefined
    else if (type === 'message_delta' && isObject(delta) && typeof delta['stop_reason'] === 'string')
      this.#hasStopReason = true
  }

  end({ output }: Usage): string | undefined {
    if (!this.#isBegun) return undefined
    const stop = { stop_reason: 'max_tokens', stop_sequence: null }
    return [
      this.#open === undefined ? '' : eventText('content_block_stop', { index: this.#open }),
      this.#hasStopReason ? '' : eventText('message_delta', { delta: stop, usage: { output_tokens: output } }),
      eventText('message_stop', {}),
    ].join('')
  }
}

function eventText(type: string, members: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`
}
