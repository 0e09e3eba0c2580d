// The bus as one process sees it: without a connection messages are dropped without an error, and on the way they may
// be lost, late, repeated, or reordered.
import { done, fail, type Result } from '../../../shared/result.ts'
import type { Bus, BusRefusal, Subscription } from '../../bus/bus.ts'
import type { Life } from '../engine/life.ts'
import type { Timeline } from '../engine/timeline.ts'
import type { ServerLink } from './simulated-server.ts'

type Receive = (payload: Uint8Array, subject: string) => void
type Answer = (payload: Uint8Array) => Promise<Uint8Array> | Uint8Array

/** All members of the bus; the hub outlives each of them. */
export class BusHub {
  readonly members = new Set<SimulatedBus>()
}

export interface SimulatedBusOptions {
  hub: BusHub
  link: ServerLink
  life: Life
  timeline: Timeline
}

export class SimulatedBus implements Bus {
  readonly #options: SimulatedBusOptions
  readonly #receivers = new Map<string, Set<Receive>>()
  readonly #answers = new Map<string, Answer>()

  constructor(options: SimulatedBusOptions) {
    this.#options = options
    options.hub.members.add(this)
  }

  publish(subject: string, payload: Uint8Array): void {
    const { hub, link } = this.#options
    const bytes = payload.slice()
    link.toServer('message', () => {
      for (const member of this.#living(hub)) member.#arrive(subject, bytes)
    })
  }

  subscribe(subject: string, receive: Receive): Subscription {
    const receivers = this.#receivers.get(subject) ?? new Set()
    this.#receivers.set(subject, receivers)
    receivers.add(receive)
    return { stop: () => receivers.delete(receive) }
  }

  request(subject: string, payload: Uint8Array, timeoutMs: number): Promise<Result<Uint8Array, BusRefusal>> {
    const { hub, link, life, timeline } = this.#options
    return new Promise((settle) => {
      const late = fail({ type: 'no-answer', subject, afterMs: timeoutMs } as const)
      timeline.after(timeoutMs, () => life.reach(() => settle(late)))
      link.toServer('message', () => {
        const server = this.#living(hub).find((member) => member.#answers.has(subject))
        if (server === undefined) return
        server.#answer(subject, payload.slice(), (outcome) => link.fromServer(() => settle(outcome)))
      })
    })
  }

  serve(subject: string, answer: Answer): Subscription {
    this.#answers.set(subject, answer)
    return { stop: () => this.#answers.delete(subject) }
  }

  close(): void {
    this.#options.hub.members.delete(this)
  }

  #living(hub: BusHub): SimulatedBus[] {
    for (const member of hub.members) if (member.#options.life.isOver) hub.members.delete(member)
    return [...hub.members]
  }

  #arrive(subject: string, payload: Uint8Array): void {
    for (const [pattern, receivers] of this.#receivers) {
      if (!matches(pattern, subject) || receivers.size === 0) continue
      this.#options.link.fromServer(() => {
        for (const receive of receivers) receive(payload.slice(), subject)
      })
    }
  }

  #answer(subject: string, payload: Uint8Array, settle: (outcome: Result<Uint8Array, BusRefusal>) => void): void {
    const { link } = this.#options
    link.fromServer(() => {
      const answer = this.#answers.get(subject)
      if (answer === undefined) return
      Promise.resolve(payload)
        .then(answer)
        .then(done, (error: unknown) => fail({ type: 'failed' as const, message: messageOf(error) }))
        .then((outcome) => link.toServer('message', () => settle(outcome)))
    })
  }
}

function matches(pattern: string, subject: string): boolean {
  if (!pattern.endsWith('.*')) return pattern === subject
  const prefix = pattern.slice(0, -1)
  return subject.startsWith(prefix) && !subject.slice(prefix.length).includes('.')
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
