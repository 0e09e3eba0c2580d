// The parent's side of a load generator.
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { scriptArguments, withManyDescriptors } from '../child-arguments.ts'
import type {
  ClosedLoopJob,
  FinishIdleJob,
  IdleResult,
  Job,
  LoadResult,
  OpenIdleJob,
  OpenLoopJob,
  ProbeJob,
  ProbeResult,
  StreamsJob,
} from './jobs.ts'

export interface LoadGenerator {
  readonly pid: number
  run(job: ClosedLoopJob | OpenLoopJob | StreamsJob): Promise<LoadResult>
  probe(job: ProbeJob): Promise<ProbeResult>
  idle(job: OpenIdleJob | FinishIdleJob): Promise<IdleResult>
  stop(): void
}

export function startLoadGenerator(): LoadGenerator {
  const args = scriptArguments(new URL('./generator.ts', import.meta.url))
  const stdio: StdioOptions = ['ignore', 'inherit', 'inherit', 'ipc']
  const child = spawn('sh', ['-c', withManyDescriptors, process.execPath, ...args], { stdio })
  return {
    pid: child.pid ?? 0,
    run: (job) => ask<LoadResult>(child, job),
    probe: (job) => ask<ProbeResult>(child, job),
    idle: (job) => ask<IdleResult>(child, job),
    stop: () => void child.kill('SIGKILL'),
  }
}

function ask<Result>(child: ChildProcess, job: Job): Promise<Result> {
  return new Promise((resolve, reject) => {
    const onExit = () => reject(new Error('the load generator ended'))
    child.once('exit', onExit)
    child.once('message', (answer: { result?: Result; error?: string }) => {
      child.off('exit', onExit)
      if (answer.result === undefined) reject(new Error(answer.error ?? 'the load generator failed'))
      else resolve(answer.result)
    })
    child.send(job)
  })
}
