// What becomes of a cluster that relays when relays go, and when nodes come that do not know yet that others relay.
import { expect, test } from 'vitest'
import { Fleet, type FleetNode } from '../test-fleet.ts'
import { rootOf, runFleet } from '../test-fleet-run.ts'

const perSecond = 100

test.each([1, 2, 3])('a relay that is killed is replaced within 3 s, seed %i', (seed) => {
  const kill = (fleet: Fleet, second: number) => {
    const root = rootOf(fleet)
    if (second === 50 && root !== undefined) fleet.kill(root)
  }
  const run = { nodes: 24, perMinute: perSecond * 60, split: 'even', seconds: 70, each: kill } as const
  const admitted = runFleet(run, seed).perSecond.slice(53, 68)
  const mean = admitted.reduce((sum, one) => sum + one, 0) / admitted.length
  // The part of a node that was killed is kept for it.
  expect(mean).toBeGreaterThanOrEqual(perSecond * (23 / 24) * 0.97)
  expect(mean).toBeLessThanOrEqual(perSecond * 1.02)
})

function play(fleet: Fleet, ms: number): void {
  for (const endMs = fleet.nowMs + ms; fleet.nowMs < endMs; ) fleet.step()
}

const isRelaying = ({ node }: FleetNode) => node.isRelaying
const up = (fleet: Fleet) => fleet.nodes.filter(({ isUp }) => isUp)

test('from 16 nodes on they relay, and below 12 they tell one another directly again', () => {
  const fleet = new Fleet({ seed: 1 })
  fleet.startAll(15)
  play(fleet, 2_000)
  expect(fleet.nodes.some(isRelaying)).toBe(false)
  fleet.start()
  play(fleet, 5_000)
  expect(fleet.nodes.every(isRelaying)).toBe(true)
  for (const node of fleet.nodes.slice(0, 4)) fleet.leave(node)
  play(fleet, 10_000)
  expect(up(fleet).every(isRelaying)).toBe(true)
  fleet.leave(fleet.nodes[4] as FleetNode)
  play(fleet, 10_000)
  expect(up(fleet).some(isRelaying)).toBe(false)
  expect(up(fleet).map(({ node }) => [node.members.count, node.members.heardPart])).toEqual(Array(11).fill([11, 1]))
})

test('a node that starts where thirteen relay relays too', () => {
  const fleet = new Fleet({ seed: 1 })
  fleet.startAll(16)
  play(fleet, 2_000)
  for (const node of fleet.nodes.slice(13)) fleet.leave(node)
  play(fleet, 10_000)
  const last = fleet.nodes[12] as FleetNode
  fleet.kill(last)
  play(fleet, 1_000)
  fleet.start(last.name)
  play(fleet, 5_000)
  expect(up(fleet).map(({ node }) => [node.isRelaying, node.members.count])).toEqual(Array(13).fill([true, 13]))
})

test('what a node told before its goodbye does not bring it back', () => {
  const fleet = new Fleet({ seed: 1 })
  fleet.startAll(20)
  play(fleet, 2_000)
  const leaver = fleet.nodes[0] as FleetNode
  const late = leaver.node.messages(fleet.nowMs + 1_000)
  fleet.leave(leaver)
  play(fleet, 1_000)
  for (const { to, frame } of late) fleet.nodes.find(({ name }) => name === to)?.node.takeMessage(frame, fleet.nowMs)
  expect(late.length).toBeGreaterThan(0)
  expect(up(fleet).every(({ node }) => node.members.count === 19)).toBe(true)
})
