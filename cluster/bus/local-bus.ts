// The in-process bus. One hub lives in the thread that composes the node and knows every subscription; other threads
// join it through a MessagePort, send it all they publish, and see the same bus. Subscribers in the same thread receive
// a message in a later turn, as they would from a network, so that no caller relies on a synchronous answer.
import type { MessagePort } from 'node:worker_threads'
import { done, fail, type Result } from '../../shared/result.ts'
import type { Bus, BusRefusal, Subscription } from './bus.ts'

type Receive = (payload: Uint8Array, subject: string) => void
type Answer = (payload: Uint8Array) => Promise<Uint8Array> | Uint8Array

/** Frames between threads; `link` frames tell the hub what the far side wants. */
type Frame =
  | { type: 'message'; subject: string; payload: Uint8Array }
  | { type: 'request'; id: number; subject: string; payload: Uint8Array }
  | { type: 'response'; id: number; payload: Uint8Array }
  | { type: 'failure'; id: number; message: string }
  | { type: 'link'; kind: 'subscribe' | 'serve'; on: boolean; subject: string }

interface Peer {
  port: MessagePort
  /** The hub gets everything, because only it knows the other threads. */
  isHub: boolean
  subscribed: Map<string, number>
  served: Set<string>
}

interface Waiting {
  subject: string
  settle: (outcome: Result<Uint8Array, BusRefusal>) => void
  timer: NodeJS.Timeout
}

export class LocalBus implements Bus {
  readonly #receivers = new Map<string, Set<Receive>>()
  readonly #answers = new Map<string, Answer>()
  readonly #peers = new Set<Peer>()
  readonly #waiting = new Map<number, Waiting>()
  readonly #relayed = new Map<number, { peer: Peer; id: number }>()
  #nextId = 1
  #closed = false

  /** Called on the hub: lets the thread behind `port` take part. */
  admit(port: MessagePort): void {
    this.#connect(port, false)
  }

  /** Called in another thread: joins the bus whose hub is behind `port`. */
  join(port: MessagePort): void {
    this.#connect(port, true)
  }

  #connect(port: MessagePort, isHub: boolean): void {
    const peer: Peer = { port, isHub, subscribed: new Map(), served: new Set() }
    this.#peers.add(peer)
    port.on('message', (frame: Frame) => this.#onFrame(peer, frame))
    port.on('close', () => this.#peers.delete(peer))
    for (const [subject, receivers] of this.#receivers) if (receivers.size > 0) tell(peer, 'subscribe', true, subject)
    for (const subject of this.#answers.keys()) tell(peer, 'serve', true, subject)
  }

  publish(subject: string, payload: Uint8Array): void {
    if (this.#closed) return
    this.#spread(subject, payload, undefined)
  }

  subscribe(subject: string, receive: Receive): Subscription {
    const receivers = this.#receivers.get(subject) ?? new Set()
    this.#receivers.set(subject, receivers)
    receivers.add(receive)
    if (receivers.size === 1) this.#tellAll('subscribe', true, subject)
    return {
      stop: () => {
        if (!receivers.delete(receive) || receivers.size > 0) return
        this.#tellAll('subscribe', false, subject)
      },
    }
  }

  request(subject: string, payload: Uint8Array, timeoutMs: number): Promise<Result<Uint8Array, BusRefusal>> {
    return new Promise((settle) => {
      const id = this.#nextId++
      const timer = setTimeout(() => {
        this.#waiting.delete(id)
        settle(fail({ type: 'no-answer', subject, afterMs: timeoutMs }))
      }, timeoutMs)
      timer.unref()
      this.#waiting.set(id, { subject, settle, timer })
      this.#dispatch(subject, payload, {
        done: (answer) => this.#settle(id, done(answer)),
        failed: (message) => this.#settle(id, fail({ type: 'failed', message })),
        relay: (peer) => peer.port.postMessage({ type: 'request', id, subject, payload } satisfies Frame),
      })
    })
  }

  serve(subject: string, answer: Answer): Subscription {
    this.#answers.set(subject, answer)
    this.#tellAll('serve', true, subject)
    return {
      stop: () => {
        if (this.#answers.get(subject) !== answer) return
        this.#answers.delete(subject)
        this.#tellAll('serve', false, subject)
      },
    }
  }

  close(): void {
    this.#closed = true
    for (const peer of this.#peers) peer.port.close()
    for (const { subject, settle, timer } of this.#waiting.values()) {
      clearTimeout(timer)
      settle(fail({ type: 'no-answer', subject, afterMs: 0 }))
    }
    this.#waiting.clear()
    this.#receivers.clear()
    this.#answers.clear()
  }

  #onFrame(from: Peer, frame: Frame): void {
    switch (frame.type) {
      case 'message':
        this.#spread(frame.subject, frame.payload, from)
        break
      case 'request':
        this.#onRequest(from, frame)
        break
      case 'response':
      case 'failure':
        this.#onOutcome(frame)
        break
      case 'link':
        link(from, frame)
    }
  }

  #onRequest(from: Peer, { id, subject, payload }: Extract<Frame, { type: 'request' }>): void {
    this.#dispatch(
      subject,
      payload,
      {
        done: (answer) => from.port.postMessage({ type: 'response', id, payload: answer } satisfies Frame),
        failed: (message) => from.port.postMessage({ type: 'failure', id, message } satisfies Frame),
        // The far side serves it: pass the request on under an id of our own and remember whom to answer.
        relay: (peer) => {
          const ownId = this.#nextId++
          this.#relayed.set(ownId, { peer: from, id })
          peer.port.postMessage({ type: 'request', id: ownId, subject, payload } satisfies Frame)
        },
      },
      from,
    )
  }

  #onOutcome(frame: Extract<Frame, { type: 'response' | 'failure' }>): void {
    const relayed = this.#relayed.get(frame.id)
    if (relayed !== undefined) {
      this.#relayed.delete(frame.id)
      relayed.peer.port.postMessage({ ...frame, id: relayed.id })
      return
    }
    if (frame.type === 'response') this.#settle(frame.id, done(frame.payload))
    else this.#settle(frame.id, fail({ type: 'failed', message: frame.message }))
  }

  #dispatch(
    subject: string,
    payload: Uint8Array,
    to: { done(answer: Uint8Array): void; failed(message: string): void; relay(peer: Peer): void },
    from?: Peer,
  ): void {
    const answer = this.#answers.get(subject)
    if (answer !== undefined) {
      // `then` keeps a throw in `answer` inside the promise.
      Promise.resolve(payload)
        .then(answer)
        .then(to.done, (error: unknown) => to.failed(messageOf(error)))
      return
    }
    for (const peer of this.#peers) {
      if (peer !== from && (peer.isHub || peer.served.has(subject))) {
        to.relay(peer)
        return
      }
    }
    // Nobody serves the subject yet: the requester's timer ends the request.
  }

  #settle(id: number, outcome: Result<Uint8Array, BusRefusal>): void {
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return
    this.#waiting.delete(id)
    clearTimeout(waiting.timer)
    waiting.settle(outcome)
  }

  #spread(subject: string, payload: Uint8Array, from: Peer | undefined): void {
    for (const peer of this.#peers) {
      if (peer === from || !wants(peer, subject)) continue
      peer.port.postMessage({ type: 'message', subject, payload } satisfies Frame)
    }
    for (const [pattern, receivers] of this.#receivers) {
      if (!matches(pattern, subject)) continue
      for (const receive of receivers) deliverLater(receivers, receive, payload, subject)
    }
  }

  #tellAll(kind: 'subscribe' | 'serve', on: boolean, subject: string): void {
    for (const peer of this.#peers) tell(peer, kind, on, subject)
  }
}

function deliverLater(receivers: Set<Receive>, receive: Receive, payload: Uint8Array, subject: string): void {
  setImmediate(() => {
    if (receivers.has(receive)) receive(payload, subject)
  })
}

function tell(peer: Peer, kind: 'subscribe' | 'serve', on: boolean, subject: string): void {
  peer.port.postMessage({ type: 'link', kind, on, subject } satisfies Frame)
}

function link(peer: Peer, { kind, on, subject }: Extract<Frame, { type: 'link' }>): void {
  if (kind === 'serve') {
    if (on) peer.served.add(subject)
    else peer.served.delete(subject)
    return
  }
  const count = (peer.subscribed.get(subject) ?? 0) + (on ? 1 : -1)
  if (count > 0) peer.subscribed.set(subject, count)
  else peer.subscribed.delete(subject)
}

function wants(peer: Peer, subject: string): boolean {
  if (peer.isHub) return true
  for (const pattern of peer.subscribed.keys()) if (matches(pattern, subject)) return true
  return false
}

function matches(pattern: string, subject: string): boolean {
  if (pattern === subject) return true
  if (!pattern.endsWith('.*')) return false
  const stem = pattern.slice(0, -1)
  return subject.startsWith(stem) && subject.length > stem.length && !subject.includes('.', stem.length)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
