// What people do when everything that heals by itself has healed, as the operations guide has it: a stream that is not what
// it was is made anew from the longest history that verifies, wherever that lies; a node whose own folder is not what it
// was gets an empty one, and takes everything from the stream.

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

/** Nothing is to be done where nobody complains; where somebody does, there has to be a reason. */
export async function repair(world: World): Promise<void> {
  const { nodes, judge } = world
  // Who looks from the beginning sees damage that others have long passed.
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

/** As `headgate log repair` does with the copies of all nodes. */
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

/** Where histories differ an operator has to choose: here whoever leads furthest on its own is right. */
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

/** A stream has to look wrong for a while before it is an alarm. */
const complaintMs = confirmMs + 1_500
/** After a start, for one look at all of a short stream and what follows from it. */
const scrubbedMs = complaintMs + 3_000
const repairMs = 60_000
const listenMs = 4_000
