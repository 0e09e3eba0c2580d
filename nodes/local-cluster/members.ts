// Which nodes the cluster on this machine has, each with a folder and an ops port of its own. The proxies share the data
// port: the kernel spreads connections over whoever listens.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ProcessSpec } from './supervised-process.ts'

export interface Member {
  readonly spec: ProcessSpec
  readonly role: 'proxy' | 'aggregator' | 'control'
  readonly dataDir: string
  readonly ops: string
}

export interface MembersOptions {
  readonly folder: string
  readonly natsUrls: readonly string[]
  readonly masterKeyFile: string
  readonly opsPorts: readonly number[]
  readonly environment: Readonly<Record<string, string | undefined>>
  /** How this very process runs sources. */
  readonly nodeArgs: readonly string[]
}

const roles = ['control', 'aggregator', 'aggregator', 'proxy', 'proxy'] as const
export const opsPortsWanted = roles.length

export function membersOf(options: MembersOptions): Member[] {
  const { folder, natsUrls, masterKeyFile, opsPorts, environment, nodeArgs } = options
  return roles.map((role, index) => {
    const name = `${role}-${roles.slice(0, index + 1).filter((one) => one === role).length}`
    const dataDir = join(folder, name)
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    const opsPort = opsPorts[index]!
    return {
      role,
      dataDir,
      ops: `http://127.0.0.1:${opsPort}`,
      spec: {
        name,
        command: process.execPath,
        args: [...nodeArgs, 'start', '--role', role],
        logFile: join(dataDir, 'log'),
        environment: {
          HEADGATE_DRAIN: '10s',
          ...environment,
          HEADGATE_NATS_URL: natsUrls.join(','),
          HEADGATE_MASTER_KEY: '',
          HEADGATE_MASTER_KEY_FILE: masterKeyFile,
          HEADGATE_DATA_DIR: dataDir,
          HEADGATE_NODE_NAME: name,
          HEADGATE_OPS_PORT: `${opsPort}`,
          ...(role === 'control' ? { HEADGATE_DEMO: environment['HEADGATE_DEMO'] ?? 'on' } : {}),
        },
      },
    }
  })
}
