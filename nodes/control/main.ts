// The control node, as a parts list: log, writer and follower; bootstrap and the config file; sign-in; the listener.
// Whoever starts it stops it; it stops in the reverse order.
import { randomUUID } from 'node:crypto'
import { askLedgers, type LedgerList } from '../../cluster/budgets/bus-register.ts'
import { type Bus, encodeJson, subjects } from '../../cluster/bus/bus.ts'
import { Follower } from '../../cluster/config-log/follower/follower.ts'
import { LastGood } from '../../cluster/config-log/follower/last-good.ts'
import type { ConfigLog } from '../../cluster/config-log/log/config-log.ts'
import { HighWaterFile } from '../../cluster/config-log/log/high-water.ts'
import { SqliteLog } from '../../cluster/config-log/sqlite/sqlite-log.ts'
import { ConfigWriter } from '../../cluster/config-log/writer/config-writer.ts'
import type { DataFolder } from '../../cluster/data-folder/data-folder.ts'
import { MetricsAccess } from '../../cluster/http-port/metrics-access.ts'
import { type HeartbeatFacts, HeartbeatPublisher } from '../../cluster/membership/heartbeat-publisher.ts'
import { PublishedWatch } from '../../cluster/membership/published-watch.ts'
import { FileKeyStore } from '../../cluster/secrets/file-key-store.ts'
import type { KeyStore } from '../../cluster/secrets/key-store.ts'
import { openLogKeys } from '../../cluster/secrets/log-keys.ts'
import { idsOf, keysFor, type MasterKeys } from '../../cluster/secrets/master-keys.ts'
import { SecretBox } from '../../cluster/secrets/secret-box.ts'
import { BusStateStore } from '../../cluster/state/bus-state-store.ts'
import type { StateStore } from '../../cluster/state/state-store.ts'
import { Aggregators } from '../../cluster/telemetry-query/aggregators.ts'
import type { Clock } from '../../shared/clock.ts'
import type { ConfigState } from '../../shared/config/state.ts'
import type { Notify } from '../../shared/notice.ts'
import type { Readiness, ReadinessCheck, Trouble } from '../../shared/readiness.ts'
import type { Settings } from '../../shared/settings.ts'
import type { NodeHeartbeat } from '../../shared/telemetry/records.ts'
import { Agreement } from './agreement.ts'
import { dispatch } from './api/dispatch.ts'
import { Router } from './api/router.ts'
import { controlRoutes } from './api/routes.ts'
import { demoKeyOf } from './bootstrap.ts'
import { ConfigService } from './config-service.ts'
import { compare, discover, type Finding } from './discovery.ts'
import { enable } from './enable-findings.ts'
import { FirstWrites } from './first-writes.ts'
import { ForgottenOwners } from './forgotten-owners.ts'
import { ClientAddresses } from './http/client-address.ts'
import { type ControlRequest, type Listener, listen } from './http/server.ts'
import { MasterKeyChange } from './master-key/master-key.ts'
import { NodesView } from './nodes-view.ts'
import { ConsoleFiles } from './pages/console-files.ts'
import { publicUrls } from './public-urls.ts'
import { readinessOf, verdictOf } from './readiness.ts'
import { openAdminTokens } from './sign-in/admin-tokens.ts'
import { SignIn } from './sign-in/sign-in.ts'
import { UnneededSecrets } from './unneeded-secrets.ts'

export interface ControlOptions {
  settings: Settings
  node: { name: string; version: string; role: 'all' | 'control' }
  /** The data folder, which the process has opened and locked. Only its paths are used here. */
  folder: Pick<DataFolder, 'path' | 'configDir' | 'files'>
  masterKeys: MasterKeys
  bus: Bus
  clock: Clock
  notify: Notify
  /** The folder that Vite builds the console into; it may be absent. */
  consoleFolder: string
  /** Node whose `configApplied` a mutating answer waits for, a second at most. */
  awaitAppliedBy?: string
  /** Make providers of the keys and local servers that are found. */
  auto?: boolean
  /** Environment for `${VAR}` in the config file and for discovery. Default: that of the process. */
  environment?: Readonly<Record<string, string | undefined>>
  /** The log of the configuration. Default: a file in the data folder, which this node alone writes. */
  log?: ConfigLog
  /** The store of data keys. Default: a file in the data folder. */
  keys?: KeyStore
  /** The store of what requests leave for later ones. Default: the one that another thread of this process serves. */
  state?: StateStore
  /** Reads what budgets have left. Default: asks the thread of this process that keeps it. */
  ledgers?: () => Promise<LedgerList>
  /** The connection to the cluster, and what was not believed of it, for heartbeats. Absent without a cluster. */
  clusterFacts?: () => Pick<HeartbeatFacts, 'link' | 'refusedMessages'>
  /** How long the start waits for a log that does not answer. Default: not at all. */
  firstWritesMs?: number
  /** True in a cluster, where the absence of aggregators is a problem of this node. */
  aggregatorsElsewhere?: boolean
  /** Checks of other parts that concern this node, such as its connection. */
  readonly checks?: readonly ReadinessCheck[]
  /** Troubles of the other parts of this process, which this port and its heartbeats tell too. */
  readonly others?: ReadinessCheck
  /** Whether this follower writes the last good copy. Only one follower of a data folder may. Default: true. */
  keepLastGood?: boolean
}

export interface ControlNode {
  readonly port: number
  /** A new sign-in link at each call; it works once, for ten minutes. */
  signInLink(): string
  /** The admin token that this start made, because none was configured and none was known. */
  readonly adminTokenGenerated: string | undefined
  readonly demoKey: string | undefined
  readonly findings: readonly Finding[]
  standing(): { heartbeat: NodeHeartbeat | undefined; troubles: Trouble[] }
  close(): Promise<void>
}

export async function startControl(options: ControlOptions): Promise<ControlNode> {
  const config = await openConfig(options)
  const { desk, follower, secrets } = config
  try {
    const demo = options.settings.demo ?? options.node.role === 'all'
    const readiness = readinessOf(options, config)
    const findings = await writeFirst({ options, config, readiness, demo })
    const state = desk.state()
    const demoKey = demo && state.ok ? demoKeyOf(state.value, secrets) : undefined
    const verdict = verdictOf(options, readiness)
    const watch = verdict.watch()
    const serving = await serve({ options, config, readiness, verdict, demoKey })
    // Inside a whole node the proxy beats for it: one process is one node.
    const pulse = options.node.role === 'control' ? startPulse(options, follower, verdict) : undefined
    return {
      port: serving.port,
      signInLink: serving.signInLink,
      adminTokenGenerated: serving.adminTokenGenerated,
      demoKey,
      findings,
      standing: () => ({ heartbeat: pulse?.read(), troubles: readiness.troubles() }),
      close: async () => {
        pulse?.stop()
        watch.cancel()
        await serving.close()
        await config.close()
      },
    }
  } catch (error) {
    await config.close()
    throw error
  }
}

async function openConfig(options: ControlOptions) {
  const { folder, masterKeys, bus, clock, notify, awaitAppliedBy, keepLastGood = true, state } = options
  const { macKey, highWater, log, lastGood } = openLog(options)
  const onState = ({ revision, hash }: ConfigState) => {
    void forgotten.look()
    // In a process with all roles, the proxy publishes it as soon as requests use the revision.
    if (options.node.role !== 'control') return
    bus.publish(subjects.configApplied, encodeJson({ node: options.node.name, revision, hash }))
  }
  const follower = new Follower({ log, macKey, clock, notify, highWater, lastGood, keepLastGood, onState })
  const store = state ?? new BusStateStore(bus)
  const path = folder.files.forgottenOwners
  const forgotten = new ForgottenOwners({ log, follower, store, path, macKey, clock, notify })
  await follower.boot()
  follower.start()
  const writer = new ConfigWriter({ log, follower, macKey, clock, newCommandId: randomUUID })
  const nodes = new NodesView(clock, bus)
  const published = new PublishedWatch(bus, clock)
  const isClustered = options.aggregatorsElsewhere === true
  const aggregators = new Aggregators({ bus, clock, published, isClustered })
  const hashAt = async (revision: number) => {
    const page = await log.read(revision - 1, 1)
    return page.ok ? page.value[0]?.hash : undefined
  }
  const agreement = new Agreement({ clock, notify, hashAt, nodes: () => nodes.present() })
  const keys = options.keys ?? mended(new FileKeyStore(folder.files.dataKeys, ...keysFor('wrapKey', masterKeys)))
  const secrets = new SecretBox(keys)
  const unneeded = new UnneededSecrets({ follower, secrets, clock, notify })
  const onOwnersRemoved = () => unneeded.forget()
  // What a kill between an event and this has left.
  await onOwnersRemoved()
  const { egressStrict } = options.settings
  const desk = new ConfigService({
    log,
    follower,
    writer,
    bus,
    nodes,
    secrets,
    egressStrict,
    awaitAppliedBy,
    onOwnersRemoved,
  })
  const firstWrites = undefined as FirstWrites | undefined
  const masterKey = new MasterKeyChange({ masterKeys, keys, desk, log, nodes })
  const config = { desk, nodes, agreement, published, aggregators, secrets, masterKey, follower, close, firstWrites }
  async function close(): Promise<void> {
    config.firstWrites?.stop()
    unneeded.stop()
    await forgotten.stop()
    agreement.stop()
    aggregators.stop()
    published.stop()
    nodes.stop()
    await writer.stop()
    await follower.stop()
    await log.close()
  }
  return config
}

function openLog({ folder: { configDir, files }, masterKeys, notify, log }: ControlOptions) {
  const macKey = openLogKeys(masterKeys, files.dataKeys)
  const highWater = new HighWaterFile(files.highWater, macKey)
  const lastGood = new LastGood({ folder: configDir, macKey, notify })
  return { macKey, highWater, lastGood, log: log ?? new SqliteLog({ path: files.log, highWater }) }
}

/** The keys of a node without a cluster, which the control node alone writes. */
function mended(keys: FileKeyStore): FileKeyStore {
  keys.mend()
  return keys
}

type Config = Awaited<ReturnType<typeof openConfig>>

interface Opened {
  options: ControlOptions
  config: Config
  readiness: Readiness
}

async function writeFirst({ options, config, readiness, demo }: Opened & { demo: boolean }): Promise<Finding[]> {
  const { settings, clock, notify, firstWritesMs: patienceMs = 0 } = options
  const { desk } = config
  const environment = options.environment ?? process.env
  const writes = new FirstWrites({ desk, clock, notify, demo, environment, patienceMs, path: settings.configFile })
  config.firstWrites = writes
  readiness.add(() => writes.troubles())
  await writes.run()
  const found = await discover({ environment, ports: settings })
  return options.auto === true ? enable(found, { desk, environment }) : compare(found, { desk, environment })
}

interface Serving extends Opened {
  verdict: Readiness
  demoKey: string | undefined
}

async function serve({ options, config, readiness, verdict, demoKey }: Serving) {
  const { settings, clock, notify, node, consoleFolder } = options
  const { tokens, generated } = await openAdminTokens(options.folder.path, settings.adminToken)
  const signIn = new SignIn(clock, tokens)
  const consoleFiles = new ConsoleFiles(consoleFolder)
  let listener: Listener | undefined
  const urls = publicUrls(settings, () => listener?.port ?? settings.controlPort)
  const hint = demoKey === undefined ? {} : { demoKeyHint: demoKey.slice(0, 8) }
  const routes = controlRoutes({
    clock,
    readiness: verdict,
    signIn,
    consoleFiles,
    desk: config.desk,
    nodes: config.nodes,
    ledgers: options.ledgers ?? (() => askLedgers(options.bus)),
    masterKey: config.masterKey,
    agreement: config.agreement,
    published: config.published,
    aggregators: config.aggregators,
    about: () => ({ dataEndpoint: urls.dataEndpoint, version: node.version, ...hint }),
    linkFor: urls.signIn,
    version: node.version,
  })
  const dispatching = {
    router: new Router(routes, settings.port),
    hosts: settings.hosts,
    metricsAccess: new MetricsAccess(settings.metricsToken),
    identify: (request: ControlRequest) => signIn.identify(request),
    elsewhere: async ({ method, path, header }: ControlRequest) =>
      method === 'GET' ? consoleFiles.find(path, header('accept')) : undefined,
  }
  try {
    const { host, controlPort: port, tls } = settings
    const addresses = new ClientAddresses(settings.trustedProxies)
    const answer = (request: ControlRequest) => dispatch(dispatching, request)
    listener = await listen({ host, port, tls, addresses, clock, notify, answer })
  } catch (error) {
    await tokens.close()
    throw error
  }
  const opened = listener
  readiness.add(() => opened.troubles())
  await tokens.tellUrl(urls.local())
  return {
    port: opened.port,
    adminTokenGenerated: generated,
    signInLink: () => urls.signIn(signIn.links.issue().token),
    close: async () => {
      await opened.close()
      await tokens.close()
    },
  }
}

function startPulse(options: ControlOptions, follower: Follower, readiness: Readiness): HeartbeatPublisher {
  const { bus, clock, node, settings, masterKeys, clusterFacts } = options
  const pulse = new HeartbeatPublisher({
    bus,
    clock,
    node: { ...node, region: settings.region, masterKeys: idsOf(masterKeys) },
    facts: () => ({ status: follower.status, troubles: readiness.troubles(), ...clusterFacts?.() }),
  })
  pulse.beat()
  return pulse
}
