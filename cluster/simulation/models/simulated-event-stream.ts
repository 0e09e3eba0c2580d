// The event stream as one process sees it over its connection. A missing answer is not a refusal: the request may have
// been carried out, or may be later.
import { done, fail, type Result } from '../../../shared/result.ts'
import type { SealedEvent } from '../../config-log/log/config-log.ts'
import type { RepairableStream, StreamMessage } from '../../config-log/stream/event-stream.ts'
import type { PublishTrouble, StreamFacts, StreamTrouble } from '../../nats/stream-trouble.ts'
import type { Answer, ServerLink, SimulatedServer } from './simulated-server.ts'
import type { StreamContent } from './stream-content.ts'

export class SimulatedEventStream implements RepairableStream {
  readonly #server: SimulatedServer
  readonly #link: ServerLink
  readonly #content: StreamContent
  readonly #who: string
  readonly #watches = new Set<{ stop(): void }>()

  /** `who` names the process for the judge. */
  constructor(server: SimulatedServer, link: ServerLink, content: StreamContent, who = '') {
    this.#server = server
    this.#link = link
    this.#content = content
    this.#who = who
  }

  async facts(): Promise<Result<StreamFacts, StreamTrouble>> {
    return orUnavailable(await this.#link.ask('read', () => this.#content.facts()))
  }

  async publish(
    event: SealedEvent,
    lastSequence: number,
  ): Promise<Result<{ sequence: number; duplicate: boolean }, PublishTrouble>> {
    const stored = await this.#link.ask('write', () => {
      const answer = this.#content.store(event, lastSequence, { nowMs: this.#server.timeline.nowMs, by: this.#who })
      if (answer.ok) this.#server.wakeAll()
      return answer
    })
    if (stored.type === 'silent') return fail({ type: 'no-ack', message: 'no acknowledgement in time' })
    return orUnavailable(stored)
  }

  async read(afterSequence: number, limit: number): Promise<Result<StreamMessage[], StreamTrouble>> {
    return orUnavailable(await this.#link.ask('read', () => this.#content.read(afterSequence, limit)))
  }

  watch(wake: () => void): { stop(): void } {
    const stored = this.#link.onWake(wake)
    const back = this.#link.onChange((isConnected) => {
      if (isConnected) wake()
    })
    const watch = {
      stop: () => {
        stored.stop()
        back.stop()
      },
    }
    this.#watches.add(watch)
    return watch
  }

  async create(): Promise<Result<StreamFacts, StreamTrouble>> {
    return orUnavailable(
      await this.#link.ask('write', () => this.#content.create(this.#server.timeline.nowMs, this.#who)),
    )
  }

  async remove(): Promise<Result<undefined, StreamTrouble>> {
    const removed = await this.#link.ask('write', () => this.#content.vanish())
    return removed.type === 'answered' ? done(undefined) : fail(unavailable(removed.type))
  }

  /** Does nothing: the settings of the model are always right. */
  mend(): Promise<Result<StreamFacts, StreamTrouble>> {
    return this.facts()
  }

  async close(): Promise<void> {
    for (const watch of this.#watches) watch.stop()
  }
}

type Unavailable = Extract<StreamTrouble, { type: 'unavailable' }>

function orUnavailable<Value, Trouble>(answer: Answer<Result<Value, Trouble>>): Result<Value, Trouble | Unavailable> {
  return answer.type === 'answered' ? answer.value : fail(unavailable(answer.type))
}

function unavailable(why: 'silent' | 'away'): Unavailable {
  return { type: 'unavailable', message: why === 'away' ? 'no server is known to answer' : 'no answer in time' }
}
