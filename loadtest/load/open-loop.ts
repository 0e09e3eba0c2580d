// Requests at times fixed beforehand, whether or not earlier ones are answered, with latency from the intended time: the
// only way in which a pause of the server shows in its own percentiles (coordinated omission).
import { seededChance } from '../measure/chance.ts'
import { arrivalTimesMs } from './arrivals.ts'
import type { LoadResult, OpenLoopJob } from './jobs.ts'
import { Lane } from './lane.ts'
import { renderRequest } from './request.ts'
import { Tally } from './tally.ts'

const lateMs = 1
// Timers are a millisecond coarse. Nearer than this to the next arrival the loop polls instead.
const pollMs = 1.5

export async function runOpenLoop(job: OpenLoopJob): Promise<LoadResult> {
  const target = { port: job.target.port, request: renderRequest(job.target) }
  const tally = new Tally((lane) => (lane.status === job.expectedStatus ? 'yes' : 'status'))
  const count = Math.max(1, Math.round(job.ratePerSecond * job.seconds))
  const times = arrivalTimesMs({ ...job, count, chance: seededChance(job.seed) })
  const idle: Lane[] = []
  const waiting: number[] = []
  const all = Promise.withResolvers<void>()
  let ended = 0

  const sendOn = (lane: Lane, intendedMs: number) => {
    lane.intendedMs = intendedMs
    if (performance.now() - intendedMs > lateMs) tally.addLate()
    lane.send()
  }
  const onEnd = (lane: Lane, end: 'answered' | 'broken') => {
    tally.add(lane, end, lane.intendedMs)
    const next = waiting.shift()
    if (next === undefined) idle.push(lane)
    else sendOn(lane, next)
    if (++ended === count) all.resolve()
  }
  const lanes = Array.from({ length: job.connections }, () => new Lane(target, onEnd))
  await Promise.all(lanes.map((lane) => lane.open()))
  idle.push(...lanes)

  const startMs = performance.now() + 10
  let next = 0
  const turn = () => {
    while (next < count && startMs + times[next]! <= performance.now()) {
      const intendedMs = startMs + times[next++]!
      const lane = idle.pop()
      if (lane === undefined) waiting.push(intendedMs)
      else sendOn(lane, intendedMs)
    }
    if (next === count) return
    const gapMs = startMs + times[next]! - performance.now()
    if (gapMs > pollMs) setTimeout(turn, gapMs - pollMs)
    else setImmediate(turn)
  }
  turn()
  await all.promise
  for (const lane of lanes) lane.close()
  return tally.result()
}
