// A bounded queue in which owners take turns: first teams, then the keys of a team, by the work that each has had. A key that asks
// for much waits for itself.
import type { JobOwner } from './job.ts'

export interface QueueBounds {
  /** Items that wait in all. */
  readonly itemsMax: number
  /** Items of one key that wait. */
  readonly itemsOfKeyMax: number
}

interface Entry<Item> {
  readonly item: Item
  readonly owner: JobOwner
  readonly cost: number
}

export class FairQueue<Item> {
  readonly #bounds: QueueBounds
  readonly #teams = new Lanes<Lanes<Entry<Item>[]>>(() => new Lanes(() => []))
  #size = 0

  constructor(bounds: QueueBounds) {
    this.#bounds = bounds
  }

  get size(): number {
    return this.#size
  }

  /** Whether there is room for one more item of the owner. */
  hasRoom({ team, keyId }: JobOwner): boolean {
    const waiting = this.#teams.find(team)?.find(keyId)?.length ?? 0
    return this.#size < this.#bounds.itemsMax && waiting < this.#bounds.itemsOfKeyMax
  }

  /** `cost` is the work of the item. */
  add(item: Item, owner: JobOwner, cost: number): void {
    const keys = this.#teams.enter(owner.team, isIdle)
    const entries = keys.enter(owner.keyId, isEmpty)
    entries.push({ item, owner, cost })
    this.#size++
  }

  /** Takes the next item, of those whose owner may have one now. */
  take(mayHave: (owner: JobOwner, cost: number) => boolean): Item | undefined {
    const mayNext = ([entry]: Entry<Item>[]) => entry !== undefined && mayHave(entry.owner, entry.cost)
    const entry = this.#teams
      .next((keys) => keys.next(mayNext) !== undefined)
      ?.next(mayNext)
      ?.shift()
    if (entry === undefined) return undefined
    const { item, owner, cost } = entry
    this.#size--
    this.#teams.find(owner.team)?.charge(owner.keyId, cost)
    this.#teams.charge(owner.team, cost)
    return item
  }

  /** Takes out an item for which nobody waits any more. */
  remove(item: Item, { team, keyId }: JobOwner): void {
    const entries = this.#teams.find(team)?.find(keyId)
    const place = entries?.findIndex((one) => one.item === item) ?? -1
    if (place < 0) return
    entries?.splice(place, 1)
    this.#size--
  }
}

/** Lanes that nobody waits in are kept for what they have had, up to this number. */
const idleLanesMax = 256

interface Lane<Content> {
  readonly content: Content
  /** The work that the lane has had. */
  spent: number
}

class Lanes<Content> {
  readonly #make: () => Content
  readonly #lanes = new Map<string, Lane<Content>>()
  /** The work that the lane served last had had before: one that comes anew begins there. */
  #served = 0

  constructor(make: () => Content) {
    this.#make = make
  }

  find(name: string): Content | undefined {
    return this.#lanes.get(name)?.content
  }

  /** The content of a lane that somebody begins to wait in. */
  enter(name: string, isUnused: (content: Content) => boolean): Content {
    const known = this.#lanes.get(name)
    if (known !== undefined) {
      if (isUnused(known.content)) known.spent = Math.max(known.spent, this.#served)
      return known.content
    }
    if (this.#lanes.size >= idleLanesMax) this.#forget(isUnused)
    const lane = { content: this.#make(), spent: this.#served }
    this.#lanes.set(name, lane)
    return lane.content
  }

  /** The content of the lane that has had the least, of those that are ready. */
  next(isReady: (content: Content) => boolean): Content | undefined {
    let next: Lane<Content> | undefined
    for (const lane of this.#lanes.values()) {
      if ((next === undefined || lane.spent < next.spent) && isReady(lane.content)) next = lane
    }
    return next?.content
  }

  charge(name: string, cost: number): void {
    const lane = this.#lanes.get(name)
    if (lane === undefined) return
    this.#served = lane.spent
    lane.spent += cost
  }

  isIdle(isUnused: (content: Content) => boolean): boolean {
    for (const { content } of this.#lanes.values()) if (!isUnused(content)) return false
    return true
  }

  #forget(isUnused: (content: Content) => boolean): void {
    for (const [name, { content }] of this.#lanes) if (isUnused(content)) this.#lanes.delete(name)
  }
}

function isEmpty(entries: readonly unknown[]): boolean {
  return entries.length === 0
}

function isIdle<Item>(keys: Lanes<Entry<Item>[]>): boolean {
  return keys.isIdle(isEmpty)
}
