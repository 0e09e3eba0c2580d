// A proxy without sockets and files: the real parts, from the pipeline to the settlement, over an upstream that a test plays, a
// clock that it moves and a recorder that remembers.

import { hash } from 'node:crypto'
import { openMemoryState } from '../../../cluster/state/memory-state-store.ts'
import type { StateStore } from '../../../cluster/state/state-store.ts'
import { type Chance, ManualClock } from '../../../shared/clock.ts'
import { forkState } from '../../../shared/config/fold.ts'
import { decideIssueKey } from '../../../shared/config/keys/decide-keys.ts'
import type { EnforcedKind } from '../../../shared/config/kinds/kind.ts'
import type { ModelSpec } from '../../../shared/config/kinds/models/spec.ts'
import { Gateway as TestConfig } from '../../../shared/config/test-config.ts'
import type { UnpricedPolicy } from '../../../shared/models/unpriced-policy.ts'
import { done } from '../../../shared/result.ts'
import type { Intents } from '../accounting/intents/intents.ts'
import { testSettlement } from '../accounting/test-settlement.ts'
import { Admission } from '../admission/admit.ts'
import { OpenRequests } from '../admission/open-requests.ts'
import { KeyWatch, type KeyWatchOptions } from '../attempts/live/key-watch.ts'
import { LiveRequests } from '../attempts/live/live-requests.ts'
import type { QuotaTools } from '../attempts/waits/quota-pass.ts'
import { Continuations } from '../conversations/continuation.ts'
import { ResponseStore } from '../conversations/response-store.ts'
import { parsedShares, SharedBudget } from '../http/shared-budget.ts'
import { InlineJobs } from '../large/test-jobs.ts'
import { Pipeline } from '../pipeline.ts'
import type { Policy } from '../policies/policy.ts'
import { ObjectIds } from '../provider-objects/object-ids.ts'
import { type Target, TargetHealthTable } from '../providers/endpoint.ts'
import { testConnectOptions } from '../providers/test-connect.ts'
import { TestBody, TestReply, testHead } from '../request/test-request.ts'
import { LatencyEstimates } from '../routing/latency-estimates.ts'
import { type Deadline, TimerWheel } from '../routing/timer-wheel.ts'
import { type Snapshot, SnapshotCompiler } from '../snapshot/snapshot.ts'
import { ScriptedUpstream } from '../upstream/test-upstream.ts'
import { Entry } from './entry.ts'
import { FilesApi } from './files/files-api.ts'
import { Idempotency } from './idempotency/idempotency.ts'
import { InferenceApi } from './inference/inference-api.ts'
import { ModelsApi } from './models/models-api.ts'
import { RealtimeApi } from './realtime/realtime-api.ts'
import { ResponsesApi } from './responses/responses-api.ts'

const token = 'hg-a-key-of-the-team-search'
/** USD per million tokens: an input token costs 1,000 nano-dollars, one of output 2,000. */
const price = { inputPerMTok: 1, outputPerMTok: 2 }

export interface TestGatewayOptions {
  readonly endOf?: KeyWatchOptions['endOf']
  unpriced?: UnpricedPolicy
  readonly clock?: ManualClock
  readonly policies?: readonly Policy[]
  readonly quota?: QuotaTools
  readonly openRequests?: () => number
  readonly chance?: Chance
  /** Memory for what is made of bodies. */
  readonly parsedBytesMax?: number
  readonly intents?: Intents
  /** The store of responses and of answers for idempotency keys. */
  readonly state?: StateStore
  readonly idempotencyMs?: number
  /** The id of the owner, which two proxies of one cluster share. */
  readonly teamId?: string
  /** The name of the life of the process. */
  readonly boot?: string
  /** Members of every model's specification, beside its targets. */
  readonly model?: Omit<Partial<ModelSpec>, 'targets'>
}

export interface AskedCall {
  readonly path?: string
  readonly query?: string
  readonly method?: string
  readonly body?: object | string
  readonly headers?: Readonly<Record<string, string>>
}

/** The caller's side of one request. */
export interface TestCall {
  readonly reply: TestReply
  readonly body: TestBody
}

/** Knows every deadline that was ever armed. */
class WatchedWheel extends TimerWheel {
  readonly seen = new Set<Deadline>()

  override arm(deadline: Deadline, inMs: number): void {
    this.seen.add(deadline)
    super.arm(deadline, inMs)
  }
}

/** Models: `gpt` at one target of OpenAI's dialect, `pair` at two, one after the other, `claude`, `gem` and `aws` at targets of
 *  other dialects. */
export class TestGateway {
  readonly clock: ManualClock
  readonly upstream = new ScriptedUpstream()
  readonly jobs = new InlineJobs()
  readonly live = new LiveRequests()
  readonly parsedMemory: SharedBudget
  readonly outcome: ReturnType<typeof testSettlement>
  readonly #config = new TestConfig()
  readonly #wheel: WatchedWheel
  readonly #compiler: SnapshotCompiler
  readonly #keyWatch: KeyWatch
  readonly #pipeline: Pipeline
  #snapshot: Snapshot | undefined

  static async open(options: TestGatewayOptions = {}): Promise<TestGateway> {
    const gateway = new TestGateway(options)
    gateway.#configure(options)
    await gateway.#compile()
    return gateway
  }

  constructor(options: TestGatewayOptions) {
    const { policies = [], openRequests = () => 1, chance = () => 0, clock = new ManualClock() } = options
    const { parsedBytesMax = 1 << 30, intents } = options
    const { live, upstream } = this
    this.parsedMemory = new SharedBudget(parsedBytesMax, parsedShares)
    this.clock = clock
    this.outcome = testSettlement(clock)
    this.#wheel = new WatchedWheel(clock)
    const { settlement, notices, rejections } = this.outcome
    const notify = (notice: (typeof notices)[number]) => void notices.push(notice)
    const snapshot = () => this.#snapshot ?? ({ type: 'no-config' } as const)
    const ids = new ObjectIds(Buffer.alloc(32, 7))
    const state = options.state ?? openMemoryState({ clock })
    const store = new ResponseStore(state)
    const { idempotencyMs: windowMs = 86_400_000, boot = 'boot-1' } = options
    const idempotency = new Idempotency({ store: state, clock, settlement, windowMs, node: 'proxy-1', boot })
    const timers = this.#wheel
    const upstreamOf = () => upstream
    const { quota } = options
    const attempts = { clock, chance, notify, timers, settlement, live, intents, upstreamOf, quota }
    const common = { ...attempts, attempts, delivery: attempts, ids, jobs: this.jobs }
    const admission = new Admission({ clock, snapshot, openRequests, openRequestsMax: 10, open: new OpenRequests(100) })
    const entry = new Entry(policies, settlement)
    let made = 0
    const continuations = new Continuations(store, () => `resp_${++made}`, this.jobs)
    const openSocket = () => {
      throw new Error('no socket is played here')
    }
    this.#compiler = new SnapshotCompiler({
      ...testConnectOptions({ open: ({ $sealed }) => $sealed, unpriced: options.unpriced ?? 'allow-and-flag' }),
      clock,
      healthOfTargets: new TargetHealthTable(),
      latencyEstimates: new LatencyEstimates(),
    })
    const { endOf = () => undefined } = options
    this.#keyWatch = new KeyWatch({ live, clock, snapshot, endOf })
    this.#pipeline = new Pipeline({
      clock,
      chance,
      settlement,
      admission,
      apis: {
        inference: idempotency.before(new InferenceApi({ ...common, policies, continuations })),
        responses: entry.before(new ResponsesApi({ ...common, store })),
        files: idempotency.before(entry.before(new FilesApi(common))),
        models: new ModelsApi(settlement),
      },
      realtime: new RealtimeApi({ admission, entry, live, tools: { ...attempts, openSocket } }),
      standing: () => ({ status: 'ok', reasons: [] }),
      isReady: () => true,
      idPrefix: 'req_',
      clusterMarks: ['mark'],
      parsedMemory: this.parsedMemory,
      countRejection: (code) => void rejections.push(code),
    })
    timers.start()
    this.#keyWatch.start()
  }

  /** A request whose body has come whole. */
  call({
    path = '/v1/chat/completions',
    query = '',
    method = 'POST',
    body: text = {},
    headers = {},
  }: AskedCall): TestCall {
    const authorization = headers['authorization'] ?? `Bearer ${token}`
    const [reply, body] = [new TestReply(), new TestBody(text)]
    const onBody = this.#pipeline.onHead(testHead({ method, path, query, authorization, headers }), reply)
    onBody?.(body)
    return { reply, body }
  }

  /** The one record that a request left. */
  get record() {
    const { records } = this.outcome.recorder
    if (records.length !== 1) throw new Error(`${records.length} records were written`)
    return records[0]!
  }

  /** The records of all attempts. */
  get attempts() {
    return this.outcome.recorder.attempts.flat()
  }

  /** What no request may leave behind: attempts in flight, armed deadlines, entries in the list of open requests. */
  get leftovers(): { inFlight: number; armed: number; live: number } {
    const targets = this.#current.everyRoute().flatMap((route) => route.targets.map(({ target }) => target))
    const inFlight = new Set(targets.map(({ health }) => health))
    return {
      inFlight: [...inFlight].reduce((sum, health) => sum + health.inFlight, 0),
      armed: [...this.#wheel.seen].filter(({ deadlineSlot }) => deadlineSlot >= 0).length,
      live: this.live.size,
    }
  }

  target(model: string): Target {
    const target = this.#current.routeOf(model)?.targets[0]?.target
    if (target === undefined) throw new Error(`${model} has no target`)
    return target
  }

  /** Sets a resource, and returns when the gateway serves it. */
  async put(kind: EnforcedKind, name: string, input: object): Promise<void> {
    const set = this.#config.put(kind, name, input)
    if (!set.ok) throw new Error(JSON.stringify(set.error))
    await this.#compile()
  }

  async revokeKey(): Promise<void> {
    this.#config.settle(done({ type: 'key-revoked', keyId: 'key_1' }))
    await this.#compile()
    this.#keyWatch.look()
  }

  get #current(): Snapshot {
    if (this.#snapshot === undefined) throw new Error('nothing is configured')
    return this.#snapshot
  }

  async #compile(): Promise<void> {
    this.#snapshot = await this.#compiler.compile(forkState(this.#config.state))
  }

  #configure({ model = {}, teamId }: TestGatewayOptions): void {
    const config = this.#config
    const credentials = [{ name: 'main', apiKey: 'sk-0123456789-abcdef' }]
    const target = (provider: string, name: string) => ({ provider, model: name, price })
    const one = { retries: { attempts: 0 }, ...model }
    const { state } = config
    const owner = { team: 'search' }
    const issued = {
      id: 'key_1',
      input: { name: 'one', owner },
      tokenHash: hash('sha256', token, 'hex'),
      prefix: 'hg',
      at,
      teamId: '',
    }
    const decisions = [
      config.put('providers', 'up', { kind: 'openai', credentials }),
      config.put('providers', 'spare', { kind: 'openai', baseUrl: 'https://spare.example/v1', credentials }),
      config.put('providers', 'anthropic', { kind: 'anthropic', credentials }),
      config.put('providers', 'google', { kind: 'gemini', credentials }),
      config.put('providers', 'aws', { kind: 'bedrock', region: 'us-east-1', credentials }),
      config.put('models', 'gpt', { targets: [target('up', 'gpt-4o')], ...one }),
      config.put('models', 'pair', {
        targets: [target('up', 'gpt-4o'), target('spare', 'gpt-4o')],
        routing: 'priority',
        ...model,
      }),
      config.put('models', 'claude', { targets: [target('anthropic', 'claude-sonnet-4-5')], ...one }),
      config.put('models', 'gem', { targets: [target('google', 'gemini-2.5-flash')], ...one }),
      config.put('models', 'aws', { targets: [target('aws', 'amazon.nova-lite-v1:0')], ...one }),
      config.put('teams', 'search', teamId === undefined ? { costCenter: '4711' } : { costCenter: '4711', id: teamId }),
      config.settle(decideIssueKey(state, issued)),
    ]
    for (const decision of decisions) if (!decision.ok) throw new Error(JSON.stringify(decision.error))
  }
}

const at = '2023-01-01T00:00:00.000Z'
