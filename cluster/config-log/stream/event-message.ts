// An event as a message: its bytes as they are, and in the headers what a log keeps beside them.
import type { StoredMsg } from '@nats-io/jetstream'
import { headers, type MsgHdrs } from '@nats-io/transport-node'
import type { SealedEvent } from '../log/config-log.ts'
import type { StreamMessage } from './event-stream.ts'

const header = { commandId: 'Nats-Msg-Id', hash: 'Headgate-Hash', mac: 'Headgate-Mac' } as const

/** What a message takes in addition to the bytes of its event, at most: headers and subject. */
export const messageOverheadBytesMax = 4_096

export function headersOf({ hash, mac }: SealedEvent): MsgHdrs {
  const made = headers()
  made.set(header.hash, hash)
  made.set(header.mac, mac)
  return made
}

/** Whatever lacks its headers becomes a message that cannot verify. */
export function messageOf(sequence: number, bytes: Uint8Array, from: MsgHdrs | undefined): StreamMessage {
  const message = { sequence, commandId: '', hash: '', mac: '', bytes }
  if (from === undefined) return message
  // In one pass: `get` makes a list of all names for each that is asked for.
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
