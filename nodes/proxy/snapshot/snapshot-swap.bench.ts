// How long a proxy's requests wait for a new configuration: one event, and ten thousand that arrive at once, over many keys
// and models. Run: node nodes/proxy/snapshot/snapshot-swap.bench.ts [keys] [models]. Default: 100,000 and 1,000. The bound is 20 ms.
import { hash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Follower } from '../../../cluster/config-log/follower/follower.ts'
import { LastGood } from '../../../cluster/config-log/follower/last-good.ts'
import {
  chainOf,
  fillLog,
  measured,
  openScaleLog,
  scaleChange,
} from '../../../cluster/config-log/follower/scale.fixture.ts'
import { rigMacKey as macKey } from '../../../cluster/config-log/writer/log-rig.ts'
import { systemClock } from '../../../shared/clock.ts'
import type { Change } from '../../../shared/config/events.ts'
import { TargetHealthTable } from '../providers/endpoint.ts'
import { testConnectOptions } from '../providers/test-connect.ts'
import { LatencyEstimates } from '../routing/latency-estimates.ts'
import { type Snapshot, SnapshotCompiler } from './snapshot.ts'

const [keys = 100_000, models = 1_000] = process.argv.slice(2, 4).map(Number)
const folder = mkdtempSync(join(tmpdir(), 'headgate-swap-'))
const clock = systemClock

try {
  const filled = await fillLog({ folder, keys, events: keys + 100 })
  const chained = chainOf(filled)
  const { log, highWater } = openScaleLog(folder)
  const append = async (page: ReturnType<typeof chained.next>[]) => {
    await Promise.all(page.map(({ sealed, after }) => log.append(sealed, after)))
  }
  const provider = { kind: 'openai', baseUrl: 'http://127.0.0.1:8000/v1' } as const
  await append([chained.next(() => ({ type: 'provider-set', name: 'up', spec: provider, origin: 'api' }))])
  for (let at = 0; at < models; at++) await append([chained.next(() => modelSet(at))])

  const compiler = new SnapshotCompiler({
    ...testConnectOptions(),
    healthOfTargets: new TargetHealthTable(),
    latencyEstimates: new LatencyEstimates(),
    clock,
  })
  let snapshot: Snapshot | undefined
  const lastGood = new LastGood({ folder, macKey, notify: () => {} })
  const follower = new Follower({
    log,
    macKey,
    clock,
    notify: () => {},
    highWater,
    lastGood,
    keepLastGood: true,
    onState: async (state) => {
      snapshot = await compiler.compile(state)
    },
  })
  await measured('boot, without a copy', () => follower.boot())
  await measured('its snapshot, beside the serving', () => lastGood.settled())
  for (const [what, count, change] of [
    ['one key', 1, (revision: number) => scaleChange(revision, keys)],
    ['one model', 1, () => modelSet(0)],
    ['10,000 keys at once', 10_000, (revision: number) => scaleChange(revision, keys)],
    ['all models at once', models, (revision: number) => modelSet(revision % models)],
    ['the provider of all models', 1, () => ({ type: 'provider-set', name: 'up', spec: provider, origin: 'api' })],
  ] as [string, number, (revision: number) => Change][]) {
    await append(Array.from({ length: count }, () => chained.next(change)))
    await measured(what, () => follower.look())
    await measured('  and its snapshot, if any', () => lastGood.settled())
  }
  const token = (1 + 100).toString(16).padStart(64, '0')
  await measured(
    'a caller that nobody asked for yet',
    async () => snapshot?.callers.get(token) ?? hash('sha256', token),
  )
  await follower.stop()
  await log.close()
} finally {
  rmSync(folder, { recursive: true })
}

function modelSet(at: number): Change {
  const spec = { targets: [{ provider: 'up', model: 'gpt-4o', weight: 1 + (at % 7) }] }
  return { type: 'model-set', name: `model-${at}`, spec, origin: 'api' }
}
