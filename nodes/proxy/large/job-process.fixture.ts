// A process for tests, whose jobs do what real ones should not.
import { Socket } from 'node:net'
import type { Job } from './job.ts'
import { serveJobs } from './serve-jobs.ts'
import { jobDescriptor } from './spawn-job-process.ts'

export const facts: Job<undefined, { environment: string[]; pid: number; flags: string[] }> = {
  name: 'facts',
  run: () => ({
    told: { environment: Object.keys(process.env), pid: process.pid, flags: process.execArgv },
    bodies: [],
  }),
}
export const echo: Job<string, string> = { name: 'echo', run: (head, bodies) => ({ told: head, bodies }) }
export const parse: Job<undefined, number> = {
  name: 'parse',
  run: (_head, [body = Buffer.alloc(0)]) => ({ told: JSON.parse(body.toString()).length, bodies: [] }),
}
export const exit: Job<undefined, undefined> = { name: 'exit', run: () => process.exit(7) }
export const spin: Job<undefined, undefined> = {
  name: 'spin',
  run() {
    for (;;);
  },
}
export const overflow: Job<undefined, number> = {
  name: 'overflow',
  run() {
    const deep = (): number => deep() + 1
    return { told: deep(), bodies: [] }
  },
}
export const fault: Job<undefined, undefined> = {
  name: 'fault',
  run() {
    throw new Error('a fault of ours')
  },
}

// Tests import the jobs above, and the process runs them.
if (process.argv[1]?.endsWith('job-process.fixture.ts') === true)
  serveJobs(new Socket({ fd: jobDescriptor }), [facts, echo, parse, exit, spin, overflow, fault])
