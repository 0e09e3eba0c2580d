// A gateway as its users have it: the command in a process of its own, on free ports, with an empty data folder. Whoever
// tests with it speaks HTTP to it and reads what it printed, nothing more.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../shared/free-ports.ts'
import { ask, isOk, type Told } from './http.ts'
import { startNodeProcess } from './node-process.ts'
import { until } from './until.ts'

export { ask, type Told } from './http.ts'
export { checkout } from './node-process.ts'

export interface GatewayOptions {
  /** Arguments of the `headgate` command. Default: `start`. */
  words?: readonly string[] | undefined
  /** File descriptors that the process may have, set with `prlimit`. */
  descriptors?: number
  /** The file of a control group that the process joins. */
  groupFile?: string | undefined
  /** `headgate.yaml`: as text, or as an object (JSON is YAML). */
  config?: string | object
  environment?: Record<string, string>
  /** Data folder of an earlier gateway; default: a new one, which `stop` removes. */
  dataDir?: string
  /** Resolve as soon as the process runs. */
  ready?: boolean
  scheme?: 'http' | 'https'
}

export interface Gateway {
  /** Origins of the data and the control port, without a trailing slash. */
  readonly base: string
  readonly control: string
  readonly port: number
  readonly controlPort: number
  readonly dataDir: string
  /** Id of the process and of its group. */
  readonly pid: number
  admin(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Told>
  issueKey(spec?: object): Promise<IssuedKey>
  /** All that the process has written to its terminal. */
  output(): string
  readonly exitCode: number | null
  /** Resolves when the process has ended. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Sends the signal and does not wait. */
  signal(signal: NodeJS.Signals): void
  readonly ended: Promise<void>
  /** Kills whatever is left of it, and removes the data folder. */
  stop(): Promise<void>
}

export interface IssuedKey {
  id: string
  secret: string
  revision: number
}

export const adminToken = 'acceptance-token-of-the-first-administrator'

const readyTimeoutMs = 60_000

export async function startGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const { config, scheme = 'http', dataDir = mkdtempSync(join(tmpdir(), 'headgate-acceptance-')) } = options
  const [port, controlPort] = [await freePort(Math.random), await freePort(Math.random)]
  const configFile = join(dataDir, 'acceptance.yaml')
  if (config !== undefined) writeFileSync(configFile, typeof config === 'string' ? config : JSON.stringify(config))
  const running = startNodeProcess({
    environment: {
      HEADGATE_HOST: '127.0.0.1',
      HEADGATE_PORT: `${port}`,
      HEADGATE_CONTROL_PORT: `${controlPort}`,
      HEADGATE_DATA_DIR: dataDir,
      HEADGATE_ADMIN_TOKEN: adminToken,
      ...(config === undefined ? {} : { HEADGATE_CONFIG: configFile }),
      ...options.environment,
    },
    descriptors: options.descriptors,
    groupFile: options.groupFile,
    ...(options.words === undefined ? {} : { words: options.words }),
  })
  const { pid, signal, kill, ended, output } = running
  const base = `${scheme}://127.0.0.1:${port}`
  const control = `${scheme}://127.0.0.1:${controlPort}`
  const admin: Gateway['admin'] = (method, path, body, headers) =>
    ask(`${control}/api/v1${path}`, method, body, { authorization: `Bearer ${adminToken}`, ...headers })
  const gateway: Gateway = {
    base,
    control,
    port,
    controlPort,
    dataDir,
    pid,
    admin,
    signal,
    kill,
    ended,
    output,
    get exitCode() {
      return running.exitCode
    },
    issueKey: (spec) => issueKey(admin, spec),
    async stop() {
      await running.kill()
      rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 })
    },
  }
  if (options.ready !== false && scheme === 'http') await waitUntilReady(gateway)
  return gateway
}

export async function issueKey(admin: Gateway['admin'], spec: object = {}): Promise<IssuedKey> {
  const told = await admin('POST', '/keys', { name: 'acceptance', ...spec })
  if (told.status !== 201) throw new Error(`POST /keys: ${told.status} ${told.text}`)
  return told.json as IssuedKey
}

async function waitUntilReady(gateway: Gateway): Promise<void> {
  try {
    await until(() => gateway.exitCode !== null || isOk(`${gateway.base}/readyz`), readyTimeoutMs)
    if (gateway.exitCode !== null) throw new Error(`it ended with ${gateway.exitCode}`)
  } catch (error) {
    await gateway.kill()
    throw new Error(`the gateway did not start: ${(error as Error).message}\n${gateway.output().slice(-4_000)}`)
  }
}
