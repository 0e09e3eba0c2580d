// A proxy node: its parts, in the order in which they start. They stop in reverse.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type Bus, encodeJson, subjects } from '../../cluster/bus/bus.ts'
import { followTroubles } from '../../cluster/config-log/follower/follow-troubles.ts'
import { Follower, type FollowerOptions } from '../../cluster/config-log/follower/follower.ts'
import { LastGood } from '../../cluster/config-log/follower/last-good.ts'
import { HeldLog } from '../../cluster/config-log/log/held-log.ts'
import { HighWaterFile } from '../../cluster/config-log/log/high-water.ts'
import { narrowHold } from '../../cluster/config-log/log/narrow-hold.ts'
import { SqliteLog } from '../../cluster/config-log/sqlite/sqlite-log.ts'
import type { Hold } from '../../cluster/data-folder/hold.ts'
import { type HeartbeatFacts, HeartbeatPublisher } from '../../cluster/membership/heartbeat-publisher.ts'
import { LinkWatch } from '../../cluster/membership/link-watch.ts'
import { FileKeyStore } from '../../cluster/secrets/file-key-store.ts'
import { deriveKeys } from '../../cluster/secrets/keys.ts'
import { SecretBox } from '../../cluster/secrets/secret-box.ts'
import { BusStateStore } from '../../cluster/state/bus-state-store.ts'
import type { Chance, Clock } from '../../shared/clock.ts'
import type { ConfigState } from '../../shared/config/state.ts'
import type { Notify } from '../../shared/notice.ts'
import type { Trouble } from '../../shared/readiness.ts'
import type { Settings } from '../../shared/settings.ts'
import type { NodeHeartbeat } from '../../shared/telemetry/records.ts'
import { StoredResponses } from './apis/responses/responses-api.ts'
import type { TransitTools } from './attempts/dispatch.ts'
import { ResponseStore } from './conversations/response-store.ts'
import { drain } from './http/drain.ts'
import type { HttpServer } from './http/http.ts'
import { openRequestsMax } from './http/open-requests-max.ts'
import { startHttpServer } from './http/server.ts'
import { Pipeline } from './pipeline.ts'
import { ObjectIds } from './provider-objects/object-ids.ts'
import { CredentialHealthTable } from './providers/credential.ts'
import { Identities } from './providers/credentials/identities.ts'
import { DemoUpstream } from './providers/demo/demo-upstream.ts'
import { TargetHealthTable } from './providers/endpoint.ts'
import { SealedSecrets } from './providers/sealed-secrets.ts'
import { followWeights } from './routing/fleet-weights.ts'
import { LatencyEstimates } from './routing/latency-estimates.ts'
import { TimerWheel } from './routing/timer-wheel.ts'
import { type Snapshot, SnapshotCompiler } from './snapshot/snapshot.ts'
import { targetReports } from './snapshot/target-health.ts'
import { bootEpoch, Recorder } from './telemetry/recorder.ts'
import { openSockets, openUpstream } from './upstream/choose-upstream.ts'
import type { Upstream } from './upstream/upstream.ts'

export interface ProxyOptions {
  readonly settings: Settings
  readonly node: { readonly name: string; readonly role: NodeHeartbeat['role']; readonly version: string }
  readonly masterKey: Uint8Array
  readonly dataDir: string
  readonly bus: Bus
  readonly clock: Clock
  readonly chance: Chance
  readonly notify: Notify
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Whether the rest of the node is ready too. */
  isNodeReady(): boolean
  /** A configuration that has ended this process again and again is held back. */
  readonly hold?: Hold | undefined
  /** Called before a configuration is put to use. */
  onServing?(revision: number): void
  /** A newer one has come: nothing is held back any more. */
  onReleased?(): void
}

export interface ProxyNode {
  readonly port: number
  standing(): ProxyStanding
  /** Stops listening, lets open requests finish for `drainMs`, cuts the rest. Answers how many were cut. */
  drain(drainMs: number): Promise<number>
}

export interface ProxyStanding {
  heartbeat: NodeHeartbeat
  troubles: Trouble[]
}

export async function startProxy(options: ProxyOptions): Promise<ProxyNode> {
  const { settings, node, dataDir, bus, clock, chance, notify } = options
  const keys = deriveKeys(options.masterKey)
  const dataKeys = new FileKeyStore(join(dataDir, 'config', 'data-keys.json'), keys.wrapKey)
  const secrets = new SealedSecrets(new SecretBox(dataKeys), notify)
  const paces = new LatencyEstimates()
  const identities = new Identities({ clock, chance, notify, environment: options.environment })
  const compiler = new SnapshotCompiler({
    ...{
      clock,
      latencyEstimates: paces,
      identities,
      healthOfTargets: new TargetHealthTable(),
      credentialHealth: new CredentialHealthTable(),
      ...settings,
    },
    open: (secret) => secrets.open(secret),
  })
  let snapshot: Snapshot | undefined
  const {
    follower,
    held,
    close: closeLog,
  } = await followLog(options, keys.macKey, async (state) => {
    options.onServing?.(state.revision)
    secrets.begin()
    snapshot = await compiler.compile(state)
    tellApplied(bus, node.name, state)
  })
  const recorder = new Recorder({ node: node.name, epoch: bootEpoch(clock, chance), dataDir, bus, clock, notify })
  const deadlines = new TimerWheel(clock)
  const direct = await openUpstream({ environment: options.environment, clock, notify })
  const sockets = openSockets({ environment: options.environment, clock })
  let draining = false
  let server: HttpServer | undefined
  const refusals = new Map<string, number>()
  const upstreamOf = demoOr(direct, new DemoUpstream(clock))
  const pipeline = new Pipeline({
    clock,
    chance,
    tools: { clock, chance, notify, deadlines, recorder, upstreamOf },
    snapshot: () =>
      snapshot ?? (follower.status.damaged === undefined ? { type: 'no-config' } : { type: 'config-damaged' }),
    openRequests: () => server?.openRequests ?? 0,
    openRequestsMax: openRequestsMax(),
    isReady: () => snapshot !== undefined && !draining && options.isNodeReady(),
    idPrefix: `req_${randomBytes(8).toString('hex')}`,
    countRefusal: (code) => refusals.set(code, (refusals.get(code) ?? 0) + 1),
    ids: new ObjectIds(keys.idKey),
    openSocket: (request, events) => sockets.open(request, events),
    stored: storedResponses(options, upstreamOf),
  })

  await follower.boot()
  const appended = bus.subscribe(subjects.configAppended, () => void follower.look())
  const laterKeys = followKeys(bus, clock, () => {
    if (secrets.mayOpenMore()) void follower.again()
  })
  const weights = followWeights(bus, paces, clock)
  follower.start()
  recorder.start()
  deadlines.start()
  pipeline.realtime.start()
  if (node.role === 'proxy')
    await untilConfigured(() => snapshot !== undefined || follower.status.damaged !== undefined, clock)
  await identitiesSettled(identities, clock)
  const { host, port, tls, bodyBytesMax, hosts, trustedProxies } = settings
  const listening = { host, port, tls, bodyBytesMax, hosts, trustedProxies }
  const opened = await startHttpServer(listening, pipeline, { clock, notify })
  server = opened
  const troubles = () => troublesOf(follower, held(), snapshot)
  const link = new LinkWatch(bus, clock)
  const pulse = startPulse(options, () => ({
    ...{ draining, status: follower.status, troubles: troubles(), queues: recorder.queues(), link: link.state },
    ...{ openRequests: opened.openRequests, refusals: Object.fromEntries(refusals) },
    targets: targetReports(snapshot, clock.monotonicMs()),
  }))

  return {
    port: opened.port,
    standing: () => ({ heartbeat: pulse.read(), troubles: troubles() }),
    async drain(drainMs) {
      draining = true
      pulse.beat()
      pipeline.realtime.drain()
      const cut = await drain(opened, drainMs, clock)
      pipeline.realtime.stop()
      opened.close()
      pulse.stop()
      // Within one process the aggregator takes up what is left at the next start.
      const patienceMs = link.state?.connected === true ? lastRecordsMsMax : 0
      link.stop()
      deadlines.stop()
      direct.close()
      await recorder.close(patienceMs)
      identities.stop()
      weights.stop()
      laterKeys.stop()
      appended.stop()
      await follower.stop()
      await closeLog()
      return cut
    },
  }
}

/** Follows the copy of the log that this node keeps; one that is held back has no witness but the log itself. */
async function followLog(options: ProxyOptions, macKey: Uint8Array, onState: FollowerOptions['onState']) {
  const { dataDir, node, clock, notify } = options
  const folder = join(dataDir, 'config')
  const highWater = new HighWaterFile(join(folder, 'high-water.json'), macKey)
  const copy = new SqliteLog({ path: join(folder, 'log.sqlite'), readOnly: true, highWater })
  const common = { macKey, clock, notify, onState }
  const hold = options.hold === undefined ? undefined : await narrowHold(copy, options.hold)
  if (hold !== undefined) {
    const log = new HeldLog(copy, hold, () => options.onReleased?.())
    notify({ type: 'config-rolled-back', ...hold })
    const follower = new Follower({ ...common, log, keepLastGood: false })
    return { follower, held: () => log.hold, close: () => log.close() }
  }
  const lastGood = new LastGood({ folder, macKey, notify })
  // In one process with the log's writer, the writer keeps the copy.
  const keepLastGood = node.role === 'proxy'
  const follower = new Follower({ ...common, log: copy, highWater, lastGood, keepLastGood })
  return { follower, held: () => undefined, close: () => copy.close() }
}

function demoOr(direct: Upstream, demo: Upstream): TransitTools['upstreamOf'] {
  return ({ kind }) => (kind === 'demo' ? demo : direct)
}

function storedResponses(
  { bus, clock, chance }: ProxyOptions,
  upstreamOf: TransitTools['upstreamOf'],
): StoredResponses {
  const newId = () => `resp_${randomBytes(24).toString('hex')}`
  return new StoredResponses({ clock, chance, upstreamOf, newId, store: new ResponseStore(new BusStateStore(bus)) })
}

/** A new proxy on a port that others share would refuse what they serve. One that gets nothing has to say so itself. */
const firstConfigMsMax = 3_000

async function untilConfigured(isConfigured: () => boolean, clock: Clock): Promise<void> {
  const untilMs = clock.monotonicMs() + firstConfigMsMax
  while (!isConfigured() && clock.monotonicMs() < untilMs) await new Promise<void>((resume) => clock.after(20, resume))
}

function troublesOf({ status }: Follower, hold: Hold | undefined, snapshot: Snapshot | undefined): Trouble[] {
  return [...followTroubles(status), ...heldBack(hold), ...(snapshot === undefined ? [noConfig] : [])]
}

function heldBack(hold: Hold | undefined): Trouble[] {
  if (hold === undefined) return []
  const reason = `revision ${hold.revision} of the configuration is served instead of ${hold.until}, which ended this process again and again`
  return [{ level: 'degraded', reason }]
}

/** A stop waits so long for its last usage records to arrive. */
const lastRecordsMsMax = 5_000

const noConfig: Trouble = { level: 'unready', reason: 'there is no configuration to serve yet' }

function tellApplied(bus: Bus, name: string, { revision, hash }: ConfigState): void {
  bus.publish(subjects.configApplied, encodeJson({ node: name, revision, hash }))
}

/** Between looks at whether a data key has come without a word. */
const keysLookMs = 1_000

/** A secret that could not be opened may have a key by now. */
function followKeys(bus: Bus, clock: Clock, look: () => void): { stop(): void } {
  const changed = bus.subscribe(subjects.keysChanged, look)
  const timer = clock.every(keysLookMs, look)
  return {
    stop() {
      timer.cancel()
      changed.stop()
    },
  }
}

/** The first requests shall find what they need; an identity service that is slow to answer holds up no start. */
function identitiesSettled(identities: Identities, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.after(identitiesMsMax, resolve)
    void identities.settled().then(() => {
      timer.cancel()
      resolve()
    })
  })
}

const identitiesMsMax = 2_000

/** Beats at once: others know of the node from its first second on. */
function startPulse({ bus, clock, node, settings }: ProxyOptions, facts: () => HeartbeatFacts): HeartbeatPublisher {
  const pulse = new HeartbeatPublisher({ bus, clock, node: { ...node, region: settings.region }, facts })
  pulse.beat()
  return pulse
}
