// A real nats-server for tests. It keeps its ports and its store across stops, kills and pauses.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { atExit } from '../../shared/at-exit.ts'

export interface NatsServerOptions {
  name: string
  /** The folder for its configuration and log. */
  folder: string
  storeFolder: string
  ports: NatsPorts
  /** The route ports of all servers of the cluster. Absent: the server is alone. */
  routePorts?: readonly number[]
  /** Additional lines of configuration. */
  config?: string
  /** `max_file_store` of the `jetstream` block. */
  maxFileStoreBytes?: number
}

export interface NatsPorts {
  client: number
  monitor: number
  route: number
}

const readyMsMax = 30_000

export class NatsServerProcess {
  readonly #options: NatsServerOptions
  #child: ChildProcess | undefined
  #ended: Promise<unknown> = Promise.resolve()
  #isPaused = false

  constructor(options: NatsServerOptions) {
    this.#options = options
  }

  get name(): string {
    return this.#options.name
  }

  get url(): string {
    return `127.0.0.1:${this.#options.ports.client}`
  }

  get port(): number {
    return this.#options.ports.client
  }

  get pid(): number | undefined {
    return this.isRunning ? this.#child?.pid : undefined
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  get storeFolder(): string {
    return this.#options.storeFolder
  }

  /** All that the server has logged, over all its starts. */
  get log(): string {
    return existsSync(this.#logFile) ? readFileSync(this.#logFile, 'utf8') : ''
  }

  get #logFile(): string {
    return join(this.#options.folder, `${this.name}.log`)
  }

  launch(): void {
    if (this.isRunning) throw new Error(`${this.name} is running`)
    const configFile = join(this.#options.folder, `${this.name}.conf`)
    writeFileSync(configFile, configurationOf(this.#options))
    const [command, ...args] = [...endsWithParent(), findNatsServer() ?? 'nats-server', '-c', configFile]
    const log = openSync(this.#logFile, 'a')
    const child = spawn(command!, args, { stdio: ['ignore', log, log] })
    closeSync(log)
    this.#child = child
    this.#isPaused = false
    const forget = atExit(() => void child.kill('SIGKILL'))
    this.#ended = once(child, 'exit').then(forget)
  }

  /** Resolves once JetStream answers and, in a cluster, once there is a leader and this server follows it. */
  async ready(): Promise<void> {
    const untilMs = performance.now() + readyMsMax
    while (!(await this.#isReady())) {
      if (!this.isRunning || performance.now() > untilMs) {
        throw new Error(`${this.name} did not become ready:\n${this.log.slice(-2_000)}`)
      }
      await sleep(25)
    }
  }

  async start(): Promise<void> {
    this.launch()
    await this.ready()
  }

  /** Ends the process as an orderly shutdown does. */
  stop(): Promise<void> {
    return this.#end('SIGTERM')
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL')
  }

  /** Suspends the process; its connections stay open. */
  pause(): void {
    this.#isPaused = this.#child?.kill('SIGSTOP') ?? false
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
    this.#isPaused = false
  }

  /** Returns a page of the monitoring port, e.g. `jsz?streams=1`; undefined when it does not answer. */
  async monitor(page: string): Promise<Record<string, unknown> | undefined> {
    try {
      const url = `http://127.0.0.1:${this.#options.ports.monitor}/${page}`
      const answer = await fetch(url, { signal: AbortSignal.timeout(1_000) })
      return (await answer.json()) as Record<string, unknown>
    } catch {
      return undefined
    }
  }

  async #isReady(): Promise<boolean> {
    const health = await this.monitor('healthz')
    if (health?.['status'] !== 'ok') return false
    if (this.#options.routePorts === undefined) return true
    const jetstream = await this.monitor('jsz')
    const meta = jetstream?.['meta_cluster'] as { leader?: string; cluster_size?: number } | undefined
    return meta?.leader !== undefined && meta.cluster_size === this.#options.routePorts.length
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (!this.isRunning) return
    this.#child?.kill(this.#isPaused ? 'SIGKILL' : signal)
    await this.#ended
  }
}

/** Returns the path of the program; undefined when it is not installed: tests then skip and say so. */
export function findNatsServer(): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/local/bin']
  return folders.map((folder) => join(folder, 'nats-server')).find((path) => existsSync(path))
}

// Makes the server end with the test run, also when the run is killed. Without `setpriv` only the exit handler does.
function endsWithParent(): string[] {
  return existsSync('/usr/bin/setpriv') ? ['/usr/bin/setpriv', '--pdeathsig', 'KILL'] : []
}

function configurationOf({ name, storeFolder, ports, routePorts, config, ...options }: NatsServerOptions): string {
  const routes = routePorts?.map((port) => `nats-route://127.0.0.1:${port}`).join(', ')
  const cluster = `cluster { name: rig, listen: "127.0.0.1:${ports.route}", routes: [${routes}] }`
  return [
    `server_name: ${name}`,
    `listen: "127.0.0.1:${ports.client}"`,
    `http: "127.0.0.1:${ports.monitor}"`,
    `jetstream { store_dir: "${storeFolder}", max_file_store: ${options.maxFileStoreBytes ?? 8 * 2 ** 30} }`,
    ...(routes === undefined ? [] : [cluster]),
    config ?? '',
  ].join('\n')
}
