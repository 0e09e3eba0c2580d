// Administrators as a model: each gives a command to a control node and believes the answer. A command that has an id
// is repeated, at any node, while its outcome is unknown.
import type { Refusal } from '../../shared/config/refusal.ts'
import type { Result } from '../../shared/result.ts'
import type { WriteRefusal, Written } from '../config-log/writer/config-writer.ts'
import type { Timeline } from './engine/timeline.ts'
import type { Parts } from './run-parts.ts'
import type { SimulatedNode } from './simulated-node.ts'
import type { Command } from './workload.ts'

export type Answer = Result<Written, Refusal | WriteRefusal>

/** What the administrator knows of a command. */
export interface Deed {
  command: Command
  /** The acknowledgement; `changed` says whether there is an event. */
  written: Written | undefined
  /** The node that acknowledged the command. */
  by: SimulatedNode | undefined
  /** True when a try ended without an answer, or with the answer that the outcome is unknown. */
  mayBeStored: boolean
  /** The revision that the node served when it was last asked. */
  askedAt: number
  isOpen: boolean
}

export interface ClientOptions {
  timeline: Timeline
  controls: readonly SimulatedNode[]
  onAnswer(deed: Deed, node: SimulatedNode, answer: Answer): void
}

export class Client {
  readonly #options: ClientOptions
  readonly deeds: Deed[] = []

  constructor(options: ClientOptions) {
    this.#options = options
  }

  get open(): number {
    return this.deeds.filter(({ isOpen }) => isOpen).length
  }

  give(command: Command): Deed {
    const deed = { command, written: undefined, by: undefined, mayBeStored: false, askedAt: 0, isOpen: true }
    this.deeds.push(deed)
    this.#try(deed, 0)
    return deed
  }

  #try(deed: Deed, tries: number): void {
    const { timeline, controls } = this.#options
    const { command } = deed
    const node = controls[(command.at + tries) % controls.length]!
    let isDone = false
    const end = (again: boolean): void => {
      if (isDone) return
      isDone = true
      patience.cancel()
      const goesOn = again && tries + 1 < triesMax && command.commandId !== undefined
      if (goesOn) timeline.after(againMs, () => this.#try(deed, tries + 1))
      else deed.isOpen = false
    }
    const lost = (): void => {
      deed.mayBeStored ||= isSent
      end(true)
    }
    const patience = timeline.after(patienceMs, lost)
    let isSent = false
    node.reach((parts) => {
      isSent = true
      deed.askedAt = parts.follower.status.revision
      this.#ask(parts, command).then((answer) => {
        if (isDone) return
        this.#take(deed, node, answer)
        end(!answer.ok && isPassing(answer.error))
      })
    }, lost)
  }

  #ask({ writer }: Parts, { id, commandId, decide }: Command): Promise<Answer> {
    const identity = commandId === undefined ? {} : { commandId }
    return writer!.write({ actor: 'admin', reason: id, ...identity, decide })
  }

  #take(deed: Deed, node: SimulatedNode, answer: Answer): void {
    if (answer.ok) {
      deed.written = answer.value
      deed.by = node
    } else if (answer.error.type === 'outcome-unknown') deed.mayBeStored = true
    this.#options.onAnswer(deed, node, answer)
  }
}

const triesMax = 4
const againMs = 1_500
/** The patience is longer than any node takes to answer. */
const patienceMs = 90_000

function isPassing({ type }: Refusal | WriteRefusal): boolean {
  return type === 'unavailable' || type === 'outcome-unknown' || type === 'full'
}
