// Requests that wait for their answer, over one inbox for each connection. When it is certain that no answer comes
// (nobody serves the subject, or the connection is lost), the requester is told at once and not after its timeout.
import { createInbox, type Msg, type NatsConnection } from '@nats-io/transport-node'
import type { Clock, Timer } from '../../shared/clock.ts'
import { fail, type Result } from '../../shared/result.ts'
import type { BusRefusal } from './bus.ts'
import type { BusMacs } from './bus-macs.ts'
import { Assembly } from './nats-answers.ts'
import type { OutboundQueue } from './outbound-queue.ts'

type Answer = Result<Uint8Array, BusRefusal>

interface Waiting {
  readonly subject: string
  readonly fromMs: number
  readonly assembly: Assembly
  readonly timer: Timer
  settle(answer: Answer): void
}

const waitingMax = 4_096
const noResponders = 503

export interface NatsAskingOptions {
  readonly clock: Clock
  readonly outgoing: OutboundQueue
  readonly macs: BusMacs
}

export class NatsAsking {
  readonly #clock: Clock
  readonly #outgoing: OutboundQueue
  readonly #macs: BusMacs
  readonly #waiting = new Map<string, Waiting>()
  #connection: NatsConnection | undefined
  #inbox = ''
  #nextId = 1

  constructor({ clock, outgoing, macs }: NatsAskingOptions) {
    this.#clock = clock
    this.#outgoing = outgoing
    this.#macs = macs
  }

  connected(connection: NatsConnection): void {
    this.#connection = connection
    this.#inbox = `${createInbox()}.`
    connection.subscribe(`${this.#inbox}*`, { callback: (error, message) => this.#onAnswer(error, message) })
  }

  lost(): void {
    this.#connection = undefined
    for (const id of [...this.#waiting.keys()]) this.#noAnswer(id)
  }

  /** `wire` is the subject on the server, `subject` the one without prefix that troubles name. */
  ask(wire: string, subject: string, payload: Uint8Array, timeoutMs: number): Promise<Answer> {
    const connection = this.#connection
    if (connection === undefined) return Promise.resolve(noAnswer(subject, 0))
    if (this.#waiting.size >= waitingMax) {
      return Promise.resolve(fail({ type: 'failed', message: 'too many requests wait for an answer' }))
    }
    return new Promise((settle) => {
      const id = `${this.#nextId++}`
      const timer = this.#clock.after(timeoutMs, () => this.#settle(id, noAnswer(subject, timeoutMs)))
      const fromMs = this.#clock.monotonicMs()
      this.#waiting.set(id, { subject, settle, timer, fromMs, assembly: new Assembly() })
      void this.#send(connection, id, { wire, payload })
    })
  }

  async #send(connection: NatsConnection, id: string, request: { wire: string; payload: Uint8Array }): Promise<void> {
    const hasRoom = await this.#outgoing.room(connection)
    if (!hasRoom || !this.#waiting.has(id)) return
    const { wire, payload } = request
    const reply = `${this.#inbox}${id}`
    connection.publish(wire, payload, { reply, headers: this.#macs.request(wire, reply, payload) })
    this.#outgoing.sent(payload.length)
  }

  #onAnswer(error: Error | null, message: Msg): void {
    if (error !== null) return
    const id = message.subject.slice(this.#inbox.length)
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return
    if (message.headers?.code === noResponders && message.data.length === 0) {
      this.#noAnswer(id)
      return
    }
    // A stranger who answers first is not heard, and the answer may still come.
    if (!this.#macs.isGenuineAnswer(message, waiting.subject)) return
    const answer = waiting.assembly.add(message)
    if (answer !== undefined) this.#settle(id, answer)
  }

  #noAnswer(id: string): void {
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return
    this.#settle(id, noAnswer(waiting.subject, Math.round(this.#clock.monotonicMs() - waiting.fromMs)))
  }

  #settle(id: string, answer: Answer): void {
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return
    this.#waiting.delete(id)
    waiting.timer.cancel()
    waiting.settle(answer)
  }
}

function noAnswer(subject: string, afterMs: number): Answer {
  return fail({ type: 'no-answer', subject, afterMs })
}
