// Reads the stream of a cluster as a log. It is not trusted: readers verify each event, as with every other copy.
import { done, fail, type Result } from '../../../shared/result.ts'
import type { StreamFacts, StreamTrouble } from '../../nats/stream-trouble.ts'
import { genesisHash, type LogHead, type LogRefusal, type StoredEvent } from '../log/config-log.ts'
import type { ReadableLog } from '../log/examine-log.ts'
import type { EventStream, StreamMessage } from './event-stream.ts'

export class StreamLog implements ReadableLog {
  readonly #stream: EventStream

  constructor(stream: EventStream) {
    this.#stream = stream
  }

  async head(): Promise<Result<LogHead, LogRefusal>> {
    const facts = readableFacts(await this.#stream.facts())
    if (!facts.ok) return fail(refusalOf(facts.error))
    const { lastSequence } = facts.value
    if (lastSequence === 0) return done({ revision: 0, hash: genesisHash })
    const last = await this.#stream.read(lastSequence - 1, 1)
    if (!last.ok) return fail(refusalOf(last.error))
    const hash = last.value[0]?.hash
    if (hash !== undefined) return done({ revision: lastSequence, hash })
    return fail({ type: 'damaged', revision: lastSequence, message: 'the newest message cannot be read' })
  }

  async read(afterRevision: number, limit: number): Promise<Result<StoredEvent[], LogRefusal>> {
    const page = await this.#stream.read(afterRevision, limit)
    return page.ok ? done(page.value.map(storedOf)) : fail(refusalOf(page.error))
  }
}

/** Ignores wrong settings, which do not prevent reading. */
function readableFacts(answer: Result<StreamFacts, StreamTrouble>): Result<StreamFacts, StreamTrouble> {
  if (answer.ok || answer.error.type !== 'settings' || answer.error.facts === undefined) return answer
  return done(answer.error.facts)
}

function storedOf({ sequence, commandId, bytes, hash, mac }: StreamMessage): StoredEvent {
  return { revision: sequence, commandId, bytes, hash, mac }
}

function refusalOf({ type, message }: StreamTrouble): LogRefusal {
  return { type: 'unavailable', message: type === 'missing' ? `there is no stream: ${message}` : message }
}
