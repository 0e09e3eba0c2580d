// Converts between events and messages: the bytes are the payload, and the headers hold the other fields of the log.
import type { StoredMsg } from '@nats-io/jetstream'
import { headers, type MsgHdrs } from '@nats-io/transport-node'
import type { SealedEvent } from '../log/config-log.ts'
import type { StreamMessage } from './event-stream.ts'

const header = { commandId: 'Nats-Msg-Id', hash: 'Headgate-Hash', mac: 'Headgate-Mac' } as const

/** The most bytes that headers and subject add to an event. */
export const messageOverheadBytesMax = 4_096

export function headersOf({ hash, mac }: SealedEvent): MsgHdrs {
  const made = headers()
  made.set(header.hash, hash)
  made.set(header.mac, mac)
  return made
}

/** Converts a message. Without its headers the result cannot verify. */
export function messageOf(sequence: number, bytes: Uint8Array, from: MsgHdrs | undefined): StreamMessage {
  const message = { sequence, commandId: '', hash: '', mac: '', bytes }
  if (from === undefined) return message
  // One pass over the headers is faster: each `get` builds a list of all names.
  for (const [name, [value = '']] of from) {
    if (name === header.commandId) message.commandId = value
    else if (name === header.hash) message.hash = value
    else if (name === header.mac) message.mac = value
  }
  return message
}

export function messageOfStored({ seq, data, header: from }: StoredMsg): StreamMessage {
  return messageOf(seq, data, from)
}
