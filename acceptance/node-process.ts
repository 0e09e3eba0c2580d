// One process of Headgate, started as an operator starts it: the command, its environment, what it prints, signals. It has
// a process group of its own, so that nothing it started outlives it.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { atExit } from '../shared/at-exit.ts'

export interface NodeProcess {
  readonly pid: number
  readonly exitCode: number | null
  /** Killed, or ended by itself. */
  readonly isOver: boolean
  readonly ended: Promise<void>
  /** All that it has written to its terminal. */
  output(): string
  /** Sends a signal to the whole process group, and does not wait. */
  signal(signal: NodeJS.Signals): void
  /** Resolves when it has ended, also when it had before. */
  kill(signal?: NodeJS.Signals): Promise<void>
}

export interface NodeProcessOptions {
  /** Arguments of the `headgate` command. Default: `start`. */
  words?: readonly string[]
  environment: Readonly<Record<string, string>>
  /** File descriptors that it may have, set with `prlimit`. */
  descriptors?: number | undefined
  /** The file of a control group that it joins before anything else. */
  groupFile?: string | undefined
}

export const checkout = fileURLToPath(new URL('..', import.meta.url))

export function startNodeProcess(options: NodeProcessOptions): NodeProcess {
  const child = spawnNode(options)
  const printed: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (bytes) => printed.push(String(bytes)))
  const forget = atExit(() => signalGroup(child, 'SIGKILL'))
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      // The id of the group is free once the rest of it is gone, and may then become that of another one.
      signalGroup(child, 'SIGKILL')
      forget()
      resolve()
    })
  })
  const isOver = () => child.exitCode !== null || child.signalCode !== null
  const signal = (name: NodeJS.Signals) => {
    if (!isOver()) signalGroup(child, name)
  }
  const kill = async (name: NodeJS.Signals = 'SIGKILL') => {
    signal(name)
    await ended
  }
  return {
    pid: child.pid ?? 0,
    ended,
    signal,
    kill,
    get exitCode() {
      return child.exitCode
    },
    get isOver() {
      return isOver()
    },
    output: () => printed.join(''),
  }
}

function spawnNode({ words = ['start'], environment, descriptors, groupFile }: NodeProcessOptions): ChildProcess {
  const script = ['--disable-warning=ExperimentalWarning', '--import', './scripts/strip-types.mjs', 'nodes/headgate.ts']
  const whole = [...script, ...words]
  const limits = descriptors === undefined ? [] : ['prlimit', `--nofile=${descriptors}:${descriptors}`]
  const joins = groupFile === undefined ? [] : ['sh', '-c', 'echo $$ > "$0" && exec "$@"', groupFile]
  const [command = process.execPath, ...given] = [...endsWithParent(), ...joins, ...limits, process.execPath, ...whole]
  return spawn(command, given, {
    cwd: checkout,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', ...environment },
  })
}

// A test run that is killed must not leave nodes behind. Where the tool is missing, the exit handler has to do.
function endsWithParent(): string[] {
  return existsSync('/usr/bin/setpriv') ? ['/usr/bin/setpriv', '--pdeathsig', 'KILL'] : []
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-(child.pid ?? 0), signal)
  } catch {
    // It has ended by itself.
  }
}
