// What a group of processes uses, read from /proc (Linux). Subjects run in process groups of their own, so that
// everything they start is counted and nothing else is.
import { readdirSync, readFileSync } from 'node:fs'

export interface GroupReading {
  /** User and system time of all threads, dead ones and reaped children included. In ticks of 10 ms. */
  cpuMs: number
  /** Proportional set size: pages shared between the processes count once. Zero where the kernel does not say. */
  pssKb: number
  /** Resident set size: what the group would use if no other process shared a page with it, when it is one process. */
  residentKb: number
  descriptors: number
  processes: number
}

/** Time per clock tick (USER_HZ is 100 on every Linux that Node runs on). */
const tickMs = 10

/** Launchers wait and cost nothing, and belong to how a thing was started, not to the thing. */
const launchers = /^(npm|sh|bash)\b/

export function readGroup(group: number): GroupReading {
  const members = processIds().filter((pid) => statOf(pid)?.group === group)
  const reading = { cpuMs: cpuMsOfGroup(group), pssKb: 0, residentKb: 0, descriptors: 0, processes: 0 }
  for (const pid of members) {
    if (launchers.test(commandOf(pid))) continue
    const memory = memoryOf(pid)
    reading.pssKb += memory.pssKb
    reading.residentKb += memory.residentKb
    reading.descriptors += descriptorsOf(pid)
    reading.processes++
  }
  return reading
}

export function cpuMsOfGroup(group: number): number {
  let ticks = 0
  for (const pid of processIds()) {
    const stat = statOf(pid)
    if (stat?.group === group) ticks += stat.ticks
  }
  return ticks * tickMs
}

export function cpuMsOfProcess(pid: number): number {
  return (statOf(pid)?.ticks ?? 0) * tickMs
}

interface Stat {
  group: number
  ticks: number
}

/** Fields of /proc/PID/stat by their numbers in proc(5); the name in parentheses may itself hold spaces. */
export function parseStat(text: string): Stat {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const field = (number: number) => Number(fields[number - 3])
  return { group: field(5), ticks: field(14) + field(15) + field(16) + field(17) }
}

function statOf(pid: number): Stat | undefined {
  const text = readIfThere(`/proc/${pid}/stat`)
  return text === undefined ? undefined : parseStat(text)
}

function memoryOf(pid: number): Pick<GroupReading, 'pssKb' | 'residentKb'> {
  const text = readIfThere(`/proc/${pid}/smaps_rollup`) ?? ''
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0)
  return { pssKb: field('Pss'), residentKb: field('Rss') }
}

function descriptorsOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length
  } catch {
    return 0
  }
}

function commandOf(pid: number): string {
  return (readIfThere(`/proc/${pid}/cmdline`) ?? '').replaceAll('\0', ' ')
}

function processIds(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

/** Processes end between being listed and being read. */
function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return undefined
  }
}
