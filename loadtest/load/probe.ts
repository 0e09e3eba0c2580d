import { createHash } from 'node:crypto'
import type { ProbeJob, ProbeResult } from './jobs.ts'
import { Lane } from './lane.ts'
import { renderRequest } from './request.ts'

/** One exchange, its body hashed. A broken one has the status 0. */
export async function runProbe(job: ProbeJob): Promise<ProbeResult> {
  const hash = createHash('sha256')
  let text = ''
  const { promise, resolve } = Promise.withResolvers<number>()
  const target = { port: job.target.port, request: renderRequest(job.target) }
  const lane = new Lane(target, (ended, end) => resolve(end === 'broken' ? 0 : ended.status))
  lane.onBody = (data) => {
    hash.update(data)
    if (text.length < 2_000) text += data.toString()
  }
  await lane.open()
  lane.send()
  const status = await promise
  lane.close()
  return {
    status,
    sha256: hash.digest('hex'),
    bodyBytes: lane.bodyBytes,
    frames: lane.frames,
    text: text.slice(0, 2_000),
  }
}
