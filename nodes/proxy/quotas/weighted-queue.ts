// A queue that is fair in cost: start-time fair queueing (Goyal, Vin, Cheng, 1996). Each flow has a virtual time at which its next entry
// starts; the earliest goes first, and moves its flow on by its cost over the flow's weight. Classes share the queue in the same way,
// and the flows of a class share what the class has. So every flow gets its part, whatever the others send.
import { type Priority, priorities } from '../../../shared/config/kinds/owners/spec.ts'
import type { Tenant } from '../auth/tenant.ts'

/** What a class gets of a queue in which all classes wait: 16 to 4 to 1. */
const classWeights: Readonly<Record<Priority, number>> = { high: 16, normal: 4, low: 1 }

export interface QueueEntry {
  readonly tenant: Tenant
  readonly cost: number
}

class Flow<Entry extends QueueEntry> {
  readonly entries: Entry[] = []
  weight: number
  cost = 0
  /** The virtual time at which its next entry starts. */
  start = 0

  constructor(weight: number) {
    this.weight = weight
  }
}

class FlowClass<Entry extends QueueEntry> {
  readonly weight: number
  /** Flows with entries, and flows that have had more than their part so far. */
  readonly flows = new Map<string, Flow<Entry>>()
  length = 0
  cost = 0
  start = 0
  /** The virtual time of its flows. */
  now = 0

  constructor(weight: number) {
    this.weight = weight
  }

  /** The flow whose entry starts first. */
  first(): Flow<Entry> | undefined {
    let first: Flow<Entry> | undefined
    for (const flow of this.flows.values()) {
      if (flow.entries.length > 0 && (first === undefined || flow.start < first.start)) first = flow
    }
    return first
  }

  /** The weight of all flows that wait. */
  waitingWeight(): number {
    let sum = 0
    for (const { entries, weight } of this.flows.values()) if (entries.length > 0) sum += weight
    return sum
  }
}

export class WeightedQueue<Entry extends QueueEntry> {
  length = 0
  /** The cost of all entries. */
  cost = 0
  readonly #classes = new Map(priorities.map((name) => [name, new FlowClass<Entry>(classWeights[name])]))
  /** The virtual time of the classes. */
  #now = 0

  add(entry: Entry): void {
    const { tenant, cost } = entry
    const all = this.#classOf(tenant)
    const flow = all.flows.get(tenant.id) ?? this.#addFlow(all, tenant)
    if (all.length === 0) all.start = Math.max(all.start, this.#now)
    if (flow.entries.length === 0) flow.start = Math.max(flow.start, all.now)
    flow.weight = tenant.weight
    flow.entries.push(entry)
    this.#count(all, flow, cost, 1)
  }

  /** The entry whose turn it is. */
  peek(): Entry | undefined {
    return this.#firstClass()?.first()?.entries[0]
  }

  *all(): Iterable<Entry> {
    for (const { flows } of this.#classes.values()) for (const { entries } of flows.values()) yield* entries
  }

  /** Takes an entry out of the queue, as served. */
  take(entry: Entry): boolean {
    const all = this.#classOf(entry.tenant)
    const flow = all.flows.get(entry.tenant.id)
    if (flow === undefined || !this.remove(entry)) return false
    this.#now = Math.max(this.#now, all.start)
    all.start += entry.cost / all.weight
    all.now = Math.max(all.now, flow.start)
    flow.start += entry.cost / flow.weight
    if (flow.entries.length === 0) this.#forgetIdle(all)
    return true
  }

  /** Takes an entry out that is not served. It costs its tenant nothing. */
  remove(entry: Entry): boolean {
    const all = this.#classOf(entry.tenant)
    const flow = all.flows.get(entry.tenant.id)
    const at = flow?.entries.indexOf(entry) ?? -1
    if (flow === undefined || at < 0) return false
    flow.entries.splice(at, 1)
    this.#count(all, flow, -entry.cost, -1)
    return true
  }

  /** The last entry of the tenant with the most cost for its weight. */
  lastOfLongest(): Entry | undefined {
    let longest: Flow<Entry> | undefined
    for (const { flows } of this.#classes.values()) {
      for (const flow of flows.values()) {
        if (
          flow.entries.length > 0 &&
          (longest === undefined || flow.cost / flow.weight > longest.cost / longest.weight)
        )
          longest = flow
      }
    }
    return longest?.entries.at(-1)
  }

  /** The cost that is served before and with a new entry, while all others that wait now keep waiting: at most all of it. */
  costUntil({ tenant, cost }: QueueEntry): number {
    const all = this.#classOf(tenant)
    const flow = all.flows.get(tenant.id)
    const own = (flow?.cost ?? 0) + cost
    const isIdle = flow === undefined || flow.entries.length === 0
    const flows = all.waitingWeight() + (isIdle ? tenant.weight : 0)
    let classes = all.length === 0 ? all.weight : 0
    for (const { length, weight } of this.#classes.values()) if (length > 0) classes += weight
    const part = (tenant.weight / flows) * (all.weight / classes)
    return Math.min(own / part, this.cost + cost)
  }

  /** How many times `whole` the tenants want that wait: each at most its weight in it. */
  wantedPart(whole: number): number {
    let part = 0
    for (const { flows, weight: ofClass } of this.#classes.values())
      for (const { cost, weight } of flows.values())
        part += Math.min(weight * (ofClass / classWeights.normal), cost / whole)
    return part
  }

  #classOf({ priority }: Tenant): FlowClass<Entry> {
    const found = this.#classes.get(priority)
    if (found === undefined) throw new Error(`there is no class ${priority}`)
    return found
  }

  #addFlow({ flows }: FlowClass<Entry>, { id, weight }: Tenant): Flow<Entry> {
    const flow = new Flow<Entry>(weight)
    flows.set(id, flow)
    return flow
  }

  #firstClass(): FlowClass<Entry> | undefined {
    let first: FlowClass<Entry> | undefined
    for (const all of this.#classes.values()) {
      if (all.length > 0 && (first === undefined || all.start < first.start)) first = all
    }
    return first
  }

  #count(all: FlowClass<Entry>, flow: Flow<Entry>, cost: number, entries: 1 | -1): void {
    this.length += entries
    this.cost += cost
    all.length += entries
    all.cost += cost
    flow.cost += cost
  }

  /** A flow that has had no more than its part needs no memory of it. When nobody waits, nobody has to be made up for. */
  #forgetIdle(all: FlowClass<Entry>): void {
    if (this.length === 0) this.#forgetAll()
    else
      for (const [id, { entries, start }] of all.flows)
        if (entries.length === 0 && start <= all.now) all.flows.delete(id)
  }

  #forgetAll(): void {
    this.#now = 0
    for (const all of this.#classes.values()) {
      all.flows.clear()
      all.start = 0
      all.now = 0
    }
  }
}
