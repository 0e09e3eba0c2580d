// The register of leases as one process sees it over its connection: reads may show the past, writes may be stored
// without an answer, or later than their time-out.
import { done, fail, type Result } from '../../../shared/result.ts'
import type { LeaseRecord, LeaseRefusal, LeaseStore, LeaseTrouble, LeaseValue } from '../../leases/lease-store.ts'
import { LeaseTable } from '../../leases/lease-table.ts'
import type { Answer, ServerLink } from './simulated-server.ts'

/** The content of the server. It keeps its past, which some reads still show and which a disk may restore. */
export class LeaseContent {
  #past: Uint8Array[] = [new LeaseTable().encode()]
  /** Reads are this many writes behind. */
  hidden = 0

  read(name: string): LeaseRecord | undefined {
    return this.#table(this.hidden).find(name)
  }

  write(name: string, value: LeaseValue, expected: number): number | undefined {
    const table = this.#table(0)
    const sequence = table.write(name, value, expected)
    if (sequence !== undefined) this.#past.push(table.encode())
    return sequence
  }

  rewind(writes: number): void {
    this.#past = this.#past.slice(0, Math.max(1, this.#past.length - writes))
  }

  #table(back: number): LeaseTable {
    return LeaseTable.decode(this.#past.at(-1 - back) ?? this.#past[0]!)
  }
}

export class SimulatedLeaseStore implements LeaseStore {
  readonly #link: ServerLink
  readonly #content: LeaseContent

  constructor(link: ServerLink, content: LeaseContent) {
    this.#link = link
    this.#content = content
  }

  async read(name: string): Promise<Result<LeaseRecord | undefined, LeaseTrouble>> {
    const read = await this.#link.ask('read', () => this.#content.read(name))
    return read.type === 'answered' ? done(read.value) : fail(troubleOf(read))
  }

  async write(name: string, value: LeaseValue, expected: number): Promise<Result<number, LeaseRefusal | LeaseTrouble>> {
    const written = await this.#link.ask('write', () => this.#content.write(name, value, expected))
    if (written.type !== 'answered') return fail(troubleOf(written))
    return written.value === undefined ? fail({ type: 'refused' }) : done(written.value)
  }
}

function troubleOf({ type }: Exclude<Answer<unknown>, { type: 'answered' }>): LeaseTrouble {
  return { type: type === 'away' ? 'unavailable' : 'no-answer', message: type }
}
