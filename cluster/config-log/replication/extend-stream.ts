// A stream that ends early, at an event that the copy has in the same place, is given again what the copy holds beyond it:
// servers that lost their newest messages (a replica that was behind and led all the same) need no operator for that. Each
// event is published behind the one before it or not at all, so several nodes may do it at once, and a stream that somebody
// has gone on with stays as it is.

import type { StreamFacts } from '../../nats/stream-trouble.ts'
import type { ConfigLog, StoredEvent } from '../log/config-log.ts'
import type { EventStream } from '../stream/event-stream.ts'
import { judgeHead } from './judge-stream.ts'

export interface StreamExtension {
  stream: EventStream
  copy: ConfigLog
  macKey: Uint8Array
}

/** Events published before the first is acknowledged would each need the one before it: one at a time, a page at a time. */
const pageEvents = 256

/** How far the stream reaches afterwards; where it may not be extended, as far as before. */
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

/** Whether the stream is whole as far as it goes, and ends at an event of the copy. */
async function isBeginningOf({ stream, copy, macKey }: StreamExtension, facts: StreamFacts): Promise<boolean> {
  const { firstSequence, lastSequence, messages } = facts
  // An empty stream proves nothing: whether it is to be filled again is an operator's decision.
  if (lastSequence === 0 || firstSequence !== 1 || messages !== lastSequence) return false
  const own = await copy.read(lastSequence - 1, 1)
  const theirs = await stream.read(lastSequence - 1, 1)
  if (!own.ok || !theirs.ok || own.value[0] === undefined) return false
  return judgeHead(theirs.value[0], own.value[0], macKey) === undefined
}

async function publishAll(stream: EventStream, events: readonly StoredEvent[]): Promise<number> {
  for (const [index, event] of events.entries()) {
    const answer = await stream.publish(event, event.revision - 1)
    // An id that the server remembers and a message that it does not have: publishing cannot mend that.
    if (!answer.ok || answer.value.duplicate) return index
  }
  return events.length
}
