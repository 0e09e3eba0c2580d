// Opens what answers requests of callers, with the parts that all of it shares.
import { randomBytes } from 'node:crypto'
import type { Bus } from '../../../cluster/bus/bus.ts'
import { fileSystem } from '../../../cluster/data-folder/disk.ts'
import { BusStateStore } from '../../../cluster/state/bus-state-store.ts'
import type { Chance, Clock } from '../../../shared/clock.ts'
import type { Notify } from '../../../shared/notice.ts'
import type { Settings } from '../../../shared/settings.ts'
import type { Intents } from '../accounting/intents/intents.ts'
import type { Settlement } from '../accounting/settle.ts'
import type { Admission } from '../admission/admit.ts'
import type { LiveRequests } from '../attempts/live/live-requests.ts'
import type { QuotaTools } from '../attempts/waits/quota-pass.ts'
import { Continuations } from '../conversations/continuation.ts'
import { ResponseStore } from '../conversations/response-store.ts'
import type { Jobs } from '../large/job.ts'
import type { Policy } from '../policies/policy.ts'
import type { ObjectIds } from '../provider-objects/object-ids.ts'
import type { Target } from '../providers/endpoint.ts'
import type { TimerWheel } from '../routing/timer-wheel.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import { openSockets } from '../upstream/choose-upstream.ts'
import type { Upstream } from '../upstream/upstream.ts'
import { BatchClaims } from './batches/batch-claims.ts'
import { BatchNotes } from './batches/batch-notes.ts'
import { BatchWatch } from './batches/batch-watch.ts'
import type { Entry } from './entry.ts'
import { FilesApi } from './files/files-api.ts'
import { Idempotency } from './idempotency/idempotency.ts'
import { InferenceApi } from './inference/inference-api.ts'
import { ModelsApi } from './models/models-api.ts'
import { RealtimeApi } from './realtime/realtime-api.ts'
import { ResponsesApi } from './responses/responses-api.ts'

export interface CommonParts {
  readonly clock: Clock
  readonly chance: Chance
  readonly notify: Notify
  readonly timers: TimerWheel
  readonly settlement: Settlement
  readonly live: LiveRequests
  readonly intents: Intents | undefined
  upstreamOf(target: Target): Upstream
  readonly quota: QuotaTools
}

interface ApiParts extends CommonParts {
  readonly ids: ObjectIds
  readonly jobs: Jobs
  readonly policies: readonly Policy[]
  readonly entry: Entry
  readonly batches: BatchWatch
}

export interface OpenApisOptions {
  readonly bus: Bus
  readonly node: { readonly name: string }
  readonly settings: Pick<Settings, 'idempotencyMs'>
  readonly clock: Clock
}

/** `boot` names this life of the process. */
export function openApis({ bus, node, settings, clock }: OpenApisOptions, parts: ApiParts, boot: string) {
  const { entry, settlement } = parts
  const state = new BusStateStore(bus)
  const store = new ResponseStore(state)
  const continuations = new Continuations(store, () => `resp_${randomBytes(24).toString('hex')}`, parts.jobs)
  const windowMs = settings.idempotencyMs
  const idempotency = new Idempotency({ store: state, clock, settlement, windowMs, node: node.name, boot })
  const common = { ...parts, attempts: parts, delivery: parts }
  return {
    idempotency,
    apis: {
      inference: idempotency.before(new InferenceApi({ ...common, continuations })),
      responses: entry.before(new ResponsesApi({ ...common, store })),
      files: idempotency.before(entry.before(new FilesApi(common))),
      models: new ModelsApi(settlement),
    },
  }
}

interface BatchesOptions {
  readonly bus: Bus
  readonly dataDir: string
  readonly node: { readonly name: string }
  readonly settings: Pick<Settings, 'batchPollMs'>
}

type BatchParts = Pick<ApiParts, 'clock' | 'notify' | 'settlement' | 'policies' | 'ids' | 'upstreamOf'> & {
  snapshot(): Snapshot | undefined
}

export function openBatches({ bus, dataDir, node, settings }: BatchesOptions, parts: BatchParts): BatchWatch {
  const claims = new BatchClaims(new BusStateStore(bus))
  const notes = new BatchNotes(dataDir, fileSystem)
  return new BatchWatch({ ...parts, claims, notes, node: node.name, pollMs: settings.batchPollMs })
}

interface RealtimeParts extends CommonParts {
  readonly admission: Admission
  readonly entry: Entry
}

export function openRealtime(
  { environment, clock }: { readonly environment: Readonly<Record<string, string | undefined>>; readonly clock: Clock },
  parts: RealtimeParts,
) {
  const { admission, entry, live } = parts
  const sockets = openSockets({ environment, clock })
  return new RealtimeApi({
    admission,
    entry,
    live,
    tools: { ...parts, openSocket: (request, events) => sockets.open(request, events) },
  })
}
