// The generator's process: takes jobs over the channel to its parent, one at a time, and answers each.
import { runClosedLoop } from './closed-loop.ts'
import { IdleStreams } from './idle-streams.ts'
import type { Job } from './jobs.ts'
import { runOpenLoop } from './open-loop.ts'
import { runProbe } from './probe.ts'

const idleStreams = new IdleStreams()

process.on('message', (job: Job) => {
  run(job).then(
    (result) => process.send?.({ result }),
    (error: Error) => process.send?.({ error: error.message }),
  )
})
process.on('disconnect', () => process.exit(0))

function run(job: Job): Promise<unknown> {
  switch (job.kind) {
    case 'closed':
    case 'streams':
      return runClosedLoop(job)
    case 'open':
      return runOpenLoop(job)
    case 'probe':
      return runProbe(job)
    case 'open-idle':
      return idleStreams.open(job)
    case 'finish-idle':
      return idleStreams.finish(job)
  }
}
