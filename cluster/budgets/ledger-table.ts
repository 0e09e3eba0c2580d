// Ledgers that are stored as one value: those of a sixty-fourth of the budgets, with their windows. A cluster that writes one
// message for each of them in turn would write one after the other.
import { hash } from 'node:crypto'
import type { Ledger, Share } from './ledger.ts'

export const tableCount = 64
const graceMsMax = 86_400_000
const graceMsMin = 7_200_000

/** A budget in one window. */
export interface LedgerKey {
  /** Names the budget: its owner, its window and its time zone. */
  readonly key: string
  /** The number of the window. */
  readonly window: number
}

export function tableOf({ key }: LedgerKey): string {
  return String(hash('sha256', key, 'buffer').readUInt32BE(0) % tableCount)
}

export class LedgerTable {
  readonly #ledgers: Map<string, Ledger>

  constructor(ledgers: Iterable<[string, Ledger]> = []) {
    this.#ledgers = new Map(ledgers)
  }

  find(key: LedgerKey): Ledger | undefined {
    return this.#ledgers.get(nameOf(key))
  }

  set(key: LedgerKey, ledger: Ledger): void {
    this.#ledgers.set(nameOf(key), ledger)
  }

  *entries(): Generator<[LedgerKey, Ledger]> {
    for (const [name, ledger] of this.#ledgers) {
      const [window, key] = JSON.parse(name) as [number, string]
      yield [{ key, window }, ledger]
    }
  }

  /** Drops windows that ended long enough ago for every late report to have come. */
  prune(wallMs: number): void {
    for (const [name, { windowEndMs }] of this.#ledgers) {
      if (windowEndMs + graceMs(name, this.#ledgers) < wallMs) this.#ledgers.delete(name)
    }
  }

  encode(): Uint8Array {
    return new TextEncoder().encode(JSON.stringify({ v: 1, ledgers: [...this.#ledgers].map(packed) }))
  }

  /** Undefined for bytes of another format. */
  static decode(bytes: Uint8Array): LedgerTable | undefined {
    const { v, ledgers } = JSON.parse(new TextDecoder().decode(bytes)) as { v: number; ledgers: Packed[] }
    return v === 1 ? new LedgerTable(ledgers.map(unpacked)) : undefined
  }
}

/** Windows of an hour would fill the table in a day. */
function graceMs(name: string, ledgers: ReadonlyMap<string, Ledger>): number {
  const [window, key] = JSON.parse(name) as [number, string]
  const next = ledgers.get(nameOf({ key, window: window + 1 }))
  const ended = ledgers.get(name)
  if (next === undefined || ended === undefined) return graceMsMax
  return Math.min(graceMsMax, Math.max(graceMsMin, 2 * (next.windowEndMs - ended.windowEndMs)))
}

function nameOf({ key, window }: LedgerKey): string {
  return JSON.stringify([window, key])
}

type PackedShare = [holder: string, sequence: number, settled: number, open: number]
type Packed = [string, Omit<Ledger, 'shares'>, PackedShare[]]

function packed([name, { shares, ...rest }]: [string, Ledger]): Packed {
  return [
    name,
    rest,
    Object.entries(shares).map(([holder, { sequence, settled, open }]) => [holder, sequence, settled, open]),
  ]
}

function unpacked([name, rest, shares]: Packed): [string, Ledger] {
  const read = shares.map(([holder, sequence, settled, open]): [string, Share] => [holder, { sequence, settled, open }])
  return [name, { ...rest, shares: Object.fromEntries(read) }]
}
