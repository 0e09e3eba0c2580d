// Makes the stream anew from a proven history: its sequences are revisions again. Nothing may append meanwhile: nodes
// do not, because their copies are longer than the stream, and any other writer is detected at the end.
import type { Clock } from '../../../shared/clock.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import type { LogHead, StoredEvent } from '../log/config-log.ts'
import type { ReadableLog } from '../log/examine-log.ts'
import type { LogKey } from '../log/log-key.ts'
import type { RepairableStream } from '../stream/event-stream.ts'
import { StreamLog } from '../stream/stream-log.ts'
import { mergeChains } from './merge-chains.ts'

export interface Republication {
  stream: RepairableStream
  history: ReadableLog
  head: LogHead
  macKey: LogKey
  clock: Clock
}

/** The number of messages that are sent before the first is acknowledged. */
const windowMessages = 64
const stuckTriesMax = 30
const pauseMs = 500

export async function republish(republication: Republication): Promise<Result<undefined, string>> {
  const { stream, head } = republication
  const removed = await stream.remove()
  if (!removed.ok) return fail(`the stream could not be removed: ${removed.error.message}`)
  const made = await stream.create()
  if (!made.ok) return fail(`the stream could not be made: ${made.error.message}`)
  for (let at = 0, stuck = 0; at < head.revision; ) {
    const reached = await publishAfter(republication, at)
    stuck = reached > at ? 0 : stuck + 1
    at = Math.max(at, reached)
    if (stuck === stuckTriesMax) return fail(`the stream takes nothing after revision ${at}`)
    if (stuck > 0) await new Promise<void>((resume) => republication.clock.after(pauseMs, resume))
  }
  return check(republication)
}

/** Publishes a window of events and returns how far the stream reaches afterwards. */
async function publishAfter({ stream, history }: Republication, revision: number): Promise<number> {
  const page = await history.read(revision, windowMessages)
  const events: StoredEvent[] = page.ok ? page.value : []
  const answers = await Promise.all(events.map((event) => stream.publish(event, event.revision - 1)))
  if (answers.length > 0 && answers.every(({ ok }) => ok)) return revision + answers.length
  const facts = await stream.facts()
  return facts.ok ? facts.value.lastSequence : revision
}

async function check({ stream, head, macKey }: Republication): Promise<Result<undefined, string>> {
  const source = { name: 'the stream', log: new StreamLog(stream) }
  const { head: found, sources } = await mergeChains([source], macKey, async () => {})
  const claims = sources[0]?.claims
  if (found.hash === head.hash && claims === head.revision) return done(undefined)
  return fail(
    `the stream was made, and holds ${claims} messages of which ${found.revision} verify: somebody else wrote`,
  )
}
