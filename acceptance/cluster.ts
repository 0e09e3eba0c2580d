// A cluster as its operators have it: a real nats-server or three, and a process for each role, with a data folder of its
// own. Whoever tests with it kills, stops and starts any of them, and speaks HTTP to the rest.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type NatsRig, type NatsRigOptions, startNatsRig } from '../cluster/nats/nats-rig.ts'
import { freePort } from '../shared/free-ports.ts'
import { adminToken, type Gateway, type IssuedKey, issueKey } from './gateway.ts'
import { ask, closing, isOk, type Told } from './http.ts'
import { type NodeProcess, startNodeProcess } from './node-process.ts'
import { until } from './until.ts'

export { findNatsServer } from '../cluster/nats/nats-rig.ts'

export type Role = 'proxy' | 'aggregator' | 'control' | 'all'

export interface ClusterOptions {
  nats?: NatsRigOptions
  /** Environment variables of every node. */
  environment?: Record<string, string>
}

export interface NodeOptions {
  name?: string
  environment?: Record<string, string>
  /** `headgate.yaml`, for a control node. */
  config?: object
  /** Data folder of an earlier node; default: a new one. */
  dataDir?: string
  /** Data port that the node shares with others. */
  port?: number
  /** Resolve as soon as the process runs. */
  ready?: boolean
}

export interface RestartOptions {
  signal?: NodeJS.Signals
  ready?: boolean
  /** Variables to change, from now on. */
  environment?: Record<string, string>
}

export interface ClusterNode {
  readonly name: string
  readonly role: Role
  /** Origins of the data, the control and the ops port. */
  readonly base: string
  readonly control: string
  readonly ops: string
  readonly port: number
  readonly dataDir: string
  /** The process that runs, or ran last. */
  readonly process: NodeProcess
  readonly isReady: boolean | Promise<boolean>
  /** The readiness that the node's ops port reports. */
  readyz(): Promise<{ status: string; reasons: string[] }>
  metrics(): Promise<string>
  /** Ends it, if it has not ended, and starts it again on the same ports and folder. */
  restart(options?: RestartOptions): Promise<void>
}

export interface Cluster {
  readonly nats: NatsRig
  readonly nodes: readonly ClusterNode[]
  start(role: Role, options?: NodeOptions): Promise<ClusterNode>
  /** Calls the admin API of the first control node. */
  admin: Gateway['admin']
  issueKey(spec?: object): Promise<IssuedKey>
  /** Issues a key of a team, and resolves with its secret once every proxy knows it. */
  keyOf(team: string): Promise<string>
  /** Resolves once every proxy answers this key with a configuration not older than `revision`. */
  applied(revision: number): Promise<void>
  /** Kills all and removes all. */
  dispose(): Promise<void>
}

export const clusterMasterKey = Buffer.alloc(32, 7).toString('base64')
const readyMsMax = 60_000

export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const nats = await startNatsRig(options.nats)
  const folder = mkdtempSync(join(tmpdir(), 'headgate-cluster-'))
  const nodes: ClusterNode[] = []
  const common = { HEADGATE_NATS_URL: nats.url, HEADGATE_MASTER_KEY: clusterMasterKey, ...options.environment }
  const start: Cluster['start'] = async (role, given = {}) => {
    const count = nodes.filter((node) => node.role === role).length
    const name = given.name ?? `${role}-${count + 1}`
    const dataDir = given.dataDir ?? join(folder, name)
    const node = await prepareNode({ ...given, role, name, dataDir, environment: { ...common, ...given.environment } })
    nodes.push(node)
    await node.restart(given.ready === undefined ? {} : { ready: given.ready })
    return node
  }
  const control = () => {
    const node = nodes.find(({ role }) => role === 'control' || role === 'all')
    if (node === undefined) throw new Error('there is no control node in this cluster')
    return node.control
  }
  const admin: Cluster['admin'] = (method, path, body, headers) =>
    ask(`${control()}/api/v1${path}`, method, body, { authorization: `Bearer ${adminToken}`, ...headers })
  return {
    nats,
    nodes,
    start,
    admin,
    issueKey: (spec) => issueKey(admin, spec),
    async keyOf(team) {
      const { secret, revision } = await issueKey(admin, { owner: { team } })
      await untilApplied(nodes, revision)
      return secret
    },
    applied: (revision) => untilApplied(nodes, revision),
    async dispose() {
      await Promise.all(nodes.map(({ process }) => process?.kill()))
      await nats.dispose()
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** One request with the key of a caller, on a connection of its own; the answer whole. */
export function chat(node: { base: string }, key: string, model: string, more: object = {}): Promise<Told> {
  const body = { model, messages: [{ role: 'user', content: 'hi' }], ...more }
  return ask(`${node.base}/v1/chat/completions`, 'POST', body, { authorization: `Bearer ${key}`, ...closing })
}

interface Prepared extends NodeOptions {
  role: Role
  name: string
  dataDir: string
  environment: Record<string, string>
}

async function prepareNode(options: Prepared): Promise<ClusterNode> {
  const { role, name, dataDir } = options
  const [port, controlPort, opsPort] = [
    options.port ?? (await freePort(Math.random)),
    await freePort(Math.random),
    await freePort(Math.random),
  ]
  const [base, control, ops] = [port, controlPort, opsPort].map((one) => `http://127.0.0.1:${one}`) as [
    string,
    string,
    string,
  ]
  const words = ['start', '--role', role]
  const environment: Record<string, string> = {
    HEADGATE_HOST: '127.0.0.1',
    HEADGATE_NODE_NAME: name,
    HEADGATE_DATA_DIR: dataDir,
    HEADGATE_PORT: `${port}`,
    HEADGATE_CONTROL_PORT: `${controlPort}`,
    HEADGATE_OPS_PORT: `${opsPort}`,
    HEADGATE_ADMIN_TOKEN: adminToken,
    ...options.environment,
    ...configFile(options),
  }
  let running: NodeProcess | undefined
  const node: ClusterNode = {
    name,
    role,
    base,
    control,
    ops,
    port,
    dataDir,
    get process() {
      return running!
    },
    get isReady() {
      return isOk(`${ops}/readyz`)
    },
    readyz: async () => (await ask(`${ops}/readyz?verbose`, 'GET')).json,
    metrics: async () => (await ask(`${ops}/metrics`, 'GET')).text,
    async restart({ signal = 'SIGKILL', ready = true, environment: changed } = {}) {
      Object.assign(environment, changed)
      if (running?.isOver === false) await running.kill(signal)
      running = startNodeProcess({ words, environment })
      if (ready) await untilReady(node)
    },
  }
  return node
}

function configFile({ config, dataDir, name }: Prepared): Record<string, string> {
  if (config === undefined) return {}
  const path = join(dataDir, '..', `${name}.yaml`)
  writeFileSync(path, JSON.stringify(config))
  return { HEADGATE_CONFIG: path }
}

async function untilReady(node: ClusterNode): Promise<void> {
  try {
    await until(async () => node.process.isOver || (await node.isReady), readyMsMax)
    if (node.process.isOver) throw new Error(`it ended with ${node.process.exitCode}`)
  } catch (error) {
    const output = node.process.output().slice(-4_000)
    throw new Error(`${node.name} did not become ready: ${(error as Error).message}\n${output}`)
  }
}

async function untilApplied(nodes: readonly ClusterNode[], revision: number): Promise<void> {
  const proxies = nodes.filter(({ role, process }) => (role === 'proxy' || role === 'all') && !process.isOver)
  for (const proxy of proxies) {
    await until(async () => revisionOf(await proxy.metrics()) >= revision, readyMsMax)
  }
}

function revisionOf(metrics: string): number {
  return Number(/^headgate_config_revision\{[^}]*\} (\d+)/m.exec(metrics)?.[1] ?? 0)
}
