// The process that does jobs on large bodies. It has no environment and no secret, and ends with whoever began it. Where memory is
// short, the system shall end it before any other.
import { writeFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { setPriority } from 'node:os'
import { serveJobs } from '../large/serve-jobs.ts'
import { jobDescriptor } from '../large/spawn-job-process.ts'
import { jobs } from './job-table.ts'

/** What answers requests goes first. */
const niceness = 5

attempt(() => setPriority(niceness))
attempt(() => writeFileSync('/proc/self/oom_score_adj', '1000'))
const stream = new Socket({ fd: jobDescriptor })
stream.on('close', () => process.exit(0))
stream.on('end', () => process.exit(0))
stream.on('error', () => process.exit(1))
serveJobs(stream, jobs)

/** Does what not every system allows. */
function attempt(step: () => void): void {
  try {
    step()
  } catch {
    // The process works without it.
  }
}
