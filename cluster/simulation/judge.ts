// Watches a world and knows what no node in it knows: what was decided, what was acknowledged, what was destroyed. The
// first broken promise ends the world.
import { emptyState } from '../../shared/config/fold.ts'
import type { Refusal } from '../../shared/config/refusal.ts'
import type { ConfigState } from '../../shared/config/state.ts'
import type { Notice } from '../../shared/notice.ts'
import type { LogHead } from '../config-log/log/config-log.ts'
import { HighWaterFile } from '../config-log/log/high-water.ts'
import type { WriteRefusal } from '../config-log/writer/config-writer.ts'
import { fileSystem } from '../data-folder/disk.ts'
import type { Answer, Deed } from './client.ts'
import type { Dice } from './engine/dice.ts'
import type { Timeline } from './engine/timeline.ts'
import type { Witness } from './faults/fault-kind.ts'
import { digestOf, type History } from './history.ts'
import type { Breach, PromiseName } from './promises.ts'
import { markPath, simulatedMacKey } from './run-parts.ts'
import type { NodeWatcher, SimulatedNode } from './simulated-node.ts'
import type { Trace } from './trace.ts'
import { canary } from './workload.ts'

export interface JudgeOptions {
  timeline: Timeline
  trace: Trace
  history: History
  dice: Dice
}

/** Facts about a node that its own files may have lost. */
interface Record {
  /** The head that the node served last in this run. */
  served: LogHead | undefined
  /** The newest head that was acknowledged or marked: the disk of the node has had it. */
  floor: LogHead | undefined
  harmed: Set<Witness>
}

export class Judge implements NodeWatcher {
  readonly #options: JudgeOptions
  readonly #records = new Map<SimulatedNode, Record>()
  readonly destroyed: string[] = []
  /** The nodes whose folders were ever lost, replaced or harmed. */
  readonly #stricken = new Set<SimulatedNode>()
  #alarmingUntilMs = 0
  #isAlarmed = false
  #lapsedAtMs: number | undefined
  breach: Breach | undefined

  constructor(options: JudgeOptions) {
    this.#options = options
  }

  /** The time at which the register of leases was last replaced by an earlier one. */
  get lapsedAtMs(): number | undefined {
    return this.#lapsedAtMs
  }

  lapsed(): void {
    this.#lapsedAtMs = this.#options.timeline.nowMs
  }

  broken(promise: PromiseName, detail: string): void {
    const { timeline, trace } = this.#options
    if (this.breach !== undefined) return
    this.breach = { promise, detail, atMs: timeline.nowMs }
    trace.add('judge', `BROKEN ${promise}: ${detail}`)
    timeline.halt()
  }

  alarming(untilMs: number): void {
    this.#alarmingUntilMs = Math.max(this.#alarmingUntilMs, untilMs)
  }

  harmed(node: SimulatedNode, what: Witness): void {
    this.#stricken.add(node)
    this.#of(node).harmed.add(what)
  }

  isHarmed(node: SimulatedNode): boolean {
    return this.#of(node).harmed.size > 0
  }

  /** Whether acknowledged events may be lost: the stream was destroyed, and a node raised an alarm or no node was left
   *  that could. */
  mayBeLost(nodes: readonly SimulatedNode[]): boolean {
    return this.destroyed.length > 0 && (this.#isAlarmed || nodes.every((node) => this.#stricken.has(node)))
  }

  /** Records that the folder of the node was replaced by an earlier one as a whole: no file in it can reveal that. */
  replaced(node: SimulatedNode): void {
    this.#stricken.add(node)
    this.#records.set(node, { ...newRecord(), floor: markOf(node) })
  }

  onDown(node: SimulatedNode): void {
    const record = this.#of(node)
    record.served = undefined
    const mark = record.harmed.size > 0 ? undefined : markOf(node)
    if (mark !== undefined && mark.revision > (record.floor?.revision ?? 0)) record.floor = mark
  }

  onBoot(node: SimulatedNode): void {
    const { status, state } = node.parts!.follower
    const { floor, harmed } = this.#of(node)
    this.#options.trace.add(node.name, `booted at revision ${status.revision}`)
    if (floor === undefined || harmed.size === 3) return
    if (status.degraded !== undefined || status.damaged !== undefined) return
    if (status.revision < floor.revision) {
      this.broken('no stale boot', `${node.name} serves revision ${status.revision}, it had ${floor.revision}`)
    } else if (state !== undefined && !this.#options.history.leadsTo(floor, state.hash)) {
      this.broken('I9 order', `${node.name} serves another history than the one it acknowledged`)
    }
  }

  onState(node: SimulatedNode, state: ConfigState): void {
    const { trace, history, dice } = this.#options
    const { revision, hash } = state
    trace.add(node.name, `serves revision ${revision} ${hash.slice(0, 8)}`)
    const record = this.#of(node)
    const before = record.served
    record.served = { revision, hash }
    const reference = history.stateAt(hash)
    if (reference === undefined) return this.broken('no forgery', `${node.name} serves ${revision} ${hash}`)
    const isCompared = before === undefined || dice.happens(digestPart)
    if (isCompared && digestOf(reference) !== digestOf(state)) {
      return this.broken('I2 one state', `${node.name} at revision ${revision}: live is not what replay gives`)
    }
    if (before === undefined) return
    if (revision <= before.revision) {
      this.broken('I11 forward', `${node.name} goes from revision ${before.revision} to ${revision}`)
    } else if (!history.leadsTo(before, hash)) {
      this.broken('I9 order', `${node.name} goes from ${before.revision} to ${revision} of another history`)
    }
  }

  onNotice(node: SimulatedNode, notice: Notice): void {
    if (notice.type === 'config-applied') return
    const text = JSON.stringify(notice)
    this.#options.trace.count(`notice ${notice.type}`)
    this.#options.trace.add(node.name, text)
    if (text.includes(canary)) this.broken('I12 refusals', `${node.name} tells a secret: ${text}`)
    if (notice.type !== 'log-alarm') return
    const record = this.#of(node)
    this.#isAlarmed = true
    const isAlarming = this.#options.timeline.nowMs <= this.#alarmingUntilMs
    const isDue = isAlarming || this.destroyed.length > 0 || record.harmed.size > 0
    if (!isDue) this.broken('alarm', `${node.name} is alarmed, and nothing was destroyed: ${text}`)
  }

  onBug(node: SimulatedNode, error: unknown): void {
    this.broken('no bug', `${node.name}: ${error instanceof Error ? error.stack : String(error)}`)
  }

  onAnswer(deed: Deed, node: SimulatedNode, answer: Answer): void {
    const { command, written } = deed
    const text = answer.ok ? JSON.stringify(written) : JSON.stringify(answer.error)
    this.#options.trace.add(node.name, `answers ${command.id}: ${text.slice(0, 160)}`)
    this.#options.trace.count(`answer ${answer.ok ? 'written' : answer.error.type}`)
    if (answer.ok) return this.#checkStored(command.id, node, answer.value)
    if (!refusalTypes.has(answer.error.type)) this.broken('I12 refusals', `${command.id}: ${text}`)
    this.#checkDecided(deed, node, answer.error)
    if (text.includes(canary)) this.broken('I12 refusals', `${command.id} is told a secret: ${text}`)
  }

  // Checks that a refusal was decided on one of the states that this node has served since it was asked.
  #checkDecided({ command, askedAt }: Deed, node: SimulatedNode, { type, ...rest }: Refusal | WriteRefusal): void {
    const isDecision = decisionTypes.has(type) || (type === 'conflict' && 'message' in rest)
    if (!isDecision) return
    const { history } = this.#options
    for (let state = node.parts!.follower.state ?? emptyState(); ; ) {
      const decision = command.decide(state)
      if (!decision.ok && decision.error.type === type) return
      const before = history.event(state.hash)?.prevHash
      if (before === undefined || state.revision <= askedAt) break
      state = history.stateAt(before)!
    }
    this.broken('I1 answers', `${command.id} is refused (${type}) on a state that never was`)
  }

  // Checks an acknowledgement: the event has to be on this disk, the mark has to say so, and this node has to serve it.
  #checkStored(id: string, node: SimulatedNode, { revision, changed }: { revision: number; changed: boolean }): void {
    if (!changed) return
    const stored = node.database.events[revision - 1]
    const event = stored === undefined ? undefined : this.#options.history.event(stored.hash)
    if (stored === undefined || event?.reason !== id) {
      return this.broken('I1 answers', `${id} is acknowledged at revision ${revision}, the copy holds ${event?.reason}`)
    }
    const mark = durableMarkOf(node)
    if (mark === undefined || mark.revision < revision) {
      return this.broken(
        'I1 answers',
        `${id} is acknowledged at revision ${revision}, the mark is at ${mark?.revision}`,
      )
    }
    const { follower } = node.parts!
    if (follower.status.revision < revision) {
      return this.broken('I1 answers', `${id} is acknowledged at revision ${revision} before ${node.name} serves it`)
    }
    const record = this.#of(node)
    if (revision > (record.floor?.revision ?? 0)) record.floor = { revision, hash: stored.hash }
  }

  #of(node: SimulatedNode): Record {
    const known = this.#records.get(node)
    if (known !== undefined) return known
    const record = newRecord()
    this.#records.set(node, record)
    return record
  }
}

/** The part of the served states that is compared; at the end of a world all are. */
const digestPart = 0.15

const decisionTypes: ReadonlySet<string> = new Set(['invalid', 'unsupported', 'not-found', 'precondition-failed'])
const refusalTypes: ReadonlySet<string> = new Set([
  ...['unavailable', 'full', 'damaged', 'rewound', 'conflict', 'too-large', 'outcome-unknown', 'stopped'],
  ...['invalid', 'unsupported', 'not-found', 'precondition-failed'],
])

function newRecord(): Record {
  return { served: undefined, floor: undefined, harmed: new Set() }
}

function durableMarkOf(node: SimulatedNode): LogHead | undefined {
  const disk = { ...fileSystem, read: (path: string) => node.disk.durable(path) }
  const finding = new HighWaterFile(markPath, simulatedMacKey, disk).read()
  return finding.type === 'at' ? finding.mark : undefined
}

function markOf(node: SimulatedNode): LogHead | undefined {
  const finding = new HighWaterFile(markPath, simulatedMacKey, node.disk.peek()).read()
  return finding.type === 'at' ? finding.mark : undefined
}
