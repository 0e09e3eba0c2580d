// One proxy of a cluster, as an operator starts it: a nats-server, a control node, an aggregator and a proxy, each a process
// of its own. What is measured is the proxy alone; the others share its machine and not its bill.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startNatsRig } from '../../cluster/nats/nats-rig.ts'
import { freePort } from '../../shared/free-ports.ts'
import { type ChildGroup, startChildGroup } from './child-group.ts'
import { adminToken, configOf, isOk, issueKey } from './headgate.ts'
import { chatPath, chatTarget, type Subject, type SubjectOptions } from './subject.ts'

export interface HeadgateCluster extends Subject {
  /** Ids of the processes that work for the proxy and are not measured. */
  readonly others: readonly number[]
}

type Role = 'control' | 'aggregator' | 'proxy'

export async function startHeadgateCluster(options: SubjectOptions): Promise<HeadgateCluster> {
  const folder = join(options.folder, 'headgate-cluster')
  mkdirSync(folder)
  const nats = await startNatsRig()
  const children: ChildGroup[] = []
  const stop = async () => {
    await Promise.all(children.map((child) => child.stop()))
    await nats.dispose()
  }
  const configFile = join(folder, 'headgate.yaml')
  writeFileSync(configFile, JSON.stringify(configOf(options)))

  async function start(role: Role, more: Record<string, string> = {}) {
    const port = await freePort(Math.random)
    const controlPort = await freePort(Math.random)
    const opsPort = await freePort(Math.random)
    const child = startChildGroup({
      command: process.execPath,
      args: ['--import', './scripts/strip-types.mjs', 'nodes/headgate.ts', 'start', '--role', role],
      logFile: join(folder, `${role}.log`),
      environment: {
        HEADGATE_PORT: `${port}`,
        HEADGATE_CONTROL_PORT: `${controlPort}`,
        HEADGATE_OPS_PORT: `${opsPort}`,
        HEADGATE_DATA_DIR: join(folder, role),
        HEADGATE_NODE_NAME: role,
        HEADGATE_NATS_URL: nats.url,
        HEADGATE_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
        HEADGATE_ADMIN_TOKEN: adminToken,
        HEADGATE_KEY_OPEN_MAX: '1000000',
        ...more,
      },
      folder: options.root,
    })
    children.push(child)
    await child.waitUntil(() => isOk(`http://127.0.0.1:${opsPort}/readyz`))
    return { port, controlPort, group: child.group }
  }

  try {
    const control = await start('control', { HEADGATE_CONFIG: configFile })
    const aggregator = await start('aggregator')
    const proxy = await start('proxy')
    const key = await issueKey(`http://127.0.0.1:${control.controlPort}/api/v1`, { name: 'benchmark' })
    const headers = { authorization: `Bearer ${key}` }
    const isServed = () =>
      fetch(`http://127.0.0.1:${proxy.port}/v1/models`, { headers }).then(
        ({ ok }) => ok,
        () => false,
      )
    await children.at(-1)!.waitUntil(isServed)
    return {
      name: 'headgate-cluster',
      group: proxy.group,
      others: [control.group, aggregator.group],
      target: (work) => chatTarget(proxy.port, chatPath, work, headers),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
