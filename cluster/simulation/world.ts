// A cluster in one thread, built from a plan. It first lives with faults, then everything is healed, an operator
// repairs what only an operator can, and the promises are checked.
import { checkMade, checkStored, complains } from './audit.ts'
import { Client, type Deed } from './client.ts'
import { Dice } from './engine/dice.ts'
import { Life } from './engine/life.ts'
import { Timeline } from './engine/timeline.ts'
import type { Victims } from './faults/fault-kind.ts'
import { beginFault, type Fault } from './faults/faults.ts'
import { History } from './history.ts'
import { Judge } from './judge.ts'
import { LeaseWatch } from './lease-watch.ts'
import { BusHub } from './models/simulated-bus.ts'
import { SimulatedEventStream } from './models/simulated-event-stream.ts'
import { LeaseContent } from './models/simulated-lease-store.ts'
import { SimulatedServer } from './models/simulated-server.ts'
import { StreamContent } from './models/stream-content.ts'
import type { Plan } from './plan.ts'
import { SimulatedNode } from './simulated-node.ts'
import { Trace } from './trace.ts'

export class World {
  readonly plan: Plan
  readonly dice: Dice
  readonly timeline = new Timeline()
  readonly trace = new Trace(() => this.timeline.nowMs)
  readonly history = new History()
  readonly content: StreamContent
  readonly server: SimulatedServer
  readonly judge: Judge
  readonly leases: LeaseContent | undefined
  readonly leaseWatch: LeaseWatch
  readonly nodes: readonly SimulatedNode[]
  readonly client: Client
  readonly #undo = new Map<Fault, () => void>()
  #calmSinceMs = 0

  constructor(plan: Plan) {
    this.plan = plan
    this.dice = new Dice(plan.seed).fork('world')
    const { timeline, trace, history, dice } = this
    this.content = new StreamContent(plan)
    this.content.onOffer = (event, answer, by) => {
      history.sealed(event)
      const isNew = answer.ok && !answer.value.duplicate
      if (isNew) checkStored(this, { event, sequence: answer.value.sequence, by }, this.#calmMs)
      trace.count(`stream ${answer.ok ? (answer.value.duplicate ? 'duplicate' : 'stored') : answer.error.type}`)
    }
    this.content.onMade = (by) => checkMade(this, by, this.#calmMs)
    this.server = new SimulatedServer(timeline, dice.fork('server'))
    this.judge = new Judge({ timeline, trace, history, dice: dice.fork('judge') })
    this.leases = plan.hasLease ? new LeaseContent() : undefined
    const hub = new BusHub()
    const make = (role: 'control' | 'proxy', index: number) => {
      const name = `${role}-${index + 1}`
      const { server, content, leases, judge: watcher } = this
      return new SimulatedNode({ name, role, dice: dice.fork(name), server, hub, content, leases, watcher })
    }
    const controls = Array.from({ length: plan.controls }, (_one, index) => make('control', index))
    const proxies = Array.from({ length: plan.proxies }, (_one, index) => make('proxy', index))
    this.nodes = [...controls, ...proxies]
    this.leaseWatch = new LeaseWatch(this)
    this.client = new Client({
      timeline,
      controls,
      onAnswer: (deed, node, answer) => this.#onAnswer(deed, node, answer),
    })
  }

  get isOver(): boolean {
    return this.judge.breach !== undefined
  }

  get controls(): SimulatedNode[] {
    return this.nodes.filter(({ role }) => role === 'control')
  }

  /** The time since which there has been no fault; Infinity during a fault. */
  get calmSinceMs(): number {
    return this.#undo.size > 0 || this.judge.destroyed.length > 0 ? Number.POSITIVE_INFINITY : this.#calmSinceMs
  }

  /** Connects a client that is no node. */
  connect(): SimulatedEventStream {
    const link = this.server.connect(new Life(), this.dice.fork('operator'))
    return new SimulatedEventStream(this.server, link, this.content)
  }

  /** How long there has been no fault. Damage from earlier faults may remain. */
  get #calmMs(): number {
    return this.#undo.size > 0 ? 0 : this.timeline.nowMs - this.#calmSinceMs
  }

  async liveInTrouble(): Promise<void> {
    const { timeline, plan, dice, client } = this
    const booting = dice.fork('booting')
    for (const node of this.nodes) timeline.after(booting.between(0, 2_500), () => node.boot())
    for (const command of plan.commands) timeline.after(command.atMs, () => client.give(command))
    for (const fault of plan.faults) timeline.after(fault.atMs, () => this.#begin(fault))
    if (plan.hasLease) this.leaseWatch.start()
    await timeline.runUntil(plan.troubledMs)
  }

  heal(): void {
    this.trace.add('world', 'healed')
    for (const fault of [...this.#undo.keys()]) this.#end(fault)
    for (const node of this.nodes) node.boot()
  }

  /** Waits until the condition holds, or for `msMax` at most. */
  async until(holds: () => boolean, msMax: number): Promise<boolean> {
    const endMs = this.timeline.nowMs + msMax
    while (!holds() && this.timeline.nowMs < endMs && !this.isOver) {
      await this.timeline.runUntil(Math.min(endMs, this.timeline.nowMs + lookMs))
    }
    return holds()
  }

  #begin(fault: Fault): void {
    const undo = beginFault(this.#victims(fault), fault)
    const { kind, forMs } = fault
    this.trace.count(`fault ${kind}`)
    this.trace.add('fault', `${kind} ${this.nodes[fault.node]?.name} amount ${fault.amount} for ${forMs} ms`)
    this.#calmSinceMs = this.timeline.nowMs
    if (undo === undefined) return
    this.#undo.set(fault, undo)
    this.timeline.after(forMs, () => this.#end(fault))
  }

  #end(fault: Fault): void {
    const undo = this.#undo.get(fault)
    if (undo === undefined) return
    this.#undo.delete(fault)
    this.trace.add('fault', `over: ${fault.kind} ${this.nodes[fault.node]?.name}`)
    this.#calmSinceMs = this.timeline.nowMs
    undo()
  }

  readonly #backups: Victims['backups'] = new Map()

  #victims(fault: Fault): Victims {
    const { nodes, server, content, leases, history, judge } = this
    return {
      nodes,
      server,
      content,
      leases,
      history,
      backups: this.#backups,
      dice: this.dice.fork(`fault ${fault.kind} ${fault.atMs}`),
      harmed: (node, what) => judge.harmed(node, what),
      replaced: (node) => judge.replaced(node),
      destroyed: (how) => judge.destroyed.push(how),
      lapsed: () => judge.lapsed(),
      alarming: (untilMs) => judge.alarming(untilMs),
    }
  }

  #onAnswer(deed: Deed, node: SimulatedNode, answer: Parameters<Judge['onAnswer']>[2]): void {
    this.judge.onAnswer(deed, node, answer)
    const { revokes } = deed.command
    if (!answer.ok || revokes === undefined) return
    const ackedMs = this.timeline.nowMs
    this.timeline.after(revokedMs, () => {
      if (this.calmSinceMs > ackedMs - settleMs) return
      this.checkRevoked(revokes)
    })
  }

  checkRevoked(keyId: string): void {
    for (const node of this.nodes) {
      // A node with a damaged copy reports it, and serves its last state until an operator gives it an empty folder.
      if (this.judge.isHarmed(node) && complains(node)) continue
      if (node.parts?.follower.state?.keys.has(keyId) === true) {
        this.judge.broken('I7 revoked', `${node.name} still takes ${keyId} after ${revokedMs} ms`)
      }
    }
  }
}

const lookMs = 50
/** The longest time of a revocation, when there has been no fault for a while. */
export const revokedMs = 1_000
const settleMs = 6_000
