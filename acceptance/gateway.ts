// A gateway as its users have it: the command in a process of its own, on free ports, with an empty data folder. Whoever
// tests with it speaks HTTP to it and reads what it printed, nothing more.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../loadtest/peers/free-port.ts'
import { until } from './until.ts'

export interface GatewayOptions {
  /** File descriptors that the process may have, set with `prlimit`. */
  descriptors?: number
  /** `headgate.yaml`: as text, or as an object (JSON is YAML). */
  config?: string | object
  environment?: Record<string, string>
  /** Of an earlier gateway; default a new one, which `stop` removes. */
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

export interface Told {
  status: number
  headers: Headers
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests read into answers whose shape they assert
  json: any
}

export const adminToken = 'acceptance-token-of-the-first-administrator'
export const checkout = fileURLToPath(new URL('..', import.meta.url))

const readyTimeoutMs = 60_000

export async function startGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const { config, scheme = 'http', dataDir = mkdtempSync(join(tmpdir(), 'headgate-acceptance-')) } = options
  const [port, controlPort] = [await freePort(), await freePort()]
  const configFile = join(dataDir, 'acceptance.yaml')
  if (config !== undefined) writeFileSync(configFile, typeof config === 'string' ? config : JSON.stringify(config))
  const child = spawnGateway(
    {
      HEADGATE_HOST: '127.0.0.1',
      HEADGATE_PORT: `${port}`,
      HEADGATE_CONTROL_PORT: `${controlPort}`,
      HEADGATE_DATA_DIR: dataDir,
      HEADGATE_ADMIN_TOKEN: adminToken,
      ...(config === undefined ? {} : { HEADGATE_CONFIG: configFile }),
      ...options.environment,
    },
    options.descriptors,
  )
  const printed = collectOutput(child)
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const killGroup = (signal: NodeJS.Signals) => signalGroup(child, signal)
  const atExit = () => killGroup('SIGKILL')
  process.once('exit', atExit)
  const base = `${scheme}://127.0.0.1:${port}`
  const control = `${scheme}://127.0.0.1:${controlPort}`
  const admin: Gateway['admin'] = (method, path, body, headers) =>
    ask(`${control}/api/v1${path}`, method, body, { authorization: `Bearer ${adminToken}`, ...headers })
  const gateway: Gateway = {
    ...{ base, control, port, controlPort, dataDir, admin, ended },
    output: () => printed.join(''),
    get exitCode() {
      return child.exitCode
    },
    async issueKey(spec = {}) {
      const told = await admin('POST', '/keys', { name: 'acceptance', ...spec })
      if (told.status !== 201) throw new Error(`POST /keys: ${told.status} ${told.text}`)
      return told.json as IssuedKey
    },
    signal: killGroup,
    async kill(signal = 'SIGKILL') {
      killGroup(signal)
      await ended
    },
    async stop() {
      process.off('exit', atExit)
      killGroup('SIGKILL')
      await ended
      rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 })
    },
  }
  if (options.ready !== false && scheme === 'http') await waitUntilReady(gateway)
  return gateway
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

function spawnGateway(environment: Record<string, string>, descriptors?: number): ChildProcess {
  const script = ['--disable-warning=ExperimentalWarning', '--import', './scripts/strip-types.mjs', 'nodes/headgate.ts']
  const words = [...script, 'start']
  const limited = [`--nofile=${descriptors}:${descriptors}`, process.execPath, ...words]
  const [command, given] = descriptors === undefined ? [process.execPath, words] : ['prlimit', limited]
  return spawn(command, given, {
    cwd: checkout,
    // A process group of its own, so that nothing it started outlives it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', ...environment },
  })
}

function collectOutput(child: ChildProcess): string[] {
  const printed: string[] = []
  child.stdout?.on('data', (bytes) => printed.push(String(bytes)))
  child.stderr?.on('data', (bytes) => printed.push(String(bytes)))
  return printed
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-(child.pid ?? 0), signal)
  } catch {
    // It has ended by itself.
  }
}

async function isOk(url: string): Promise<boolean> {
  return fetch(url).then(
    (response) => response.ok,
    () => false,
  )
}

/** A string is sent as YAML, everything else as JSON. */
export async function ask(
  url: string,
  method: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Told> {
  const type = typeof body === 'string' ? 'application/yaml' : 'application/json'
  const response = await fetch(url, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': type }), ...headers },
    body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: parsed(text) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
