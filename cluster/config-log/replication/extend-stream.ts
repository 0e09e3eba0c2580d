// Extends a stream that ends early, at an event that the copy has at the same revision, by the later events of the
// copy. So no operator is needed when servers lost their newest messages (for example when a replica that lagged became
// leader). Each event is published after the previous one or not at all, so several nodes may do it at once, and a
// stream that another writer has continued stays as it is.

import type { StreamFacts } from '../../nats/stream-trouble.ts'
import type { ConfigLog, StoredEvent } from '../log/config-log.ts'
import type { LogKey } from '../log/log-key.ts'
import type { EventStream } from '../stream/event-stream.ts'
import { judgeHead } from './judge-stream.ts'

export interface StreamExtension {
  stream: EventStream
  copy: ConfigLog
  macKey: LogKey
}

/** Events are published one at a time, because each needs the acknowledgement of the previous one, and read a page at a
 *  time. */
const pageEvents = 256

/** Returns how far the stream reaches afterwards; the old length when it may not be extended. */
export async function extendStream(extension: StreamExtension, facts: StreamFacts): Promise<number> {
  let reached = facts.lastSequence
  if (!(await isBeginningOf(extension, facts))) return reached
  for (;;) {
    const page = await extension.copy.read(reached, pageEvents)
    const events: StoredEvent[] = page.ok ? page.value : []
    const added = await publishAll(extension.stream, events)
    reached += added
    if (added === 0 || added < events.length) return reached
  }
}

/** Returns whether the stream is complete as far as it goes, and ends at an event of the copy. */
async function isBeginningOf({ stream, copy, macKey }: StreamExtension, facts: StreamFacts): Promise<boolean> {
  const { firstSequence, lastSequence, messages } = facts
  // An empty stream proves nothing: filling it again is an operator's decision.
  if (lastSequence === 0 || firstSequence !== 1 || messages !== lastSequence) return false
  const own = await copy.read(lastSequence - 1, 1)
  const theirs = await stream.read(lastSequence - 1, 1)
  if (!own.ok || !theirs.ok || own.value[0] === undefined) return false
  return judgeHead(theirs.value[0], own.value[0], macKey) === undefined
}

async function publishAll(stream: EventStream, events: readonly StoredEvent[]): Promise<number> {
  for (const [index, event] of events.entries()) {
    const answer = await stream.publish(event, event.revision - 1)
    // The server remembers the id but does not have the message: publishing cannot repair that.
    if (!answer.ok || answer.value.duplicate) return index
  }
  return events.length
}
