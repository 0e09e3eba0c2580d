// Programs under measurement run in process groups of their own, so that all they start is measured with them and ends
// with them.
import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { atExit } from '../../shared/at-exit.ts'
import { withManyDescriptors } from '../child-arguments.ts'

export interface ChildGroupOptions {
  command: string
  args: string[]
  logFile: string
  environment?: Record<string, string>
  folder?: string
}

export interface ChildGroup {
  readonly group: number
  /** Resolves when `isReady` does with true. Throws with the end of the log when the program ended before. */
  waitUntil(isReady: () => Promise<boolean>): Promise<void>
  stop(): Promise<void>
}

const readyTimeoutMs = 60_000

export function startChildGroup(options: ChildGroupOptions): ChildGroup {
  const log = openSync(options.logFile, 'a')
  const child = spawn('sh', ['-c', withManyDescriptors, options.command, ...options.args], {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, ...options.environment, PATH: `${process.env['PATH']}:/usr/sbin` },
    ...(options.folder === undefined ? {} : { cwd: options.folder }),
  })
  closeSync(log)
  const group = child.pid ?? 0
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const kill = () => killGroup(group)
  const forget = atExit(kill)
  return {
    group,
    async waitUntil(isReady) {
      const untilMs = performance.now() + readyTimeoutMs
      while (!(await isReady())) {
        if (child.exitCode !== null || performance.now() > untilMs) {
          kill()
          throw new Error(failureOf(options))
        }
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    },
    async stop() {
      forget()
      kill()
      await ended
    },
  }
}

function failureOf(options: ChildGroupOptions): string {
  return `${options.command} did not become ready:\n${readFileSync(options.logFile, 'utf8').slice(-2_000)}`
}

function killGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

/** Whether something accepts connections on the port. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    const answer = (value: boolean) => {
      socket.destroy()
      resolve(value)
    }
    socket.once('connect', () => answer(true)).once('error', () => answer(false))
  })
}
