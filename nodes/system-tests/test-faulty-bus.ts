// A bus that loses, repeats and reorders what it carries while its weather is foul.
import type { Bus, Subscription } from '../../cluster/bus/bus.ts'
import { subjects } from '../../cluster/bus/bus.ts'
import type { Chance } from '../../shared/clock.ts'
import { fail } from '../../shared/result.ts'

type Receive = (payload: Uint8Array, subject: string) => void

export class FaultyBus {
  readonly #chance: Chance
  readonly #members = new Set<Member>()
  #queue: { subject: string; payload: Uint8Array }[] = []
  foul = false

  constructor(chance: Chance) {
    this.#chance = chance
  }

  member(): Member {
    const member = new Member(
      (subject, payload) => void this.#queue.push({ subject, payload: payload.slice() }),
      () => void this.#members.delete(member),
    )
    this.#members.add(member)
    return member
  }

  deliver(): void {
    const queue = this.#queue
    this.#queue = []
    if (this.foul) queue.sort(() => this.#chance() - 0.5)
    for (const message of queue) {
      const luck = this.foul ? this.#chance() : 1
      if (luck < 0.25) continue
      if (luck < 0.4) this.#queue.push(message)
      else this.#give(message)
      if (luck < 0.6) this.#give(message)
    }
  }

  #give({ subject, payload }: { subject: string; payload: Uint8Array }): void {
    for (const member of this.#members) member.receive(subject, payload.slice())
  }
}

class Member implements Bus {
  readonly #send: (subject: string, payload: Uint8Array) => void
  readonly #leave: () => void
  readonly #receivers = new Map<string, Receive>()
  readonly #answers = new Map<string, (payload: Uint8Array) => Promise<Uint8Array> | Uint8Array>()
  #left = false

  constructor(send: (subject: string, payload: Uint8Array) => void, leave: () => void) {
    this.#send = send
    this.#leave = leave
  }

  publish(subject: string, payload: Uint8Array): void {
    if (!this.#left) this.#send(subject, payload)
  }

  subscribe(subject: string, receive: Receive): Subscription {
    this.#receivers.set(subject, receive)
    return { stop: () => void this.#receivers.delete(subject) }
  }

  async request(subject: string) {
    return fail({ type: 'no-answer' as const, subject, afterMs: 0 })
  }

  serve(subject: string, answer: (payload: Uint8Array) => Promise<Uint8Array> | Uint8Array): Subscription {
    this.#answers.set(subject, answer)
    return { stop: () => void this.#answers.delete(subject) }
  }

  close(): void {
    this.#left = true
    this.#leave()
  }

  receive(subject: string, payload: Uint8Array): void {
    this.#receivers.get(subject)?.(payload, subject)
  }

  ask(query: Uint8Array): Uint8Array {
    const answer = this.#answers.get(subjects.aggregatorQuery)?.(query)
    if (!(answer instanceof Uint8Array)) throw new Error(`${subjects.aggregatorQuery} is not served at once`)
    return answer
  }
}
