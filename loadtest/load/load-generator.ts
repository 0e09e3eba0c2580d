// The parent's side of a load generator.
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
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
  const at = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))
  const shell = 'ulimit -n 65536 2>/dev/null; exec "$0" "$@"'
  const args = ['--import', at('../../scripts/strip-types.mjs'), at('./generator.ts')]
  const child = spawn('sh', ['-c', shell, process.execPath, ...args], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
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
