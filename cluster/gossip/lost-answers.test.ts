// A charge that another node decides about counts once, whatever becomes of the question and of its answer.
import { beforeEach, expect, test } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import { subjects } from '../bus/bus.ts'
import { LocalBus } from '../bus/local-bus.ts'
import { ownerOf } from './bucket-owner.ts'
import type { BucketRule } from './bucket-rule.ts'
import { Gossip } from './gossip.ts'

const small: BucketRule = { kind: 'flow', capacity: 10, perMs: 1e-9 }
const turns = async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** What the network makes of a message from the asker to the owner. */
type Fate = 'answered' | 'lost' | 'answer lost' | 'twice' | 'late'

let clock: ManualClock
let asker: Gossip
let owner: Gossip
let key: number
/** The fates of the messages to come; after them all are answered. */
let fates: Fate[]
let late: Uint8Array[]

beforeEach(async () => {
  clock = new ManualClock()
  ;[fates, late] = [[], []]
  const buses = [new LocalBus(), new LocalBus()] as const
  asker = new Gossip({ node: 'a', boot: 1, bus: buses[0], clock })
  owner = new Gossip({ node: 'b', boot: 1, bus: buses[1], clock })
  buses[0].serve(subjects.gossipAsk, async (payload) => {
    const reach = async () => {
      const told = await buses[1].request(subjects.gossipCharge, payload.slice(), 1_000)
      if (!told.ok) throw new Error(told.error.type)
      return told.value
    }
    const fate = fates.shift() ?? 'answered'
    if (fate === 'late') late.push(payload)
    if (fate === 'lost' || fate === 'late') throw new Error('nobody answers')
    const answer = await reach()
    if (fate === 'twice') return reach()
    if (fate === 'answer lost') throw new Error('the answer is lost')
    return answer
  })
  owner.start()
  meet()
  // A key that the other node owns.
  key = 1
  while (ownerOf(key, 'a', asker.node.members) !== 'b') key++
})

function request(amount: number) {
  return { key, rule: small, amount, window: 0 }
}

/** Both hear all that the other has to tell. */
function meet(): void {
  for (let round = 0; round < 3; round++) {
    for (const [from, to] of [
      [asker, owner],
      [owner, asker],
    ] as const) {
      from.node.tick(clock.monotonicMs())
      const frame = from.node.nextFrame()
      if (frame !== undefined) to.node.take(frame, clock.monotonicMs())
    }
  }
}

function remaining(): number[] {
  meet()
  return [asker, owner].map(({ node }) => {
    const nowMs = clock.monotonicMs()
    return Math.round(node.buckets.look(node.buckets.slotOf(key, small, nowMs), { nowMs, window: 0 }).remaining)
  })
}

test.each<[string, Fate[], number]>([
  ['an answer that comes', ['answered'], 9],
  ['a question that is lost', ['lost'], 9],
  ['an answer that is lost', ['answer lost'], 9],
  ['a question that comes twice', ['twice'], 9],
  ['an answer that is lost, and the first word about it too', ['answer lost', 'lost'], 9],
  ['an answer that is lost, and the word about it comes twice', ['answer lost', 'twice'], 9],
])('%s: the charge counts once', async (_, given, left) => {
  fates = given
  expect(await asker.charge(request(1))).toHaveProperty('slot')
  for (let tick = 0; tick < 20; tick++) {
    await turns()
    clock.advance(200)
    meet()
  }
  await turns()
  expect(remaining()).toEqual([left, left])
})

test('a question that comes after the asker has decided by itself takes nothing', async () => {
  fates = ['late']
  expect(await asker.charge(request(1))).toHaveProperty('slot')
  await turns()
  for (const payload of late) {
    const bus = new LocalBus()
    bus.serve(subjects.gossipCharge, (question) => owner.answer(question))
    await bus.request(subjects.gossipCharge, payload.slice(), 1_000)
  }
  expect(remaining()).toEqual([9, 9])
})

test('what is charged of an answer that was lost, and given back, is free again', async () => {
  fates = ['answer lost']
  const charged = await asker.charge(request(1))
  await turns()
  if ('slot' in charged) asker.node.buckets.adjust(charged, -1, clock.monotonicMs())
  expect(remaining()).toEqual([10, 10])
})
