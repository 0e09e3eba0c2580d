// A process that does jobs, as a child of this one. It is a process and not a thread because V8 ends the whole process when one of its
// threads runs out of memory in the middle of a native function such as JSON.parse. The child gets no environment, so no secret
// either, and a lower priority than what answers requests.
import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { freeBytes } from '../../../shared/free-bytes.ts'
import { type Frame, FrameReader, frameStart } from './frames.ts'
import type { JobOutcome } from './job.ts'
import type { AnsweredReply, JobProcess, JobProcessEvents, WaitingJob } from './job-desk.ts'
import type { JobQuestion, JobReply } from './serve-jobs.ts'

export interface SpawnOptions {
  readonly script: URL
  /** The heap of the process, in MiB. */
  readonly heapMbMax: number
}

/** The descriptor over which the child is spoken to. */
export const jobDescriptor = 3

export function spawnJobProcess({ script, heapMbMax }: SpawnOptions, events: JobProcessEvents): JobProcess {
  const flags = [...loaderFlags(process.execArgv), `--max-old-space-size=${heapMbMax}`]
  const child = spawn(process.execPath, [...flags, fileURLToPath(script)], {
    env: {},
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    windowsHide: true,
  })
  return new SpawnedProcess(child, events)
}

/** The flags by which this process loads its sources. Limits of memory and debuggers are not passed on. */
export function loaderFlags(execArgv: readonly string[]): string[] {
  const flags: string[] = []
  for (const [place, flag] of execArgv.entries()) {
    if (/^--(import|loader|require|conditions|disable-warning|experimental-strip-types)(=|$)/.test(flag))
      flags.push(flag)
    const [before] = execArgv.slice(place - 1, place)
    if (before !== undefined && /^--(import|loader|require|conditions)$/.test(before)) flags.push(flag)
  }
  return flags
}

class SpawnedProcess implements JobProcess {
  readonly #child: ChildProcess
  /** Undefined where the system has no descriptor left. */
  readonly #pipe: Socket | undefined
  readonly #events: JobProcessEvents
  #isReady = false
  #isOver = false

  constructor(child: ChildProcess, events: JobProcessEvents) {
    this.#child = child
    this.#events = events
    this.#pipe = (child.stdio as ChildProcess['stdio'] | undefined)?.[jobDescriptor] as Socket | undefined
    const reader = new FrameReader((frame) => this.#onFrame(frame))
    this.#pipe?.on('data', (bytes: Buffer) => {
      reader.push(bytes)
      freeBytes(bytes)
    })
    // What is wrong with the pipe is told by the end of the child.
    this.#pipe?.on('error', () => {})
    child.once('error', (error) => this.#end(error.message))
    child.once('exit', (code, signal) => this.#end(signal === null ? `exit code ${code}` : `signal ${signal}`))
    this.#rest()
  }

  send(question: JobQuestion, bodies: WaitingJob['bodies'], onSent: () => void): void {
    this.#child.ref()
    this.#pipe?.ref()
    const pieces = [frameStart(question, bodies), ...bodies.flat()].filter(({ length }) => length > 0)
    for (const [place, piece] of pieces.entries())
      this.#pipe?.write(piece, place === pieces.length - 1 ? onSent : undefined)
  }

  close(): void {
    this.#isOver = true
    this.#pipe?.end()
  }

  kill(): void {
    this.#isOver = true
    this.#child.kill('SIGKILL')
  }

  #onFrame({ head, bodies }: Frame): void {
    const reply = head as JobReply
    if (reply.type === 'ready') this.#isReady = true
    else {
      const inPieces = bodies.map((body) => [body])
      this.#answer(reply, inPieces)
    }
  }

  #answer(reply: AnsweredReply, bodies: JobOutcome<unknown>['bodies']): void {
    this.#rest()
    if (!this.#isOver) this.#events.onReply(reply, bodies)
  }

  #end(why: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#events.onEnd(why, this.#isReady)
  }

  /** A process without a job keeps no other one running. */
  #rest(): void {
    this.#child.unref()
    this.#pipe?.unref()
  }
}
