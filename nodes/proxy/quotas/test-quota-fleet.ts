// Proxies that share a provider's account, with a clock that is moved and a bus that takes its time.
import type { Bus } from '../../../cluster/bus/bus.ts'
import { gossipTo, subjects } from '../../../cluster/bus/bus.ts'
import { decodeCharge } from '../../../cluster/gossip/charge-request.ts'
import { Gossip } from '../../../cluster/gossip/gossip.ts'
import { ManualClock } from '../../../shared/clock.ts'
import { done, fail } from '../../../shared/result.ts'
import type { Tenant } from '../auth/tenant.ts'
import type { Grant } from './grant.ts'
import type { QuotaUse } from './quota-unit.ts'
import { type CredentialQuota, type QuotaCredential, Quotas, type QuotaTarget } from './quotas.ts'
import type { AskedOfUpstream, QuotaUpstream } from './test-quota-upstream.ts'

export const hashKey = new Uint8Array(32).fill(7)

/** A bus between nodes, each message of which takes `delayMs`. */
export class SlowBus {
  readonly #clock: ManualClock
  readonly #delayMs: number
  readonly #listeners: { node: string; subject: string; receive: (payload: Uint8Array, subject: string) => void }[] = []
  readonly #servers = new Map<string, (payload: Uint8Array) => Promise<Uint8Array> | Uint8Array>()

  constructor(clock: ManualClock, delayMs: number) {
    this.#clock = clock
    this.#delayMs = delayMs
  }

  of(node: string): Bus {
    return {
      publish: (subject, payload) => {
        const copy = payload.slice()
        for (const other of this.#listeners) {
          const isFor =
            other.subject === subject || (other.subject === subjects.gossipTo && gossipTo(other.node) === subject)
          if (isFor && other.node !== node) this.#clock.after(this.#delayMs, () => other.receive(copy, subject))
        }
      },
      subscribe: (subject, receive) => {
        this.#listeners.push({ node, subject, receive })
        return { stop: () => {} }
      },
      request: (subject, payload, timeoutMs) =>
        new Promise((resolve) => {
          const owner = decodeCharge(payload)?.owner ?? ''
          const server = subject === subjects.gossipAsk ? this.#servers.get(owner) : undefined
          if (server === undefined) return resolve(fail({ type: 'no-answer', subject, afterMs: timeoutMs }))
          this.#clock.after(this.#delayMs, () => {
            const answer = server(payload)
            if (!(answer instanceof Promise)) this.#clock.after(this.#delayMs, () => resolve(done(answer)))
          })
        }),
      serve: (_subject, answer) => {
        this.#servers.set(node, answer)
        return { stop: () => {} }
      },
      close: () => {},
    }
  }
}

export function testCredential(name = 'main', more: Partial<QuotaCredential> = {}): QuotaCredential {
  return { name, weight: 1, health: { refusedUntilMs: 0 }, ...more }
}

export function targetOf(...credentials: readonly QuotaCredential[]): QuotaTarget<QuotaCredential> {
  return { provider: 'openai', model: 'gpt', credentials }
}

export interface FleetOptions {
  readonly nodes: number
  readonly upstream: QuotaUpstream
  readonly random: () => number
  readonly delayMs?: number
  readonly quota?: CredentialQuota
  readonly waitMsMax?: number
}

export interface FleetCaller {
  readonly tenant: Tenant
  /** Tokens in a minute that it asks for, at each of its nodes together. */
  readonly tpm: number
  readonly nodes: readonly number[]
  /** Sizes of its requests. */
  size(): AskedOfUpstream
}

export interface CallerFigures {
  granted: number
  tokens: number
  shed: number
  /** Times of waits, those of requests that did not wait included. */
  readonly waits: number[]
}

export class QuotaFleet {
  readonly clock = new ManualClock(0)
  readonly figures = new Map<string, CallerFigures>()
  readonly nodes: { readonly quotas: Quotas<QuotaCredential>; readonly target: QuotaTarget<QuotaCredential> }[]
  readonly #options: FleetOptions
  #open = 0

  constructor(options: FleetOptions) {
    this.#options = options
    const bus = new SlowBus(this.clock, options.delayMs ?? 2)
    this.nodes = Array.from({ length: options.nodes }, (_, index) => {
      const node = `n${index}`
      const gossip = new Gossip({ node, boot: 1, bus: bus.of(node), clock: this.clock })
      // Nodes do not tick together.
      this.clock.after(1 + index * 47, () => gossip.start())
      const quotas = new Quotas<QuotaCredential>({
        gossip,
        clock: this.clock,
        chance: options.random,
        hashKey,
        queueMax: 1_000,
      })
      return { quotas, target: targetOf(testCredential('main', { quota: options.quota })) }
    })
  }

  get open(): number {
    return this.#open
  }

  /** What is held of limits. */
  get held(): number {
    let held = 0
    for (const { quotas } of this.nodes)
      for (const { limits } of quotas.accounts) for (const { open } of limits.values()) held += open
    return held
  }

  get waiting(): number {
    let waiting = 0
    for (const { quotas } of this.nodes) for (const [, , length] of quotas.queues()) waiting += length
    return waiting
  }

  figuresOf({ tenant }: FleetCaller): CallerFigures {
    const known = this.figures.get(tenant.id)
    if (known !== undefined) return known
    const made = { granted: 0, tokens: 0, shed: 0, waits: [] }
    this.figures.set(tenant.id, made)
    return made
  }

  /** Runs for so long. Requests come at random, `stepMs` at a time. */
  async run(callers: readonly FleetCaller[], ms: number, stepMs = 2): Promise<void> {
    const { random } = this.#options
    for (let passed = 0; passed < ms; passed += stepMs) {
      this.clock.advance(stepMs)
      for (let turn = 0; turn < 6; turn++) await Promise.resolve()
      for (const caller of callers) {
        const asked = caller.size()
        const perMs = caller.tpm / 60_000 / this.#meanOf(caller, asked)
        if (random() < perMs * stepMs) this.#arrive(caller, asked)
      }
    }
  }

  readonly #means = new Map<string, { sum: number; count: number }>()
  #meanOf({ tenant }: FleetCaller, { input, output }: AskedOfUpstream): number {
    const mean = this.#means.get(tenant.id) ?? { sum: 0, count: 0 }
    this.#means.set(tenant.id, mean)
    mean.sum += input + output
    mean.count++
    return mean.sum / mean.count
  }

  #arrive(caller: FleetCaller, asked: AskedOfUpstream): void {
    const index = caller.nodes[Math.floor(this.#options.random() * caller.nodes.length)] ?? 0
    const node = this.nodes[index]
    if (node === undefined) return
    const { quotas, target } = node
    const use = estimateOf(asked)
    const figures = this.figuresOf(caller)
    const sinceMs = this.clock.monotonicMs()
    const send = (grant: Grant<QuotaCredential> | undefined) => {
      figures.waits.push(this.clock.monotonicMs() - sinceMs)
      this.#send(index, asked, grant, figures)
    }
    if (!quotas.governs(target)) return send(undefined)
    const ask = { target, pinned: undefined, use }
    const grant = quotas.take(ask)
    if (grant !== undefined) return send(grant)
    const { waitMsMax = 5_000 } = this.#options
    const queued = quotas.enter(
      ask,
      { tenant: caller.tenant, waitMsMax },
      { onGranted: send, onShed: () => figures.shed++ },
    )
    if ('retryAfterMs' in queued) figures.shed++
  }

  #send(
    index: number,
    asked: AskedOfUpstream,
    grant: Grant<QuotaCredential> | undefined,
    figures: CallerFigures,
  ): void {
    const { upstream, random } = this.#options
    const node = this.nodes[index]
    const credential = grant?.credential ?? node?.target.credentials[0]
    if (node === undefined || credential === undefined) return
    this.#open++
    const { clock } = this
    clock.after(5 + random() * 30, () => {
      const { isTaken, head } = upstream.ask(asked, clock.monotonicMs())
      const isStream = random() < 0.5
      const answerMs = 300 + asked.output * 8 * (0.5 + random())
      const onHead = () => node.quotas.observe(head, { target: node.target, credential, grant })
      if (!isTaken) {
        clock.after(15, () => {
          this.#open--
          onHead()
          const wait = head.header('retry-after-ms') ?? head.header('retry-after')
          const ms =
            wait === undefined ? undefined : Number(wait) * (head.header('retry-after-ms') === undefined ? 1_000 : 1)
          grant?.giveBack(clock.monotonicMs())
          node.quotas.rejected(node.target, credential, { retryAfterMs: ms, isAsked: ms !== undefined })
        })
        return
      }
      if (isStream) clock.after(300, onHead)
      clock.after(answerMs, () => {
        this.#open--
        upstream.end(asked, clock.monotonicMs())
        if (!isStream) onHead()
        figures.granted++
        figures.tokens += asked.input + asked.output
        grant?.settle({ input: asked.input, output: asked.output }, clock.monotonicMs())
      })
    })
  }
}

/** What a proxy estimates: a tenth off, and the length of four of five answers. */
function estimateOf({ input, maxTokens }: AskedOfUpstream): QuotaUse {
  return { input: Math.round(input * 1.05), output: Math.min(maxTokens, 400) }
}

export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** Requests of 300 to 1,500 input tokens and up to `maxTokens` of output. */
export function chatSize(random: () => number, scale = 1): () => AskedOfUpstream {
  return () => {
    const input = Math.round((300 + random() * 1_200) * scale)
    const output = Math.round((20 + 380 * random() ** 1.5) * scale)
    return { input, output, maxTokens: Math.round(400 * scale) }
  }
}

export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
}
