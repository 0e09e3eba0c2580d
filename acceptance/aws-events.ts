// Events in the binary frames of AWS, by a codec that AWS wrote.
import { EventStreamCodec } from '@smithy/eventstream-codec'

const codec = new EventStreamCodec((bytes) => Buffer.from(bytes as Uint8Array).toString(), Buffer.from)
const text = (value: string) => ({ type: 'string' as const, value })

export function awsEvent(name: string, value: unknown): Buffer {
  const headers = {
    ':event-type': text(name),
    ':content-type': text('application/json'),
    ':message-type': text('event'),
  }
  return Buffer.from(codec.encode({ headers, body: Buffer.from(JSON.stringify(value)) }))
}
