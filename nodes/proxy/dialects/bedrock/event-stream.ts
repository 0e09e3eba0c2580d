// AWS's binary event stream. A message is put together however its bytes are cut; one that is too large, or whose checksums
// do not hold, breaks the stream.
import { type AwsMessage, messageBytesMin, preludeBytes, readAwsMessage } from './event-message.ts'

/** AWS sends none above 16 MiB. */
const messageBytesMax = 16 << 20

export class AwsEventStream {
  #held: Buffer = Buffer.alloc(0)

  /** Calls `onMessage` for each complete message. `bytes` must be valid only during the call. */
  push(bytes: Buffer, onMessage: (message: AwsMessage) => void): 'ok' | 'broken' {
    let rest = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes])
    while (rest.length >= preludeBytes) {
      const size = rest.readUInt32BE(0)
      if (size < messageBytesMin || size > messageBytesMax) return 'broken'
      if (rest.length < size) break
      const message = readAwsMessage(rest.subarray(0, size))
      if (message === undefined) return 'broken'
      onMessage(message)
      rest = rest.subarray(size)
    }
    // The caller reuses its bytes, so the rest is copied.
    this.#held = Buffer.from(rest)
    return 'ok'
  }

  /** Whether the bytes so far end between two messages. */
  get isBetween(): boolean {
    return this.#held.length === 0
  }
}
