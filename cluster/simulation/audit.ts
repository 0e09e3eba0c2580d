// Checks that need a view of the whole world: copies that hold events which nobody decided, a second history that
// begins beside the first, a stream that is not what a node takes it for.
import { genesisHash, type SealedEvent } from '../config-log/log/config-log.ts'
import type { History } from './history.ts'
import type { Judge } from './judge.ts'
import type { StreamContent } from './models/stream-content.ts'
import type { SimulatedNode } from './simulated-node.ts'

/** The parts of a `World` that an audit reads. The world itself calls the audit, so the audit may not know its type. */
export interface AuditedWorld {
  readonly nodes: readonly SimulatedNode[]
  readonly history: History
  readonly judge: Judge
  readonly content: StreamContent
}

/** Checks the copies of all nodes whose disks were not harmed. */
export function checkCopies({ nodes, history, judge }: AuditedWorld): void {
  for (const node of nodes.filter((one) => !judge.isHarmed(one))) {
    let hash = genesisHash
    for (const stored of node.database.events) {
      const event = history.event(stored.hash)
      const isGenuine = event?.prevHash === hash && event.commandId === stored.commandId
      if (!isGenuine) judge.broken('no forgery', `${node.name} has stored what nobody decided at ${stored.revision}`)
      hash = stored.hash
    }
  }
}

/** Checks a node that created the stream: it has to be new, and no node that it could hear may hold events. */
export function checkMade({ nodes, judge }: AuditedWorld, by: string, calmMs: number): void {
  const maker = nodes.find(({ name }) => name === by)
  if (maker === undefined) return
  const holders = nodes.filter((node) => node !== maker && calmMs >= heardMs && isHeard(node))
  const holder = maker.database.events.length > 0 ? maker : holders.find((node) => servedBy(node) > 0)
  if (holder === undefined) return
  judge.broken('I1 kept', `${by} makes a second stream, although ${holder.name} holds events of the first`)
}

/** Checks that no node appends to a stream that is shorter than what other nodes report. */
export function checkStored({ nodes, judge }: AuditedWorld, stored: Stored, calmMs: number): void {
  const { event, sequence, by } = stored
  if (by === '' || calmMs < heardMs) return
  const other = nodes.find((node) => {
    const held = node.database.events[sequence - 1]
    return isHeard(node) && servedBy(node) >= sequence && held !== undefined && held.hash !== event.hash
  })
  if (other === undefined) return
  judge.broken('I1 kept', `${by} begins a second history at ${sequence}, although ${other.name} holds the first`)
}

export interface Stored {
  event: SealedEvent
  sequence: number
  by: string
}

/** Returns the nodes that follow a stream which does not hold their newest event, or not all messages that it
 *  counts. */
export function deceived({ nodes, content }: AuditedWorld): SimulatedNode[] {
  const facts = content.facts()
  return nodes.filter(({ parts, database }) => {
    if (parts?.log.state.type !== 'following') return false
    if (!facts.ok || facts.value.messages !== facts.value.lastSequence) return true
    const newest = database.events.at(-1)
    return newest !== undefined && content.messages[newest.revision - 1]?.hash !== newest.hash
  })
}

/** Whether the node reports that its log or its state is wrong. */
export function complains({ parts }: SimulatedNode): boolean {
  if (parts === undefined) return false
  const { degraded, damaged } = parts.follower.status
  return parts.log.state.isAlarm || degraded !== undefined || damaged !== undefined
}

function isHeard(node: SimulatedNode): boolean {
  return node.upForMs >= heardMs && !node.isPaused && node.parts !== undefined
}

function servedBy({ parts }: SimulatedNode): number {
  return parts?.follower.status.revision ?? 0
}

/** The time without faults after which all nodes have heard of each other. */
const heardMs = 6_000
