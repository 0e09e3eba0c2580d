// Starts the threads of a process and its data plane, each as soon as what it needs is there.
import type { LocalBus } from '../../cluster/bus/local-bus.ts'
import type { ProxyNode, startProxy } from '../proxy/main.ts'
import { buildConsole } from './build-console.ts'
import type { NodeStanding } from './node-standing.ts'
import { ownHeap } from './own-heap.ts'
import type { Run } from './run.ts'
import type { Threads } from './threads/threads.ts'
import type { ControlFacts } from './threads/worker-messages.ts'

export interface Around {
  readonly bus: LocalBus
  readonly threads: Threads
  readonly standing: NodeStanding
}

export interface Parts {
  readonly proxy: ProxyNode | undefined
  readonly control: ControlFacts | undefined
}

export async function startParts(run: Run, around: Around): Promise<Parts> {
  const { plan } = run
  const hasConsole = plan.threads.includes('control')
  const started = Promise.all([around.threads.start(), hasConsole ? buildConsole() : undefined])
  const code = plan.proxy ? loadProxy() : undefined
  if (plan.logIsMadeHere) await started
  const [[control], proxy] = await Promise.all([started, code?.then((start) => openProxy(run, around, start))])
  return { control, proxy }
}

/** The parser's limit for headers has to be set before the parser is loaded. */
async function loadProxy(): Promise<typeof startProxy> {
  await import('../proxy/http/header-limit.ts')
  return (await import('../proxy/main.ts')).startProxy
}

async function openProxy(run: Run, { bus, standing }: Around, start: typeof startProxy): Promise<ProxyNode> {
  const { options, settings, folder, journal, notify, clock, chance, hold, memory } = run
  const proxy = await start({
    settings,
    memory,
    heap: ownHeap,
    node: { name: run.node, role: options.role, version: options.version },
    masterKeys: folder.masterKeys,
    dataDir: folder.path,
    bus,
    clock,
    chance,
    notify,
    environment: options.environment,
    isNodeReady: () => standing.stage === 'serving',
    process: {
      look: () => standing.look(),
      otherTroubles: () => standing.troublesBut('proxy'),
      refusedMessages: () => standing.refusedMessagesBut('proxy'),
    },
    hold,
    onServing: (revision) => journal.serving(revision),
    onReleased: () => journal.released(),
  })
  standing.add('proxy', proxy)
  return proxy
}
