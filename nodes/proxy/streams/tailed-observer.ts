// Observes a stream that passes through and may be ended early: its tail sees what the caller is sent.

import type { EventFate, StreamObserver } from '../dialects/openai/stream-observer.ts'
import { AnthropicStreamTail } from '../dialects/stream-tails/anthropic.ts'
import { GeminiStreamTail } from '../dialects/stream-tails/gemini.ts'
import { ChatStreamTail } from '../dialects/stream-tails/openai-chat.ts'
import { ResponsesStreamTail } from '../dialects/stream-tails/openai-responses.ts'
import type { StreamTail } from '../dialects/stream-tails/stream-tail.ts'
import type { StreamDialect } from '../operations/operation.ts'
import type { EventObserver } from './sse-relay.ts'

export class TailedObserver implements EventObserver {
  readonly #observer: StreamObserver
  readonly #tail: StreamTail

  constructor(observer: StreamObserver, tail: StreamTail) {
    this.#observer = observer
    this.#tail = tail
  }

  observe(text: string): EventFate {
    const fate = this.#observer.observe(text)
    if (fate !== 'hide' && fate !== 'error') this.#tail.see(text)
    return fate
  }

  get finished(): boolean {
    return this.#observer.finished
  }

  get concluded(): boolean {
    return this.#observer.concluded === true
  }

  get usage(): unknown {
    return this.#observer.usage
  }

  get terminator(): string {
    return this.#observer.terminator
  }
}

/** Undefined where the dialect has no end for an answer that has reached its length. */
export function tailFor(dialect: StreamDialect, showUsage: boolean): StreamTail | undefined {
  switch (dialect) {
    case 'chat':
      return new ChatStreamTail(showUsage)
    case 'responses':
      return new ResponsesStreamTail()
    case 'messages':
      return new AnthropicStreamTail()
    case 'gemini':
      return new GeminiStreamTail()
    case 'typed':
      return undefined
  }
}
