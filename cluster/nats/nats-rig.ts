// One nats-server, or a cluster of three, with JetStream in a temporary folder, for tests. `dispose` ends the servers
// and removes the folder.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePorts } from '../../shared/free-ports.ts'
import { type NatsPorts, NatsServerProcess } from './nats-server-process.ts'

export { findNatsServer, type NatsServerProcess } from './nats-server-process.ts'

export interface NatsRigOptions {
  /** The number of servers; default 1. */
  servers?: 1 | 3
  /** The folder of the stores, for example on a small or a synced file system. Default: the temporary folder. */
  storeRoot?: string
  /** Lines for the configuration of every server, e.g. `max_payload: 64KB`. */
  config?: string
  maxFileStoreBytes?: number
}

export interface NatsRig {
  readonly servers: readonly NatsServerProcess[]
  /** The first server. */
  readonly server: NatsServerProcess
  /** The URLs of all servers, in the form of `HEADGATE_NATS_URL`. */
  readonly url: string
  readonly folder: string
  /** Starts the servers that do not run. */
  start(): Promise<void>
  kill(): Promise<void>
  /** Returns the server that leads `stream`; throws when there is no leader within 30 s. */
  leaderOf(stream: string): Promise<NatsServerProcess>
  dispose(): Promise<void>
}

/** Resolves once JetStream answers on every server. */
export async function startNatsRig(options: NatsRigOptions = {}): Promise<NatsRig> {
  // A free port may be taken by another process before it is used.
  for (let tries = 1; ; tries++) {
    const rig = await prepareRig(options)
    try {
      await rig.start()
      return rig
    } catch (error) {
      await rig.dispose()
      const wasTaken = rig.servers.some(({ log }) => log.includes('address already in use'))
      if (!wasTaken || tries === triesMax) throw error
    }
  }
}

const triesMax = 5
const leaderMsMax = 30_000

async function prepareRig({ servers: size = 1, storeRoot, ...rest }: NatsRigOptions): Promise<NatsRig> {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-nats-'))
  const free = await freePorts(size * 3, Math.random)
  const ports = Array.from({ length: size }, (_one, index) => portsOf(free.slice(index * 3)))
  const servers = ports.map((own, index) => {
    const name = `n${index + 1}`
    const storeFolder = join(storeRoot ?? folder, `store-${name}`)
    mkdirSync(storeFolder, { recursive: true })
    const cluster = size === 1 ? {} : { routePorts: ports.map(({ route }) => route) }
    return new NatsServerProcess({ name, folder, storeFolder, ports: own, ...cluster, ...rest })
  })
  const [server] = servers as [NatsServerProcess]
  const kill = async () => void (await Promise.all(servers.map((one) => one.kill())))
  return {
    servers,
    server,
    folder,
    kill,
    url: servers.map(({ url }) => url).join(','),
    leaderOf: (stream) => leaderOf(servers, stream),
    start: async () => {
      const down = servers.filter((one) => !one.isRunning)
      for (const one of down) one.launch()
      await Promise.all(down.map((one) => one.ready()))
    },
    dispose: async () => {
      await kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function leaderOf(servers: readonly NatsServerProcess[], stream: string): Promise<NatsServerProcess> {
  const untilMs = performance.now() + leaderMsMax
  for (;;) {
    for (const server of servers.filter(({ isRunning }) => isRunning)) {
      const leader = leaderIn(await server.monitor('jsz?streams=1'), stream)
      const found = servers.find(({ name, isRunning }) => name === leader && isRunning)
      if (found !== undefined) return found
    }
    if (performance.now() > untilMs) throw new Error(`nobody leads the stream ${stream}`)
    await sleep(50)
  }
}

function leaderIn(page: Record<string, unknown> | undefined, stream: string): string | undefined {
  const accounts = (page?.['account_details'] ?? []) as { stream_detail?: StreamDetail[] }[]
  const details = accounts.flatMap(({ stream_detail }) => stream_detail ?? [])
  return details.find(({ name }) => name === stream)?.cluster?.leader
}

interface StreamDetail {
  name: string
  cluster?: { leader?: string }
}

function portsOf([client = 0, monitor = 0, route = 0]: number[]): NatsPorts {
  return { client, monitor, route }
}
