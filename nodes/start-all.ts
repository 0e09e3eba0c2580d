// Everything in one process: the proxy in this thread, control and aggregator in threads of their own, so that neither
// validation nor SQLite ever makes a request wait. They share the bus and the data folder, nothing else.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LocalBus } from '../cluster/bus/local-bus.ts'
import { type DataFolder, openDataFolder } from '../cluster/data-folder/data-folder.ts'
import { systemClock } from '../shared/clock.ts'
import type { Notify } from '../shared/notice.ts'
import { parseSettings, type Settings } from '../shared/settings.ts'
import { banner, findingSentence } from './banner.ts'
import { publicUrls } from './control/public-urls.ts'
import { openNoticeLog } from './notice-log.ts'
import { startOpsServer } from './ops-server.ts'
import type { ProxyNode } from './proxy/main.ts'
import { SupervisedWorker } from './supervised-worker.ts'
import type { ControlFacts } from './worker.ts'

export interface StartOptions {
  readonly role: 'all' | 'proxy' | 'aggregator' | 'control'
  readonly auto: boolean
  readonly version: string
  readonly environment: Readonly<Record<string, string | undefined>>
}

const consoleSources = fileURLToPath(new URL('./control/console/', import.meta.url))

/** Resolves with the exit code: at once when the start is refused, else when the node has stopped. */
export async function startAll(options: StartOptions): Promise<number> {
  const startedMs = systemClock.monotonicMs()
  if (options.role !== 'all')
    return refused([`--role ${options.role} needs a cluster, which this version does not run; start without --role`])
  const settings = parseSettings(options.environment, (path) => readFileSync(path, 'utf8'))
  if (!settings.ok) return refused(settings.error.map(({ name, message }) => `${name}: ${message}`))
  const { dataDir, masterKey, logLevel, nodeName } = settings.value
  const folder = openDataFolder({ path: dataDir, masterKey, embedded: true, pid: process.pid })
  if (!folder.ok) return refused([folder.error.message])
  try {
    const notify = await openNoticeLog(logLevel)
    return await runNode({
      ...{ options, startedMs, notify, settings: settings.value },
      node: nodeName ?? folder.value.nodeId,
      folder: folder.value,
    })
  } catch (error) {
    return refused([error instanceof Error ? error.message : String(error)])
  } finally {
    folder.value.release()
  }
}

interface Run {
  readonly options: StartOptions
  readonly settings: Settings
  readonly node: string
  readonly folder: DataFolder
  readonly notify: Notify
  readonly startedMs: number
}

async function runNode(run: Run): Promise<number> {
  const { options, settings, node, notify } = run
  const { path, configDir, files, masterKey } = run.folder
  const bus = new LocalBus()
  // A bug in one callback must not cut every open stream: it is told, and the process goes on.
  process.on('uncaughtException', (error) =>
    notify({ type: 'handler-threw', where: 'process', message: error.stack ?? error.message }),
  )
  const common = {
    settings,
    node,
    masterKey,
    consoleFolder: join(consoleSources, 'dist'),
    version: options.version,
    auto: options.auto,
  }
  const task = { ...common, folder: { path, configDir, files } }
  const workerOptions = { bus, notify, clock: systemClock }
  const control = new SupervisedWorker({ ...workerOptions, task: { ...task, part: 'control' } })
  const aggregator = new SupervisedWorker({ ...workerOptions, task: { ...task, part: 'aggregator' } })
  let ready = false
  let draining = false
  const proxyLoading = loadProxy()
  const [controlReady] = await Promise.all([control.start(), aggregator.start(), buildConsole()])
  const { startProxy } = await proxyLoading
  const proxy = await startProxy({
    ...{ settings, masterKey, bus, dataDir: path, notify, clock: systemClock, chance: Math.random },
    node: { name: node, role: 'all', version: options.version },
    environment: options.environment,
    isNodeReady: () => ready,
  })
  const ops =
    settings.opsPort === undefined
      ? undefined
      : await startOpsServer({ host: settings.host, port: settings.opsPort, bus, isReady: () => ready && !draining })
  await say(bannerOf(run, proxy, controlReady.control!))
  if (!['127.0.0.1', '::1', 'localhost'].includes(settings.host) && settings.tls === undefined) {
    notify({ type: 'plaintext-endpoint', host: settings.host })
  }
  ready = true
  notify({
    type: 'started',
    role: 'all',
    version: options.version,
    tookMs: Math.round(systemClock.monotonicMs() - run.startedMs),
  })
  const signal = await stopSignal()
  notify({ type: 'stopping', signal, drainMs: settings.drainMs })
  draining = true
  const cut = await proxy.drain(settings.drainMs)
  ops?.close()
  await control.stop()
  await aggregator.stop()
  bus.close()
  notify({ type: 'stopped', openStreams: cut })
  return 0
}

function bannerOf({ options, settings }: Run, proxy: ProxyNode, control: ControlFacts): string {
  return banner({
    version: options.version,
    endpoint: publicUrls({ ...settings, port: proxy.port }, () => control.port).dataEndpoint,
    consoleLink: control.signInLink,
    adminToken: control.adminToken,
    key: control.demoKey,
    trouble: undefined,
    findings: control.findings.map(findingSentence),
  })
}

/** The parser's limit for headers has to be set before the parser is loaded. */
async function loadProxy() {
  await import('./proxy/http/header-limit.ts')
  return import('./proxy/main.ts')
}

/** In a process of its own, so that the bundler's memory does not stay. A console that cannot be built stops nothing. */
function buildConsole(): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(consoleSources, 'build.mjs')], { stdio: ['ignore', 2, 2] })
    child.on('error', () => resolve())
    child.on('exit', () => resolve())
  })
}

/** The first SIGTERM or SIGINT; the second one ends the process at once. */
function stopSignal(): Promise<string> {
  const alive = setInterval(() => {}, 60_000)
  return new Promise((resolve) => {
    let stopping = false
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        if (stopping) process.exit(130)
        stopping = true
        clearInterval(alive)
        resolve(signal)
      })
    }
  })
}

function say(text: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(text, () => resolve()))
}

function refused(problems: readonly string[]): number {
  process.stderr.write(`headgate: cannot start\n${problems.map((problem) => `  ${problem}\n`).join('')}`)
  return 1
}
