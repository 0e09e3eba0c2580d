// One process from its first part to its last: threads and data plane start, the operator is told, a signal comes, what is
// open is finished, all ends in reverse. The parts share the bus of this process and its data folder, nothing else.
import type { Server } from 'node:http'
import { LocalBus } from '../../cluster/bus/local-bus.ts'
import type { Hold } from '../../cluster/config-log/log/held-log.ts'
import type { DataFolder } from '../../cluster/data-folder/data-folder.ts'
import type { StartJournal } from '../../cluster/data-folder/start-journal.ts'
import { systemClock } from '../../shared/clock.ts'
import type { Notify } from '../../shared/notice.ts'
import type { Settings } from '../../shared/settings.ts'
import type { ProxyNode } from '../proxy/main.ts'
import { bannerOf } from './banner.ts'
import { buildConsole } from './build-console.ts'
import { NodeStanding } from './node-standing.ts'
import { startOpsServer } from './ops-server.ts'
import type { Plan } from './roles.ts'
import type { StartOptions } from './start.ts'
import { stopSignal } from './stop-signal.ts'
import { Threads } from './threads/threads.ts'
import type { ControlFacts } from './threads/worker.ts'

export interface Run {
  readonly options: StartOptions
  readonly plan: Plan
  readonly settings: Settings
  readonly node: string
  readonly folder: DataFolder
  readonly notify: Notify
  readonly startedMs: number
  readonly journal: StartJournal
  /** What the journal says is to be held back. */
  readonly hold: Hold | undefined
}

/** Resolves with the exit code once the node has stopped; rejects when a part refuses to start. */
export async function runNode(given: Run): Promise<number> {
  const standing = new NodeStanding({ node: given.node, role: given.options.role, clock: systemClock })
  const run = { ...given, notify: standing.counting(given.notify) }
  const { settings, notify } = run
  const bus = new LocalBus()
  // A bug in one callback must not cut every open stream: it is told, and the process goes on.
  process.on('uncaughtException', (error) =>
    notify({ type: 'handler-threw', where: 'process', message: error.stack ?? error.message }),
  )
  const threads = new Threads({ run, bus, clock: systemClock, chance: Math.random })
  standing.watch(threads)
  // First, so that a start that takes long can be told from one that never was.
  const ops = await openOps(run, { bus, standing })
  const { proxy, control } = await startParts(run, { bus, threads, standing })
  await say(bannerOf({ run, proxy, control }))
  if (!['127.0.0.1', '::1', 'localhost'].includes(settings.host) && settings.tls === undefined) {
    notify({ type: 'plaintext-endpoint', host: settings.host })
  }
  standing.stage = 'serving'
  const { role, version } = run.options
  notify({ type: 'started', role, version, tookMs: Math.round(systemClock.monotonicMs() - run.startedMs) })

  const signal = await stopSignal()
  notify({ type: 'stopping', signal, drainMs: settings.drainMs })
  standing.stage = 'draining'
  const cut = (await proxy?.drain(settings.drainMs)) ?? 0
  ops?.close()
  await threads.stop()
  bus.close()
  notify({ type: 'stopped', openStreams: cut })
  return 0
}

interface Around {
  readonly bus: LocalBus
  readonly threads: Threads
  readonly standing: NodeStanding
}

interface Parts {
  readonly proxy: ProxyNode | undefined
  readonly control: ControlFacts | undefined
}

async function startParts(run: Run, around: Around): Promise<Parts> {
  const { plan } = run
  const hasConsole = plan.threads.includes('control')
  const started = Promise.all([around.threads.start(), hasConsole ? buildConsole() : undefined])
  const code = plan.proxy ? loadProxy() : undefined
  if (plan.logIsMadeHere) await started
  const [[control], proxy] = await Promise.all([
    started,
    code?.then(({ startProxy }) => openProxy(run, around, startProxy)),
  ])
  return { control, proxy }
}

async function openProxy(
  run: Run,
  { bus, standing }: Around,
  startProxy: typeof import('../proxy/main.ts').startProxy,
): Promise<ProxyNode> {
  const { options, settings, notify } = run
  const { path: dataDir, masterKey } = run.folder
  const proxy = await startProxy({
    ...{ settings, masterKey, bus, dataDir, notify, clock: systemClock, chance: Math.random },
    node: { name: run.node, role: options.role, version: options.version },
    environment: options.environment,
    isNodeReady: () => standing.stage === 'serving',
    hold: run.hold,
    onServing: (revision) => run.journal.serving(revision),
    onReleased: () => run.journal.released(),
  })
  standing.add(proxy)
  return proxy
}

async function openOps(run: Run, { bus, standing }: Pick<Around, 'bus' | 'standing'>): Promise<Server | undefined> {
  const { host } = run.settings
  const port = run.plan.opsPort
  if (port === undefined) return undefined
  // In a process with every part the aggregator knows the figures of all of them.
  const installation = run.options.role === 'all' ? bus : undefined
  return startOpsServer({ host, port, standing, installation })
}

/** The parser's limit for headers has to be set before the parser is loaded. */
async function loadProxy() {
  await import('../proxy/http/header-limit.ts')
  return import('../proxy/main.ts')
}

function say(text: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(text, () => resolve()))
}
