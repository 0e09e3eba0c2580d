// The machine under the measurement: what it is, and whether it was left alone while we measured.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, release } from 'node:os'

export interface MachineReading {
  /** User, nice and system time of all cores, in milliseconds. */
  busyMs: number
  stealMs: number
  /** All cores together, idle time included. */
  totalMs: number
}

const tickMs = 10

export function readMachine(): MachineReading {
  return parseMachine(readFileSync('/proc/stat', 'latin1'))
}

/** The first line of /proc/stat: user nice system idle iowait irq softirq steal (proc(5)). */
export function parseMachine(text: string): MachineReading {
  const ticks = text.slice(0, text.indexOf('\n')).trim().split(/\s+/).slice(1, 9).map(Number)
  const [user = 0, nice = 0, system = 0, , , , , steal = 0] = ticks
  const total = ticks.reduce((sum, value) => sum + value, 0)
  return { busyMs: (user + nice + system) * tickMs, stealMs: steal * tickMs, totalMs: total * tickMs }
}

export interface MachineFacts {
  cpu: string
  cores: number
  kernel: string
  commit: string
  versions: Record<string, string>
}

export function machineFacts(root: string): MachineFacts {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    kernel: release(),
    commit: commitOf(root),
    versions: {
      node: process.version,
      nginx: firstLine('nginx', ['-v'])?.replace('nginx version: nginx/', '') ?? 'absent',
      wrk: firstLine('wrk', ['-v'])?.split(' ')[1] ?? 'absent',
      '@portkey-ai/gateway': packageVersion(root, '@portkey-ai/gateway'),
      headgate: packageVersion(root, undefined),
    },
  }
}

function commitOf(root: string): string {
  const line = firstLine('git', ['-C', root, 'describe', '--always', '--dirty'])
  return line === undefined || line.startsWith('fatal') ? 'unknown' : line
}

/** Programs disagree about where a version goes and what it exits with. */
function firstLine(command: string, args: string[]): string | undefined {
  try {
    return execFileSync('sh', ['-c', '"$0" "$@" 2>&1 || true', command, ...args])
      .toString()
      .split('\n')[0]
  } catch {
    return undefined
  }
}

function packageVersion(root: string, name: string | undefined): string {
  const folder = name === undefined ? root : `${root}/node_modules/${name}`
  try {
    return JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')).version
  } catch {
    return 'absent'
  }
}
