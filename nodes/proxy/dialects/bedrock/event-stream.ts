// AWS's binary event stream: messages with typed headers, a checksum over their first twelve bytes and one over all. A
// message is put together however its bytes are cut; one that is too large, or whose checksums do not hold, breaks the stream.
import { EventStreamCodec } from '@smithy/eventstream-codec'

export interface AwsMessage {
  /** 'event', 'exception' or 'error'. */
  readonly messageType: string
  /** The event's or the exception's name, or the error's code. */
  readonly name: string
  /** What an 'error' says in a header. */
  readonly errorMessage: string
  readonly body: Uint8Array
}

const preludeBytes = 12
const messageBytesMin = 16
/** AWS sends none above 16 MiB. */
const messageBytesMax = 16 << 20

const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8')),
  (text) => Buffer.from(text, 'utf8'),
)

export class AwsEventStream {
  #held: Buffer = Buffer.alloc(0)

  /** `onMessage` is called for each whole message. `bytes` need be valid only during the call. */
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
    // A copy: the caller's bytes are reused.
    this.#held = Buffer.from(rest)
    return 'ok'
  }

  /** Whether the connection ended between two messages. */
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
