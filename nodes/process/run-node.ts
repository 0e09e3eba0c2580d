// The life of one process: its parts start, the operator is told, a signal comes, what is open is finished, all ends in
// reverse. The parts share the bus of this process and its data folder, nothing else.
import { LocalBus } from '../../cluster/bus/local-bus.ts'
import type { HttpPort } from '../../cluster/http-port/http-port.ts'
import { MetricsAccess } from '../../cluster/http-port/metrics-access.ts'
import { publishProcessStanding } from '../../cluster/membership/process-standing.ts'
import type { Notify } from '../../shared/notice.ts'
import type { Settings } from '../../shared/settings.ts'
import { bannerOf } from './banner.ts'
import { DiskWatch } from './disk-watch.ts'
import { processMemoryBytes } from './heap-limit.ts'
import { MemoryWatch } from './memory-watch.ts'
import { NodeStanding } from './node-standing.ts'
import { startOpsServer } from './ops-server.ts'
import type { Run } from './run.ts'
import { startParts } from './start-parts.ts'
import { stopSignal } from './stop-signal.ts'
import { Threads } from './threads/threads.ts'

/** Resolves with the exit code once the node has stopped; rejects when a part refuses to start. */
export async function runNode(given: Run): Promise<number> {
  const { clock, chance, settings } = given
  const standing = new NodeStanding({ node: given.node, role: given.options.role, clock })
  const run = { ...given, notify: standing.counting(given.notify) }
  tellUncaughtErrors(run.notify)
  const bus = new LocalBus()
  const threads = new Threads({ run, bus, clock, chance })
  standing.watch(threads.all)
  const disk = new DiskWatch({ folder: run.folder.path, clock })
  disk.start()
  standing.add('process', disk)
  const memory = new MemoryWatch({
    clock,
    thread: 'main',
    processBytesMax: processMemoryBytes(settings.memoryBytesMax),
  })
  memory.start()
  standing.add('process', memory)
  const watch = standing.watchTroubles(run.notify)
  const told = publishProcessStanding({ bus, clock }, () => standing.troublesOfParts())
  // First, so that a start that takes long can be told from one that never was.
  const ops = await openOps(run, bus, standing)
  const { proxy, control } = await startParts(run, { bus, threads, standing })
  await print(bannerOf({ run, proxy, control }))
  tellStarted(run)
  standing.stage = 'serving'
  run.folder.ballast.takeUp()

  const signal = await stopSignal()
  run.notify({ type: 'stopping', signal, drainMs: settings.drainMs, openRequests: proxy?.openRequests() ?? 0 })
  standing.stage = 'draining'
  const cut = (await proxy?.drain(settings.drainMs)) ?? 0
  told.cancel()
  watch.cancel()
  disk.stop()
  memory.stop()
  ops?.server.close()
  await threads.stop()
  bus.close()
  run.notify({ type: 'stopped', openStreams: cut })
  return 0
}

/** A bug in one callback must not cut every open stream: it is told, and the process goes on. */
function tellUncaughtErrors(notify: Notify): void {
  process.on('uncaughtException', (error) =>
    notify({ type: 'handler-threw', where: 'process', message: error.stack ?? error.message }),
  )
}

function tellStarted({ options: { role, version }, settings, clock, startedMs, notify }: Run): void {
  if (isPlaintextToOthers(settings)) notify({ type: 'plaintext-endpoint', host: settings.host })
  notify({ type: 'started', role, version, tookMs: Math.round(clock.monotonicMs() - startedMs) })
}

function isPlaintextToOthers({ host, tls }: Settings): boolean {
  return tls === undefined && !['127.0.0.1', '::1', 'localhost'].includes(host)
}

async function openOps(run: Run, bus: LocalBus, standing: NodeStanding): Promise<HttpPort | undefined> {
  const { host, metricsToken } = run.settings
  const metricsAccess = new MetricsAccess(metricsToken)
  const port = run.plan.opsPort
  if (port === undefined) return undefined
  // In a process with every part the aggregator knows the figures of all of them.
  const installation = run.options.role === 'all' ? bus : undefined
  const ops = await startOpsServer({ host, port, standing, metricsAccess, installation, clock: run.clock })
  standing.add('process', { standing: () => ({ troubles: ops.troubles() }) })
  return ops
}

function print(text: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(text, () => resolve()))
}
