// Each connection sends a request when the previous one is answered. This measures cost per request and capacity. Latencies
// of a closed loop are meaningful with one connection only.
import type { ClosedLoopJob, LoadResult, StreamsJob } from './jobs.ts'
import { Lane } from './lane.ts'
import { renderRequest } from './request.ts'
import { Tally } from './tally.ts'

export async function runClosedLoop(job: ClosedLoopJob | StreamsJob): Promise<LoadResult> {
  const request = renderRequest(job.target)
  const tally = new Tally(acceptanceOf(job))
  const untilMs = performance.now() + (job.seconds ?? Infinity) * 1_000
  let left = job.count ?? Infinity
  const claim = () => performance.now() < untilMs && left-- > 0
  await Promise.all(
    Array.from({ length: job.connections }, () => runLane({ port: job.target.port, request }, claim, tally)),
  )
  return tally.result()
}

async function runLane(target: { port: number; request: Buffer }, claim: () => boolean, tally: Tally): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const lane = new Lane(target, (ended, end) => {
    tally.add(ended, end, ended.sentMs)
    if (claim()) ended.send()
    else resolve()
  })
  if (!claim()) return
  await lane.open()
  lane.send()
  await promise
  lane.close()
}

function acceptanceOf(job: ClosedLoopJob | StreamsJob): (lane: Lane) => 'yes' | 'status' | 'frames' {
  if (job.kind === 'closed') return (lane) => (lane.status === job.expectedStatus ? 'yes' : 'status')
  return (lane) => {
    if (lane.status !== 200) return 'status'
    return lane.doneSeen && lane.frames >= job.framesMin && lane.frames <= job.framesMax ? 'yes' : 'frames'
  }
}
