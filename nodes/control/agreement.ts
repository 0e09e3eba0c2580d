// Whether all nodes mean the same by a revision. Two hashes for one revision cannot be: one of the two was forged, damaged
// or taken from another log, and whoever serves it serves something nobody decided. It is an alarm, not a repair.
import type { Clock, Timer } from '../../shared/clock.ts'
import type { Notify } from '../../shared/notice.ts'
import type { Trouble } from '../../shared/readiness.ts'
import type { NodeHeartbeat } from '../../shared/telemetry/records.ts'

export interface AgreementOptions {
  readonly nodes: () => readonly NodeHeartbeat[]
  /** Hash of a revision in this node's verified log. Undefined if the log does not reach that far. */
  readonly hashAt: (revision: number) => Promise<string | undefined>
  readonly clock: Clock
  readonly notify: Notify
}

export interface Disagreement {
  readonly revision: number
  /** Names of the nodes, sorted. */
  readonly nodes: readonly string[]
}

const lookMs = 1_000
const hashesRemembered = 1_000

export class Agreement {
  readonly #options: AgreementOptions
  readonly #hashes = new Map<number, string>()
  readonly #timer: Timer
  #found: readonly Disagreement[] = []
  #looking = false

  constructor(options: AgreementOptions) {
    this.#options = options
    this.#timer = options.clock.every(lookMs, () => void this.look())
  }

  get found(): readonly Disagreement[] {
    return this.#found
  }

  troubles(): Trouble[] {
    return this.#found.map(({ revision, nodes }) => ({
      level: 'degraded',
      reason: `revision ${revision} of the configuration is not the same everywhere: ${nodes.join(', ')} has another one`,
    }))
  }

  async look(): Promise<void> {
    if (this.#looking) return
    this.#looking = true
    try {
      const nodes = this.#options.nodes().filter(({ revision }) => revision > 0)
      const hashes = await this.#hashesOf(new Set(nodes.map(({ revision }) => revision)))
      this.#adopt(disagreements(nodes, hashes))
    } finally {
      this.#looking = false
    }
  }

  stop(): void {
    this.#timer.cancel()
  }

  async #hashesOf(revisions: ReadonlySet<number>): Promise<ReadonlyMap<number, string>> {
    for (const revision of revisions) {
      if (this.#hashes.has(revision)) continue
      const hash = await this.#options.hashAt(revision)
      if (hash !== undefined) this.#remember(revision, hash)
    }
    return this.#hashes
  }

  #remember(revision: number, hash: string): void {
    const [oldest] = this.#hashes.keys()
    if (this.#hashes.size >= hashesRemembered && oldest !== undefined) this.#hashes.delete(oldest)
    this.#hashes.set(revision, hash)
  }

  #adopt(found: readonly Disagreement[]): void {
    const known = new Set(this.#found.map((one) => JSON.stringify(one)))
    this.#found = found
    for (const one of found) {
      if (!known.has(JSON.stringify(one))) this.#options.notify({ type: 'config-disagreement', ...one })
    }
  }
}

/** Nodes whose hash is not the log's at their revision. Beyond the log all that differ are named: none is known right. */
export function disagreements(
  nodes: readonly Pick<NodeHeartbeat, 'node' | 'revision' | 'hash'>[],
  hashes: ReadonlyMap<number, string>,
): Disagreement[] {
  const found: Disagreement[] = []
  for (const [revision, group] of Map.groupBy(nodes, (node) => node.revision)) {
    const right =
      hashes.get(revision) ?? (new Set(group.map(({ hash }) => hash)).size === 1 ? group[0]!.hash : undefined)
    const others = group.filter(({ hash }) => hash !== right).map(({ node }) => node)
    if (others.length > 0) found.push({ revision, nodes: [...new Set(others)].sort() })
  }
  return found.sort((a, b) => a.revision - b.revision)
}
