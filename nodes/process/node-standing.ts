// How this process is: what its parts say of themselves, whether their threads run, and what was told to the operator so
// far. `/readyz` and `/metrics` of the ops port read it.
import type { Clock } from '../../shared/clock.ts'
import type { Notice, Notify } from '../../shared/notice.ts'
import { Readiness, type Standing, type Trouble } from '../../shared/readiness.ts'
import type { NodeHeartbeat, NodeRole } from '../../shared/telemetry/records.ts'
import { processMetrics } from './process-metrics.ts'
import type { SupervisedWorker } from './threads/supervised-worker.ts'

/** What a part says of itself. */
export interface PartStanding {
  readonly heartbeat?: NodeHeartbeat | undefined
  readonly troubles: readonly Trouble[]
}

const stages: Record<string, readonly Trouble[]> = {
  starting: [{ level: 'unready', reason: 'the node is starting' }],
  serving: [],
  draining: [{ level: 'unready', reason: 'the node is draining: it finishes what it has, and takes nothing new' }],
}

export class NodeStanding {
  stage: 'starting' | 'serving' | 'draining' = 'starting'
  readonly #options: { node: string; role: NodeRole; clock: Clock }
  readonly #readiness: Readiness
  readonly #parts: { standing(): PartStanding }[] = []
  readonly #notices = new Map<Notice['type'], number>()
  #threads: readonly SupervisedWorker[] = []

  constructor(options: { node: string; role: NodeRole; clock: Clock }) {
    this.#options = options
    this.#readiness = new Readiness(options.clock)
    this.#readiness.add(() => stages[this.stage]!)
  }

  add(part: { standing(): PartStanding }): void {
    this.#parts.push(part)
    this.#readiness.add(() => part.standing().troubles)
  }

  watch({ all }: { all: readonly SupervisedWorker[] }): void {
    this.#threads = all
    for (const thread of all) this.add(thread)
  }

  /** Counts what it passes on: an alarm that only stood in a log is an alarm that nobody had. */
  counting(notify: Notify): Notify {
    return (notice) => {
      this.#notices.set(notice.type, (this.#notices.get(notice.type) ?? 0) + 1)
      notify(notice)
    }
  }

  look(): Standing {
    return this.#readiness.look()
  }

  /** `withBeats`: what heartbeats say as well, where nobody else in this process tells it. */
  metrics(withBeats: boolean): string {
    const beats = withBeats ? this.#parts.flatMap((part) => part.standing().heartbeat ?? []) : []
    return processMetrics({
      ...this.#options,
      ...{ beats, standing: this.look(), notices: this.#notices },
      threads: this.#threads.map(({ part, restarts }) => ({ part, restarts })),
    })
  }
}
