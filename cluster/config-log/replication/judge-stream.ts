// Judges the facts of a stream, and a message of it, against the copy. The functions are pure, so that each rule can be
// tested alone.

import type { StreamFacts } from '../../nats/stream-trouble.ts'
import type { LogHead, StoredEvent } from '../log/config-log.ts'
import { isGenuine, openEvent } from '../log/event-codec.ts'
import type { LogKey } from '../log/log-key.ts'
import type { StreamMessage } from '../stream/event-stream.ts'
import type { ReplicationFinding } from './replication-state.ts'

export interface KnownOfStream {
  copyRevision: number
  /** The newest revision that other nodes reported. */
  elsewhere: number
  /** The creation time of the stream that the copy has followed so far, when it is known. */
  created: string | undefined
}

/** Returns what is wrong with the facts of the stream; undefined when nothing is. */
export function judgeFacts(facts: StreamFacts, known: KnownOfStream): ReplicationFinding | undefined {
  const { firstSequence, lastSequence, messages } = facts
  const { copyRevision, elsewhere, created } = known
  if (lastSequence < Math.max(copyRevision, elsewhere)) {
    const isOther = created !== undefined && created !== facts.created
    const what = isOther ? 'was made anew and ends' : 'was rewound: it ends'
    const who = copyRevision >= elsewhere ? `the copy reaches ${copyRevision}` : `another node has ${elsewhere}`
    const message = `the stream ${what} at revision ${lastSequence}, ${who}`
    return { type: isOther ? 'recreated' : 'rewound', message, revision: lastSequence }
  }
  if (lastSequence > 0 && firstSequence !== 1) {
    return { type: 'damaged', message: `the stream begins at revision ${firstSequence}`, revision: 1 }
  }
  if (messages !== lastSequence) {
    const message = `the stream holds ${messages} of ${lastSequence} messages`
    return { type: 'damaged', message, revision: 1 }
  }
  return undefined
}

/** Returns what is wrong with the message at the head of the copy; undefined when it is the copy's newest event. */
export function judgeHead(
  message: StreamMessage | undefined,
  copy: LogHead,
  macKey: LogKey,
): ReplicationFinding | undefined {
  if (message?.sequence === copy.revision && message.hash === copy.hash) return undefined
  const { revision } = copy
  if (message?.sequence !== revision) {
    return { type: 'damaged', message: `revision ${revision} is missing in the stream`, revision }
  }
  const type = isGenuine(message, macKey, revision) ? 'damaged' : 'forged'
  return { type, message: `the stream holds another event at revision ${revision} than the copy`, revision }
}

/** Returns the message as the event that follows `head`, or why it is not that event. */
export function judgeMessage(
  message: StreamMessage,
  head: LogHead,
  macKey: LogKey,
): { event: StoredEvent } | { finding: ReplicationFinding } {
  const { sequence, commandId, bytes, hash, mac } = message
  const revision = head.revision + 1
  if (sequence !== revision) {
    return { finding: { type: 'damaged', message: `revision ${revision} is missing in the stream`, revision } }
  }
  const event = { revision, commandId, bytes, hash, mac }
  const opened = openEvent(event, { revision, prevHash: head.hash, macKey })
  if (opened.ok) return { event }
  const type = isGenuine(message, macKey, revision) ? 'damaged' : 'forged'
  return { finding: { type, message: `revision ${revision} of the stream: ${opened.error.message}`, revision } }
}
