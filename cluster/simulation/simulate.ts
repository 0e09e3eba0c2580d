// Runs one world from its seed to its verdict.

import { emptyState } from '../../shared/config/fold.ts'
import type { ConfigState } from '../../shared/config/state.ts'
import type { StoredEvent } from '../config-log/log/config-log.ts'
import { foldStored } from '../config-log/log/fold-stored.ts'
import { checkCopies, deceived } from './audit.ts'
import { digestOf } from './history.ts'
import { letListen, repair } from './operator.ts'
import type { Plan } from './plan.ts'
import type { Breach } from './promises.ts'
import { simulatedMacKey } from './run-parts.ts'
import type { SimulatedNode } from './simulated-node.ts'
import { type Command, issueKey, revokeKey, setTeam } from './workload.ts'
import { revokedMs, World } from './world.ts'

export interface Outcome {
  seed: number
  breach: Breach | undefined
  trace: readonly string[]
  hash: string
  steps: number
  /** The number of faults, answers and notices of each kind. */
  counts: Readonly<Record<string, number>>
}

export async function simulate(plan: Plan): Promise<Outcome> {
  const world = new World(plan)
  await world.liveInTrouble()
  if (!world.isOver) await callIn(world)
  const { trace, judge, timeline } = world
  return {
    seed: plan.seed,
    breach: judge.breach,
    trace: trace.lines,
    hash: trace.hash(),
    steps: timeline.steps,
    counts: trace.counts,
  }
}

async function callIn(world: World): Promise<void> {
  world.heal()
  for (const step of [
    answer,
    checkCopies,
    noticeDamage,
    mend,
    converge,
    takeLease,
    letListen,
    drill,
    checkDeeds,
    checkStates,
  ]) {
    await step(world)
    if (world.isOver) return
  }
}

async function answer(world: World): Promise<void> {
  await world.until(() => world.client.open === 0, givenUpMs)
  if (world.client.open > 0) world.judge.broken('I3 converge', 'commands are still not answered')
}

async function noticeDamage(world: World): Promise<void> {
  await world.until(() => isOne(world), calmMs)
  if (await world.until(() => deceived(world).length === 0, noticedMs)) return
  const names = deceived(world).map(({ name }) => name)
  world.judge.broken('alarm', `${names.join(', ')} do not notice what has become of the stream`)
}

/** Checks that a node acquires the lease in a short time. */
async function takeLease(world: World): Promise<void> {
  if (!world.plan.hasLease || (await world.until(() => world.leaseWatch.isHeld, leaseMs))) return
  world.judge.broken('one holder', 'nobody takes the lease')
}

async function mend(world: World): Promise<void> {
  if (!isOne(world) || world.judge.destroyed.length > 0) await repair(world)
}

async function converge(world: World): Promise<void> {
  if (await world.until(() => isOne(world), convergedMs)) return
  const standing = world.nodes.map(({ name, parts }) => {
    const { revision, hash, degraded, damaged } = parts?.follower.status ?? {}
    return `${name} ${revision} ${hash?.slice(0, 8)} ${parts?.log.state.type} ${degraded ?? damaged ?? ''}`
  })
  world.judge.broken('I3 converge', `stream ${world.content.messages.length}; ${standing.join('; ')}`)
}

function isOne({ nodes, content }: World): boolean {
  const newest = content.messages.at(-1)
  return nodes.every(({ parts }) => {
    if (parts === undefined || parts.log.state.type !== 'following') return false
    const { revision, hash, degraded, damaged } = parts.follower.status
    if (degraded !== undefined || damaged !== undefined) return false
    return newest === undefined ? revision === 0 : hash === newest.hash && revision === newest.sequence
  })
}

/** Checks that every control node accepts changes again, and that a revocation reaches all nodes in time. */
async function drill(world: World): Promise<void> {
  const controls = world.controls.length
  const acts = [issueKey('key_drill', {}), ...world.controls.map((_one, at) => setTeam(`drill-${at}`))]
  for (const [index, act] of [...acts, revokeKey('key_drill')].entries()) {
    const at = index % controls
    const command: Command = { id: `drill-${index}`, atMs: world.timeline.nowMs, at, commandId: undefined, ...act }
    const deed = world.client.give(command)
    await world.until(() => !deed.isOpen, drillMs)
    if (deed.written === undefined) {
      return world.judge.broken('I3 converge', `${world.controls[at]!.name} takes no change`)
    }
  }
  await world.timeline.runUntil(world.timeline.nowMs + revokedMs)
  world.checkRevoked('key_drill')
  await converge(world)
}

function checkDeeds({ nodes, client, history, judge }: World): void {
  const { status } = nodes[0]!.parts!.follower
  const chain = history.chain(status.hash)
  const revisionsOf = Map.groupBy(chain, ({ reason }) => reason)
  for (const { command, written, mayBeStored } of client.deeds) {
    const stored = revisionsOf.get(command.id) ?? []
    if (stored.length > 1) return judge.broken('I1 answers', `${command.id} is stored ${stored.length} times`)
    const isKept = written?.changed !== true || stored[0]?.revision === written.revision
    if (!isKept && !judge.mayBeLost(nodes)) {
      return judge.broken('I1 kept', `${command.id} was acknowledged at ${written?.revision}: ${stored[0]?.revision}`)
    }
    // A client with access to the stream can repeat a refused event, which is genuine.
    const isSentAgain = judge.destroyed.includes('event-forged')
    if (written === undefined && !mayBeStored && stored.length > 0 && !isSentAgain) {
      return judge.broken('I1 answers', `${command.id} was refused and is stored at ${stored[0]!.revision}`)
    }
  }
}

async function checkStates(world: World): Promise<void> {
  checkCopies(world)
  const lives = new Map<SimulatedNode, string>()
  for (const node of world.nodes) {
    const { state } = node.parts!.follower
    if (state === undefined) continue
    const live = digestOf(state)
    const reference = world.history.stateAt(state.hash)
    const replayed = replay(node.database.events)
    const isSame = reference !== undefined && digestOf(reference) === live
    if (!isSame || replayed === undefined || digestOf(replayed) !== live) {
      world.judge.broken('I2 one state', `${node.name}: live is not what replay gives`)
    }
    lives.set(node, live)
  }
  await stopAll(world)
  // A node that was stopped leaves a last good copy of its state.
  for (const [node, live] of lives) {
    const copied = node.readCopy()
    if (copied !== undefined && digestOf(copied) === live) continue
    world.judge.broken('I2 one state', `${node.name}: the last good copy is not the state`)
  }
}

async function stopAll(world: World): Promise<void> {
  let stopped = 0
  for (const node of world.nodes) node.stop().then(() => stopped++)
  const areAll = await world.until(() => stopped === world.nodes.length, drillMs)
  if (!areAll) world.judge.broken('no bug', 'a node that was asked to stop does not')
}

function replay(events: readonly StoredEvent[]): ConfigState | undefined {
  const state = emptyState()
  for (const event of events) if (!foldStored(state, event, simulatedMacKey).ok) return undefined
  return state
}

const givenUpMs = 100_000
const calmMs = 8_000
/** The newest event is compared with the stream every 15 s, and damage has to last before it is reported. */
const noticedMs = 20_000
const leaseMs = 8_000
const convergedMs = 30_000
const drillMs = 5_000
