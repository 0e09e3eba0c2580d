// Whether the memory for bodies, and for what is made of them, has been nearly used up for a while, or callers were refused
// for want of it. Small requests are served all the same, so the proxy is degraded and never unready.
import type { Clock, Timer } from '../../../shared/clock.ts'
import { Pressure } from '../../../shared/pressure.ts'
import type { Trouble } from '../../../shared/readiness.ts'
import type { BodyMemoryUse, NodeHeartbeat } from '../../../shared/telemetry/records.ts'
import type { MemoryUse } from '../http/http.ts'
import { type CollectedHeap, HeapRelief } from './heap-relief.ts'

export type BodyMemory = Readonly<Record<'bodies' | 'parsed', MemoryUse>>

/** What bodies may take, and what is made of them. */
export interface BodyMemoryLimits {
  readonly bodiesBytesMax: number
  readonly parsedBytesMax: number
}

const lookMs = 1_000
const nearlyUsedUp = { from: 0.8, forMs: 10_000 }
/** How long a refusal is told. */
const refusalToldMs = 60_000

const reasons: Readonly<Record<keyof BodyMemory, string>> = {
  bodies: 'the memory for request bodies is nearly used up: bodies of more than 1 MiB may be refused',
  parsed:
    'the memory for what is made of request bodies is nearly used up: large bodies that have to be translated may be refused',
}
const refusing =
  'requests of several teams were refused within the last minute, because the memory for bodies is used up'

export class MemoryPressure {
  readonly #clock: Clock
  readonly #memory: BodyMemory
  readonly #pressures: Readonly<Record<keyof BodyMemory, Pressure>>
  #timer: Timer | undefined
  #relief: HeapRelief | undefined
  #refused = 0
  #refusedAtMs = Number.NEGATIVE_INFINITY

  /** Begins to look each second. `heap` is relieved of what large bodies leave. */
  static watch(
    { clock, heap }: { clock: Clock; heap?: CollectedHeap | undefined },
    memory: BodyMemory,
  ): MemoryPressure {
    const pressure = new MemoryPressure(clock, memory)
    pressure.#timer = clock.every(lookMs, () => pressure.look())
    if (heap !== undefined) pressure.#relief = new HeapRelief({ clock, heap, parsed: memory.parsed })
    return pressure
  }

  private constructor(clock: Clock, memory: BodyMemory) {
    this.#clock = clock
    this.#memory = memory
    this.#pressures = {
      bodies: new Pressure({ clock, ...nearlyUsedUp }),
      parsed: new Pressure({ clock, ...nearlyUsedUp }),
    }
  }

  stop(): void {
    this.#timer?.cancel()
    this.#relief?.stop()
  }

  look(): void {
    const { bodies, parsed } = this.#memory
    this.#pressures.bodies.look(bodies.bytes, bodies.bytesMax)
    this.#pressures.parsed.look(parsed.bytes, parsed.bytesMax)
    // Refusals of one key or team are its own doing.
    const refused = bodies.refusals.all + parsed.refusals.all
    if (refused > this.#refused) this.#refusedAtMs = this.#clock.monotonicMs()
    this.#refused = refused
  }

  /** For heartbeats. */
  use(): NonNullable<NodeHeartbeat['bodyMemory']> {
    const { bodies, parsed } = this.#memory
    return { bodies: copyOf(bodies), parsed: copyOf(parsed) }
  }

  troubles(): Trouble[] {
    const troubles: Trouble[] = []
    for (const name of ['bodies', 'parsed'] as const) {
      const forMs = this.#pressures[name].lastingMs
      if (forMs !== undefined) troubles.push({ level: 'degraded', reason: reasons[name], forMs })
    }
    const refusedAgoMs = this.#clock.monotonicMs() - this.#refusedAtMs
    if (refusedAgoMs < refusalToldMs) troubles.push({ level: 'degraded', reason: refusing })
    return troubles
  }
}

function copyOf({ bytes, bytesMax, refusals }: MemoryUse): BodyMemoryUse {
  return { bytes, bytesMax, refusals: { ...refusals } }
}
