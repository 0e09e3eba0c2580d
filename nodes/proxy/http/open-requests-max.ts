// What the operating system lets this process do. Reading it may fail when descriptors have run out, which must not end the
// process that they ran out in.
import { readFileSync } from 'node:fs'

/** Descriptors that are not connections of requests: files, the log, idle upstream connections, the listeners. */
const descriptorsReserved = 512

/** Open requests that descriptors suffice for: each takes one to the caller and one to the upstream. Beyond it requests
 *  are shed, because a process without descriptors can neither accept nor connect nor write its spool. */
export function openRequestsMax(): number {
  const soft = softDescriptorLimit()
  return soft === undefined ? Number.POSITIVE_INFINITY : Math.max(16, Math.floor((soft - descriptorsReserved) / 2))
}

/** Undefined where the system does not tell: Node has no call for it. */
function softDescriptorLimit(): number | undefined {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return soft === undefined ? undefined : Number(soft)
  } catch {
    return undefined
  }
}
