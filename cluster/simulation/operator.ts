// Acts as operators do after everything that heals by itself has healed, as the operations guide describes it: a
// damaged stream is made anew from the longest history that verifies, wherever it is; a node whose own folder is
// damaged gets an empty one, and takes everything from the stream.

import type { LogHead, StoredEvent } from '../config-log/log/config-log.ts'
import { MemoryLog } from '../config-log/log/memory-log.ts'
import type { ChainSource } from '../config-log/repair/chain-track.ts'
import { mergeChains } from '../config-log/repair/merge-chains.ts'
import { republish } from '../config-log/repair/republish.ts'
import { StreamLog } from '../config-log/stream/stream-log.ts'
import { complains } from './audit.ts'
import { Life, NodeClock } from './engine/life.ts'
import { DiskLog } from './models/disk-log.ts'
import { confirmMs, simulatedMacKey } from './run-parts.ts'
import type { SimulatedNode } from './simulated-node.ts'
import type { World } from './world.ts'

/** Repairs what nodes complain about, provided that there is a reason for the complaint. */
export async function repair(world: World): Promise<void> {
  const { nodes, judge } = world
  // A restarted node reads from the beginning and finds damage that others passed long ago.
  if (judge.destroyed.length > 0) for (const control of world.controls) restart(control)
  await world.timeline.runUntil(world.timeline.nowMs + scrubbedMs)
  if (judge.destroyed.length > 0 && nodes.some(complains)) await republishLongest(world)
  await world.timeline.runUntil(world.timeline.nowMs + complaintMs)
  for (const node of nodes.filter(complains)) {
    if (judge.destroyed.length === 0 && !judge.isHarmed(node)) continue
    world.trace.add('operator', `gives ${node.name} an empty folder`)
    node.kill()
    node.wipe()
    judge.replaced(node)
    node.boot()
  }
  // A node that has heard of events begins no new log: when no events are left, all nodes are restarted.
  if (world.content.messages.length === 0) for (const node of nodes) restart(node)
}

/** Waits until empty nodes have listened for others, when nothing was written yet. */
export async function letListen(world: World): Promise<void> {
  if (world.content.messages.length === 0) await world.timeline.runUntil(world.timeline.nowMs + listenMs)
}

function restart(node: SimulatedNode): void {
  node.kill()
  node.boot()
}

/** Repairs the stream as `headgate log repair` does, from the copies of all nodes. */
async function republishLongest(world: World): Promise<void> {
  const { nodes, timeline, judge, trace } = world
  const stream = world.connect()
  const copies = nodes.map(({ name, database, disk }) => {
    return { name, log: new DiskLog({ database, mount: disk.peek(), readOnly: true }) }
  })
  const work = async (): Promise<void> => {
    const history = await longest([...copies, { name: 'stream', log: new StreamLog(stream) }])
    trace.add('operator', `makes the stream anew from ${history.head.revision} events`)
    const clock = new NodeClock(timeline, new Life(), { beganMs: 0, skewMs: 0, rate: 1 })
    const { log, head } = history
    const republished = await republish({ stream, history: log, head, macKey: simulatedMacKey, clock })
    if (!republished.ok) judge.broken('I3 converge', `the repair failed: ${republished.error}`)
  }
  let isDone = false
  work().then(() => {
    isDone = true
  })
  await world.until(() => isDone, repairMs)
  if (!isDone) judge.broken('I3 converge', 'the repair does not end')
}

/** Puts the longest history together. Where histories differ an operator has to choose: here the source that leads
 *  furthest on its own is right. */
async function longest(sources: readonly ChainSource[]): Promise<{ log: MemoryLog; head: LogHead }> {
  const log = new MemoryLog()
  const keep = async (events: StoredEvent[]): Promise<void> => {
    for (const event of events) await log.append(event, event.revision - 1)
  }
  const { head, fork } = await mergeChains(sources, simulatedMacKey, keep)
  if (fork === undefined) return { log, head }
  const wholes = await Promise.all(sources.map((source) => mergeChains([source], simulatedMacKey, async () => {})))
  const best = wholes.toSorted((a, b) => b.head.revision - a.head.revision)[0]!
  return longest(sources.filter(({ name }) => best.sources[0]?.name === name))
}

/** The time until a wrong stream is an alarm. */
const complaintMs = confirmMs + 1_500
/** The time after a start in which a short stream is read once and its damage is reported. */
const scrubbedMs = complaintMs + 3_000
const repairMs = 60_000
const listenMs = 4_000
