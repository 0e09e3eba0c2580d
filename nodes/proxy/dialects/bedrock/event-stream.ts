// AWS's binary event stream: messages with typed headers, a checksum over the first twelve bytes and one over the whole
// message. Chunks may be cut anywhere. A message that is too large or has a wrong checksum breaks the stream.
import { EventStreamCodec } from '@smithy/eventstream-codec'

export interface AwsMessage {
  /** 'event', 'exception' or 'error'. */
  readonly messageType: string
  /** The name of the event or exception, or the error code. */
  readonly name: string
  /** Message of an 'error', from its header. */
  readonly errorMessage: string
  readonly body: Uint8Array
}

const preludeBytes = 12
const messageBytesMin = 16
/** AWS sends no message larger than 16 MiB. */
const messageBytesMax = 16 << 20

const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8')),
  (text) => Buffer.from(text, 'utf8'),
)

export class AwsEventStream {
  #held: Buffer = Buffer.alloc(0)

  /** Calls `onMessage` for each complete message. `bytes` must be valid only during the call. */
  push(bytes: Buffer, onMessage: (message: AwsMessage) => void): 'ok' | 'broken' {
    let rest = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes])
    while (rest.length >= preludeBytes) {
      const size = rest.readUInt32BE(0)
      if (size < messageBytesMin || size > messageBytesMax) return 'broken'
      if (rest.length < size) break
      const message = decoded(rest.subarray(0, size))
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

function decoded(bytes: Buffer): AwsMessage | undefined {
  try {
    const { headers, body } = codec.decode(bytes)
    const text = (name: string) => {
      const header = headers[name]
      return header?.type === 'string' ? header.value : ''
    }
    const messageType = text(':message-type')
    const name = text(':event-type') || text(':exception-type') || text(':error-code')
    return { messageType, name, errorMessage: text(':error-message'), body }
  } catch {
    return undefined
  }
}
