// How many requests may be open at a time: what the operating system's limit of file descriptors allows. Reading the limit
// can fail when descriptors have run out, and that must not end the process.
import { readFileSync } from 'node:fs'

/** Descriptors reserved for files, the log, idle upstream connections and the listeners. */
const descriptorsReserved = 512

/** Number of open requests that the descriptors suffice for; each takes one to the caller and one to the upstream. Further
 *  requests are shed, because a process without descriptors can neither accept nor connect nor write its spool. */
export function openRequestsMax(): number {
  const soft = softDescriptorLimit()
  return soft === undefined ? Number.POSITIVE_INFINITY : Math.max(16, Math.floor((soft - descriptorsReserved) / 2))
}

/** Number of open requests of one key where no setting says it: a quarter of all, as of the memory for bodies. */
export function keyOpenMaxOf(openMax: number): number {
  return Math.min(keyOpenMax, Math.ceil(openMax / 4))
}

const keyOpenMax = 4_096

/** The soft limit of descriptors, which Node has no call for. Undefined where the system has no such file. */
function softDescriptorLimit(): number | undefined {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return soft === undefined ? undefined : Number(soft)
  } catch {
    return undefined
  }
}
