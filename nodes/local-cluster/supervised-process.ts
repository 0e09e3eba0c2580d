// Keeps a process running: when it ends, it is started again, at once the first time and after growing pauses when it ends
// again and again. Chance spreads them, so that those that fell together do not come back in step.
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import type { Chance, Clock } from '../../shared/clock.ts'

export interface ProcessSpec {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The file that the child's output is appended to. */
  readonly logFile: string
}

export interface Supervision {
  readonly clock: Clock
  readonly chance: Chance
  /** A line for whoever watches. */
  say(text: string): void
}

const pauseMsMin = 100
const pauseMsMax = 5_000
/** A process that held this long was well: the next pause is short again. */
const wellAfterMs = 10_000

export class SupervisedProcess {
  readonly #spec: ProcessSpec
  readonly #supervision: Supervision
  #child: ChildProcess | undefined
  #stopping = false
  #failures = 0

  constructor(spec: ProcessSpec, supervision: Supervision) {
    this.#spec = spec
    this.#supervision = supervision
  }

  get name(): string {
    return this.#spec.name
  }

  start(): void {
    const { command, args, environment, logFile } = this.#spec
    const log = openSync(logFile, 'a', 0o600)
    const [first = command, ...rest] = [...endsWithParent(), command, ...args]
    const child = spawn(first, rest, { stdio: ['ignore', log, log], env: environment })
    closeSync(log)
    this.#child = child
    const startedMs = this.#supervision.clock.monotonicMs()
    child.once('error', (error) => this.#supervision.say(`${this.name} cannot be started: ${error.message}`))
    child.once('close', (code, signal) => this.#onEnd(startedMs, signal ?? `exit code ${code}`))
  }

  /** Resolves when it has ended. A signal that it had from elsewhere is not sent again. */
  async stop(signal: NodeJS.Signals | undefined): Promise<void> {
    this.#stopping = true
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
    if (signal !== undefined) child.kill(signal)
    await ended
  }

  #onEnd(startedMs: number, how: string): void {
    if (this.#stopping) return
    const { clock, chance, say } = this.#supervision
    if (clock.monotonicMs() - startedMs > wellAfterMs) this.#failures = 0
    const pauseMs = Math.min(pauseMsMax, pauseMsMin * 2 ** this.#failures++) * (0.5 + chance() / 2)
    say(`${this.name} ended (${how}); it is started again in ${Math.round(pauseMs)} ms${this.#lastWords()}`)
    clock.after(pauseMs, () => {
      if (!this.#stopping) this.start()
    })
  }

  /** The last line of a child that has ended more than once: it may be the reason. */
  #lastWords(): string {
    if (this.#failures < 2 || !existsSync(this.#spec.logFile)) return ''
    const line = readFileSync(this.#spec.logFile, 'utf8').trimEnd().split('\n').at(-1)
    return line ? `: ${line}` : ''
  }
}

/** The `setpriv` prefix, where it is installed, ends a child whose supervisor was killed. */
function endsWithParent(): string[] {
  return existsSync('/usr/bin/setpriv') ? ['/usr/bin/setpriv', '--pdeathsig', 'TERM'] : []
}
