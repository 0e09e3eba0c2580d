// What people do when everything that heals by itself has healed, as the operations guide has it: a stream that is not what
// it was is made anew from the longest history that verifies, wherever that lies; a node whose own folder is not what it
// was gets an empty one, and takes everything from the stream.
import { emptyState } from '../../shared/config/fold.ts'
import type { StoredEvent } from '../config-log/config-log.ts'
import { foldStored } from '../config-log/fold-stored.ts'
import { confirmMs, simulatedMacKey } from './run-parts.ts'
import type { SimulatedNode } from './simulated-node.ts'
import type { World } from './world.ts'

/** Nothing is to be done where nobody complains; where somebody does, there has to be a reason. */
export async function repair(world: World): Promise<void> {
  const { nodes, judge } = world
  await world.timeline.runUntil(world.timeline.nowMs + complaintMs)
  if (judge.destroyed.length > 0 && nodes.some(complains)) republish(world)
  await world.timeline.runUntil(world.timeline.nowMs + complaintMs)
  for (const node of nodes.filter(complains)) {
    if (judge.destroyed.length === 0 && !judge.isHarmed(node)) continue
    world.trace.add('operator', `gives ${node.name} an empty folder`)
    node.kill()
    node.wipe()
    judge.replaced(node)
    node.boot()
  }
  // Who has heard of events begins no new log: where nothing is left of them, everybody is started anew.
  if (world.content.messages.length === 0) for (const node of nodes) restart(node)
}

/** An empty node listens before it believes that there is nothing: where nothing was written yet, that is waited for. */
export async function letListen(world: World): Promise<void> {
  if (world.content.messages.length === 0) await world.timeline.runUntil(world.timeline.nowMs + listenMs)
}

function restart(node: SimulatedNode): void {
  node.kill()
  node.boot()
}

export function complains({ parts }: SimulatedNode): boolean {
  if (parts === undefined) return false
  const { degraded, damaged } = parts.follower.status
  return parts.log.state.isAlarm || degraded !== undefined || damaged !== undefined
}

function republish({ nodes, content, server, trace }: World): void {
  const fromStream = content.messages.map((message) => ({ ...message, revision: message.sequence }))
  const chains = [fromStream, ...nodes.map(({ database }) => database.events)].map(verified)
  const longest = chains.toSorted((a, b) => b.length - a.length)[0]!
  trace.add('operator', `makes the stream anew from ${longest.length} events`)
  content.recreate(server.timeline.nowMs)
  for (const event of longest) content.push(event, server.timeline.nowMs)
  server.wakeAll()
}

function verified(events: readonly StoredEvent[]): readonly StoredEvent[] {
  const state = emptyState()
  const end = events.findIndex((event) => !foldStored(state, event, simulatedMacKey).ok)
  return end === -1 ? events : events.slice(0, end)
}

/** A stream has to look wrong for a while before it is an alarm. */
const complaintMs = confirmMs + 1_500
const listenMs = 4_000
