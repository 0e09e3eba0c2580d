import { createServer } from 'node:net'
import type { Chance } from './clock.ts'

// Below the ports that systems give to outgoing connections (from 32768 on Linux, from 49152 elsewhere): a port of that range can
// be taken by anybody's connection between the moment it is found and the moment a server listens on it.
const first = 12_000
const last = 32_000

/** Ports of 127.0.0.1 that were free a moment ago, all different. */
export async function freePorts(count: number, chance: Chance): Promise<number[]> {
  const found = new Set<number>()
  while (found.size < count) {
    const port = first + Math.floor(chance() * (last - first))
    if (!found.has(port) && (await isFree(port))) found.add(port)
  }
  return [...found]
}

export async function freePort(chance: Chance): Promise<number> {
  return (await freePorts(1, chance))[0]!
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
