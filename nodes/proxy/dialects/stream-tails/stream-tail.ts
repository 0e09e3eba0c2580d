// The end of a stream that passes through and is ended early: it ends as the API itself ends an answer that has reached its length. Only
// streams that may be ended so have a tail.
import type { Usage } from '../../../../shared/chat/usage.ts'

export interface StreamTail {
  /** Sees an event on its way to the caller; `text` holds its UTF-8 bytes as latin1. */
  see(text: string): void
  /** The events that end the stream; undefined where what has come so far is no beginning of an answer. */
  end(usage: Usage): string | undefined
}
