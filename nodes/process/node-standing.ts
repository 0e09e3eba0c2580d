// How this process is: what its parts say of themselves, whether their threads run, and what was told to the operator so
// far. `/readyz` and `/metrics` of the ops port read it.
import type { TroublesOfParts } from '../../cluster/membership/process-standing.ts'
import { bounds } from '../../shared/bounds.ts'
import type { Clock, Timer } from '../../shared/clock.ts'
import type { Notice, Notify } from '../../shared/notice.ts'
import { Readiness, type Standing, type Trouble } from '../../shared/readiness.ts'
import type { MessageCount, NodeRole } from '../../shared/telemetry/records.ts'
import type { Part } from './part-standing.ts'
import { processMetrics } from './process-metrics.ts'
import { TroubleLog } from './trouble-log.ts'

export interface WatchedThread extends Part {
  readonly part: string
  readonly restarts: number
}

type Stage = 'starting' | 'serving' | 'draining'

const stageTroubles: Record<Stage, readonly Trouble[]> = {
  starting: [{ level: 'unready', reason: 'the node is starting' }],
  serving: [],
  draining: [{ level: 'unready', reason: 'the node is draining: it finishes what it has, and takes nothing new' }],
}

export class NodeStanding {
  stage: Stage = 'starting'
  readonly #options: { node: string; role: NodeRole; clock: Clock }
  readonly #readiness: Readiness
  readonly #parts: { name: string; part: Part }[] = []
  readonly #notices = new Map<Notice['type'], number>()
  #threads: readonly WatchedThread[] = []

  constructor(options: { node: string; role: NodeRole; clock: Clock }) {
    this.#options = options
    this.#readiness = new Readiness(options.clock)
    this.#readiness.add(() => stageTroubles[this.stage])
  }

  /** Several parts may bear one name. */
  add(name: string, part: Part): void {
    this.#parts.push({ name, part })
    this.#readiness.add(() => part.standing().troubles)
  }

  watch(threads: readonly WatchedThread[]): void {
    this.#threads = threads
    for (const thread of threads) this.add(thread.part, thread)
  }

  /** Counts what it passes on: an alarm that only stood in a log is an alarm that nobody had. */
  counting(notify: Notify): Notify {
    return (notice) => {
      this.#notices.set(notice.type, (this.#notices.get(notice.type) ?? 0) + 1)
      notify(notice)
    }
  }

  /** The troubles of each part. The stage is not among them. */
  troublesOfParts(): TroublesOfParts {
    const found: Record<string, Trouble[]> = {}
    for (const { name, part } of this.#parts) found[name] = [...(found[name] ?? []), ...part.standing().troubles]
    return found
  }

  /** The troubles of all parts but this one, for its heartbeat. */
  troublesBut(name: string): Trouble[] {
    return this.#parts.flatMap((one) => (one.name === name ? [] : one.part.standing().troubles))
  }

  /** Messages that all parts but this one did not believe, for its heartbeat. */
  refusedMessagesBut(name: string): MessageCount[] {
    return addedUp(this.#parts.flatMap((one) => (one.name === name ? [] : (one.part.standing().refusedMessages ?? []))))
  }

  look(): Standing {
    return this.#readiness.look()
  }

  /** Looks each second, and logs the troubles of the parts. Those of a start and of a stop are the stage itself. */
  watchTroubles(notify: Notify): Timer {
    const { clock } = this.#options
    const log = new TroubleLog({ clock, notify })
    return clock.every(bounds.heartbeatMs, () => {
      this.look()
      if (this.stage === 'serving') log.look(Object.values(this.troublesOfParts()).flat())
    })
  }

  /** The process's metrics; `withBeats` adds those of heartbeats, where nobody else in this process tells them. */
  metrics(withBeats: boolean): string {
    return processMetrics({
      node: this.#options.node,
      role: this.#options.role,
      standing: this.look(),
      beats: withBeats ? this.#parts.flatMap(({ part }) => part.standing().heartbeat ?? []) : [],
      threads: this.#threads,
      notices: this.#notices,
    })
  }
}

function addedUp(counts: readonly MessageCount[]): MessageCount[] {
  const sums = new Map<string, MessageCount>()
  for (const { channel, kind, count } of counts) {
    const known = sums.get(`${channel} ${kind}`)?.count ?? 0
    sums.set(`${channel} ${kind}`, { channel, kind, count: known + count })
  }
  return [...sums.values()]
}
