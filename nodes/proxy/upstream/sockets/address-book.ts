// Caches the addresses of names. So a resolver that fails or hangs for some minutes stops no request, and opening a hundred
// connections asks it once. `egress.ts` decides which of the addresses may be connected to.
import dns from 'node:dns'
import type { Clock } from '../../../../shared/clock.ts'

export type Addresses = readonly dns.LookupAddress[]
export type Resolved = (error: NodeJS.ErrnoException | null, addresses: Addresses) => void
export type Resolve = (hostname: string, resolved: Resolved) => void

export interface AddressBookOptions {
  clock: Clock
  resolve?: Resolve
}

interface Entry {
  addresses: Addresses
  /** The time at which the resolver answered with `addresses`; undefined when it has not answered yet. */
  resolvedAtMs: number | undefined
  /** Callbacks that wait for the running query. */
  waiting: Resolved[] | undefined
}

const freshMsMax = 30_000
const lastGoodMsMax = 300_000
/** Time that a query may take before an older answer is used. */
const queryMsMax = 500
/** More names than any configuration has. The least recently used one is dropped first. */
const namesMax = 1_024

export class AddressBook {
  readonly #clock: Clock
  readonly #resolve: Resolve
  readonly #entries = new Map<string, Entry>()

  constructor({ clock, resolve = askSystem }: AddressBookOptions) {
    this.#clock = clock
    this.#resolve = resolve
  }

  /** Calls `found` exactly once, after this has returned. */
  find(hostname: string, found: Resolved): void {
    const entry = this.#entryOf(hostname)
    if (this.#ageMs(entry) <= freshMsMax) {
      const { addresses } = entry
      queueMicrotask(() => found(null, addresses))
      return
    }
    const once = onlyOnce(found)
    if (this.#ageMs(entry) <= lastGoodMsMax) this.#clock.after(queryMsMax, () => once(null, entry.addresses))
    if (entry.waiting !== undefined) entry.waiting.push(once)
    else this.#ask(hostname, entry, once)
  }

  #ask(hostname: string, entry: Entry, first: Resolved): void {
    entry.waiting = [first]
    this.#resolve(hostname, (error, addresses) => {
      const waiting = entry.waiting ?? []
      entry.waiting = undefined
      if (error === null) {
        entry.addresses = addresses
        entry.resolvedAtMs = this.#clock.monotonicMs()
      }
      const usable = this.#ageMs(entry) <= lastGoodMsMax
      for (const found of waiting) found(usable ? null : error, usable ? entry.addresses : [])
    })
  }

  #ageMs({ resolvedAtMs }: Entry): number {
    return resolvedAtMs === undefined ? Number.POSITIVE_INFINITY : this.#clock.monotonicMs() - resolvedAtMs
  }

  #entryOf(hostname: string): Entry {
    const entry = this.#entries.get(hostname) ?? { addresses: [], resolvedAtMs: undefined, waiting: undefined }
    this.#entries.delete(hostname)
    this.#entries.set(hostname, entry)
    if (this.#entries.size > namesMax) this.#forgetOldest()
    return entry
  }

  #forgetOldest(): void {
    const { value, done } = this.#entries.keys().next()
    if (done !== true) this.#entries.delete(value)
  }
}

// The hints that `net.connect` uses by itself: a machine without IPv6 gets no IPv6 addresses.
const hints = process.platform === 'win32' ? 0 : dns.ADDRCONFIG

function askSystem(hostname: string, resolved: Resolved): void {
  dns.lookup(hostname, { all: true, hints }, (error, addresses) => resolved(error, addresses ?? []))
}

function onlyOnce(found: Resolved): Resolved {
  let called = false
  return (error, addresses) => {
    if (called) return
    called = true
    found(error, addresses)
  }
}
