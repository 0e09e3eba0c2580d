// Three NATS servers on this machine that replicate their streams among them.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ProcessSpec } from './supervised-process.ts'

export interface NatsServers {
  readonly specs: readonly ProcessSpec[]
  /** The servers in the form of `HEADGATE_NATS_URL`. */
  readonly urls: readonly string[]
  readonly ports: readonly number[]
  readonly pidFiles: readonly string[]
}

const count = 3
export const natsPortsWanted = count * 2

/** The processes of the servers; `ports` are those for clients, then those between the servers. */
export function natsServers(binary: string, folder: string, ports: readonly number[]): NatsServers {
  const [clientPorts, routePorts] = [ports.slice(0, count), ports.slice(count)]
  const routes = routePorts.map((port) => `nats-route://127.0.0.1:${port}`).join(', ')
  const servers = clientPorts.map((port, index) => {
    const name = `nats-${index + 1}`
    const home = join(folder, name)
    mkdirSync(home, { recursive: true, mode: 0o700 })
    const pidFile = join(home, 'pid')
    const config = join(home, 'nats-server.conf')
    const lines = [
      `server_name: ${name}`,
      `listen: "127.0.0.1:${port}"`,
      `pid_file: "${pidFile}"`,
      `jetstream { store_dir: "${join(home, 'store')}" }`,
      `cluster { name: headgate, listen: "127.0.0.1:${routePorts[index]}", routes: [${routes}] }`,
    ]
    writeFileSync(config, `${lines.join('\n')}\n`)
    const spec = { name, command: binary, args: ['-c', config], environment: process.env, logFile: join(home, 'log') }
    return { spec, pidFile, url: `nats://127.0.0.1:${port}` }
  })
  return {
    specs: servers.map(({ spec }) => spec),
    urls: servers.map(({ url }) => url),
    ports: clientPorts,
    pidFiles: servers.map(({ pidFile }) => pidFile),
  }
}

/** The path of the `nats-server` program; undefined when none is found. */
export function findNatsServer(path = process.env['PATH'] ?? ''): string | undefined {
  const folders = [...path.split(':'), '/usr/sbin', '/usr/local/bin', '/opt/homebrew/bin']
  return folders.map((folder) => join(folder, 'nats-server')).find((file) => existsSync(file))
}

export const howToInstall = [
  'nats-server is not installed, and a cluster meets there.',
  '  Debian, Ubuntu   sudo apt-get install nats-server',
  '  macOS            brew install nats-server',
  '  elsewhere        https://github.com/nats-io/nats-server/releases',
  'Without it, `npm start` runs everything in one process.',
].join('\n')
