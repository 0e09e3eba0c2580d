// A provider with batches, and proxies that watch them over one state store, for tests.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileSystem } from '../../../../cluster/data-folder/disk.ts'
import { openMemoryState } from '../../../../cluster/state/memory-state-store.ts'
import type { StateStore } from '../../../../cluster/state/state-store.ts'
import { ManualClock } from '../../../../shared/clock.ts'
import { priceOfRates } from '../../../../shared/models/price.ts'
import type { Notice } from '../../../../shared/notice.ts'
import { type TestSettlement, testSettlement } from '../../accounting/test-settlement.ts'
import type { Policy, Spent } from '../../policies/policy.ts'
import { markName } from '../../provider-objects/object-answers.ts'
import { ObjectIds, type Payer } from '../../provider-objects/object-ids.ts'
import { testTarget } from '../../providers/test-target.ts'
import { routeTo, testSnapshot } from '../../request/test-request.ts'
import type { Upstream, UpstreamCall, UpstreamHandler, UpstreamRequest } from '../../upstream/upstream.ts'
import { BatchClaims } from './batch-claims.ts'
import { BatchNotes } from './batch-notes.ts'
import { BatchWatch } from './batch-watch.ts'

export const ids = new ObjectIds(new Uint8Array(32).fill(7))
const pollMs = 60_000
const price = priceOfRates({ input: 1, output: 2 }, { type: 'configured' })
const payer: Payer = { keyId: 'key_1', team: 'search', user: 'ann', app: '', costCenter: '4711' }

const vault = testTarget({ provider: 'vault', model: '' })
export const account = { provider: 'vault', credential: 'main' }
const routes = {
  fast: routeTo('fast', { ...testTarget({ provider: 'vault', model: 'gpt-fast' }), price }),
  smart: routeTo('smart', { ...testTarget({ provider: 'vault', model: 'gpt-fast-smart' }), price }),
  free: routeTo('free', testTarget({ provider: 'vault', model: 'gpt-none' })),
}

export function batchObject(id: string, more: object = {}, models: readonly string[] = ['fast']) {
  const token = ids.tokenOf({ owner: 'team search', models, payer })
  return { id, object: 'batch', status: 'in_progress', output_file_id: null, metadata: { [markName]: token }, ...more }
}

export const answered = (model: string, input: number, output: number) =>
  JSON.stringify({
    response: { status_code: 200, body: { model, usage: { prompt_tokens: input, completion_tokens: output } } },
  })

/** Answers by path; a number is a status without a body. */
export class TestProvider implements Upstream {
  readonly answers = new Map<string, object | string | number>()
  readonly asked: string[] = []

  send({ path }: UpstreamRequest, handler: UpstreamHandler): UpstreamCall {
    this.asked.push(path)
    const answer = this.answers.get(path) ?? 404
    queueMicrotask(() => {
      const status = typeof answer === 'number' ? answer : 200
      if (status === 0) return handler.onError({ type: 'reset', sent: true, message: '' })
      handler.onHead({ status, header: () => undefined })
      if (typeof answer !== 'number')
        handler.onData(Buffer.from(typeof answer === 'string' ? answer : JSON.stringify(answer)))
      handler.onEnd()
    })
    return { sent: true, pause() {}, resume() {}, abort() {} }
  }

  close(): void {}

  batch(id: string, batch: object): void {
    this.answers.set(`/v1/batches/${id}`, batch)
  }

  output(id: string, lines: readonly string[]): void {
    this.answers.set(`/v1/files/${id}/content`, `${lines.join('\n')}\n`)
  }
}

export class TestProxy {
  readonly name: string
  readonly world: BatchWorld
  readonly spent: Spent[] = []
  readonly notices: Notice[] = []
  readonly settled: TestSettlement
  watch!: BatchWatch
  /** Called before a record is written. */
  onBook: () => void = () => {}

  constructor(world: BatchWorld, name: string) {
    this.world = world
    this.name = name
    this.settled = testSettlement(world.clock)
    this.start()
  }

  /** Begins another life, over the same folder. */
  start(): void {
    const { clock, store, provider, folder } = this.world
    const policy: Policy = {
      name: 'p',
      governs: () => true,
      decide: (_, asked) => ({ type: 'proceed', asked }),
      charge: (_, spent) => void this.spent.push(spent),
    }
    const { settlement } = this.settled
    const settle = settlement.settle.bind(settlement)
    const guarded = Object.assign(Object.create(settlement), {
      settle: (...args: Parameters<typeof settle>) => {
        this.onBook()
        settle(...args)
      },
    })
    this.watch = new BatchWatch({
      node: this.name,
      clock,
      ids,
      pollMs,
      settlement: guarded,
      policies: [policy],
      claims: new BatchClaims(store),
      notes: new BatchNotes(join(folder, this.name), fileSystem),
      notify: (notice) => void this.notices.push(notice),
      snapshot: () => testSnapshot(routes, { vault }),
      upstreamOf: () => provider,
    })
    this.watch.start()
  }

  restart(): void {
    this.watch.stop()
    this.start()
  }

  get records() {
    return this.settled.recorder.records
  }

  get attempts() {
    return this.settled.recorder.attempts.flat()
  }

  get open(): number | undefined {
    return this.watch.queues()['batches']?.length
  }
}

export class BatchWorld {
  readonly clock = new ManualClock(Date.UTC(2026, 10, 30))
  readonly provider = new TestProvider()
  readonly folder = mkdtempSync(join(tmpdir(), 'headgate-batches-'))
  store: StateStore = openMemoryState({ clock: this.clock })

  proxy(name: string): TestProxy {
    return new TestProxy(this, name)
  }

  /** Lets time pass, and what follows from it happen. */
  async pass(ms = pollMs): Promise<void> {
    this.clock.advance(ms)
    for (let turn = 0; turn < 50; turn++) await Promise.resolve()
    this.clock.advance(0)
    for (let turn = 0; turn < 50; turn++) await Promise.resolve()
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
