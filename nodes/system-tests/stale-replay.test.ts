// A line that heals empties its buffers: what nodes say again and again arrives twice, out of order, or long after. Whatever
// is listened to, old words among the new change nothing. Each pair of worlds hears the same news; one hears old words too.
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeJson, subjects } from '../../cluster/bus/bus.ts'
import { LocalBus } from '../../cluster/bus/local-bus.ts'
import { decodeHeartbeat } from '../../cluster/membership/decode-heartbeat.ts'
import { PublishedWatch } from '../../cluster/membership/published-watch.ts'
import { RevisionsHeard } from '../../cluster/membership/revisions-heard.ts'
import { ReplicaPeers } from '../../cluster/telemetry-stream/replica-peers.ts'
import { ManualClock } from '../../shared/clock.ts'
import { Fleet } from '../../shared/telemetry/fleet.ts'
import { decodePartial, encodePartial } from '../aggregator/publishing/partial.ts'
import { PartialBook } from '../aggregator/publishing/partial-book.ts'
import { NodesView } from '../control/nodes-view.ts'
import { followWeights } from '../proxy/routing/fleet-weights.ts'
import { LatencyEstimates } from '../proxy/routing/latency-estimates.ts'

const nodes = ['one', 'two']
const target = { model: 'fast', provider: 'up', target: 'm' }
const known = { firstCount: 5, tokenUs: 0, tokenCount: 0 }

/** Everything that is said in one second, all of it different from the second before; `boot` is the speaker's. */
function said(second: number, boot: number): [subject: string, payload: Uint8Array][] {
  const epoch = 1 + boot
  const beat = { boot: `boot-${boot}`, count: second }
  const published = { publisher: 'one', epoch, revision: second, atMs: second }
  const weight = { ...target, ...known, firstUs: 1_000 * second, multiplier: 1, factors: {} }
  const kept = { partition: 3, epoch, isCaughtUp: true, lagMs: second, completeSinceMs: 0, sequence: second }
  const partial = {
    partition: 3,
    epoch,
    count: second,
    series: { all: { 60000: [second, second] as [number, number] } },
    targets: [{ ...target, ...known, firstUs: second, counts: {} }],
  }
  const load = { ...target, weight: 1, inFlight: second, health: 'healthy' }
  return [
    ...nodes.map((node): [string, Uint8Array] => {
      const heartbeat = { node, role: 'proxy', revision: second, hash: `h${second}`, queues: {}, targets: [load], beat }
      return [subjects.heartbeat, encodeJson(heartbeat)]
    }),
    [subjects.configApplied, encodeJson({ node: 'one', revision: second, hash: `h${second}` })],
    [subjects.weights, encodeJson({ ...published, targets: [weight] })],
    [subjects.sloState, encodeJson({ ...published, silentPartitions: [], objectives: [], events: [] })],
    [subjects.keeping, encodeJson({ node: 'one', ...beat, partitions: [kept] })],
    [subjects.sloPartial, encodePartial(partial)],
  ]
}

function world(clock: ManualClock) {
  const bus = new LocalBus()
  const view = new NodesView(clock, bus)
  const revisions = new RevisionsHeard(bus, clock)
  const published = new PublishedWatch(bus, clock)
  const keepers = new ReplicaPeers(bus, clock)
  const fleet = new Fleet(clock)
  const book = new PartialBook(clock)
  const paces = new LatencyEstimates()
  const pace = paces.of(target)
  followWeights(bus, paces, clock)
  bus.subscribe(subjects.heartbeat, (payload) => fleet.hear(decodeHeartbeat(payload)!))
  bus.subscribe(subjects.sloPartial, (payload) => book.hear(decodePartial(payload)!))
  return {
    bus,
    shows: () => ({
      nodes: view.list(),
      newest: revisions.newest(),
      published: [published.state, published.weights],
      keepers: keepers.all(),
      fleet: [fleet.heartbeats(), fleet.targets()],
      partials: [book.sum('all', 60_000), [...book.targets()], book.silent()],
      pace: pace.estimateUs('first', clock.monotonicMs()),
    }),
  }
}

/** Seconds that are heard, each with older ones that come again behind it. A speaker starts anew every fifth. */
const history = fc.array(fc.record({ isLost: fc.boolean(), again: fc.array(fc.nat(30), { maxLength: 4 }) }), {
  minLength: 2,
  maxLength: 20,
})
const bootOf = (second: number) => Math.floor(second / 5)
/** Whether a message is delivered. The first one of a boot always is: nobody can know that an unheard boot is over. */
const isHeard = (second: number, isLost: boolean) => !isLost || second % 5 === 0

test('replayed, doubled and reordered, old words change nothing that anybody shows', async () => {
  await fc.assert(
    fc.asyncProperty(history, async (seconds) => {
      const clock = new ManualClock()
      const [clean, disturbed] = [world(clock), world(clock)]
      for (const [second, { isLost, again }] of seconds.entries()) {
        clock.advance(1_000)
        if (isHeard(second, isLost)) {
          for (const [subject, payload] of said(second, bootOf(second))) {
            for (const { bus } of [clean, disturbed]) bus.publish(subject, payload)
          }
        }
        await turn()
        const latest = lastHeard(seconds, second)
        for (const old of again.map((one) => one % (latest + 1))) {
          for (const [subject, payload] of said(old, bootOf(old))) disturbed.bus.publish(subject, payload)
        }
        await turn()
        expect(disturbed.shows()).toEqual(clean.shows())
      }
      for (const { bus } of [clean, disturbed]) bus.close()
    }),
    { numRuns: 60 },
  )
})

function lastHeard(seconds: readonly { isLost: boolean }[], until: number): number {
  for (let second = until; second > 0; second--) if (isHeard(second, seconds[second]!.isLost)) return second
  return 0
}

test('silence is not made up for by old words: a node that is gone stays gone', async () => {
  const clock = new ManualClock()
  const { bus, shows } = world(clock)
  for (const [subject, payload] of said(7, 1)) bus.publish(subject, payload)
  await turn()
  clock.advance(20_000)
  for (const [subject, payload] of said(6, 1)) bus.publish(subject, payload)
  await turn()
  expect(shows().nodes.map(({ ageMs }) => ageMs)).toEqual([20_000, 20_000])
  expect([shows().newest, shows().fleet[0]]).toEqual([0, []])
  bus.close()
})
