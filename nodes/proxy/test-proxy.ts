// A whole proxy for tests: a real log in a folder of its own, a real data port, and a bus that tests can listen to.
import { hash, randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { subjects } from '../../cluster/bus/bus.ts'
import { LocalBus } from '../../cluster/bus/local-bus.ts'
import { Follower } from '../../cluster/config-log/follower/follower.ts'
import { HighWaterFile } from '../../cluster/config-log/log/high-water.ts'
import { SqliteLog } from '../../cluster/config-log/sqlite/sqlite-log.ts'
import { ConfigWriter } from '../../cluster/config-log/writer/config-writer.ts'
import { deriveKeys } from '../../cluster/secrets/keys.ts'
import { systemClock } from '../../shared/clock.ts'
import type { Change } from '../../shared/config/events.ts'
import type { ModelSpec } from '../../shared/config/kinds/models/spec.ts'
import type { ProviderSpec } from '../../shared/config/kinds/providers/spec.ts'
import type { Notice } from '../../shared/notice.ts'
import { done } from '../../shared/result.ts'
import { parseSettings } from '../../shared/settings.ts'
import { type Batch, decodeBatch } from '../../shared/telemetry/batch.ts'
import { startProxy } from './main.ts'

const masterKey = new Uint8Array(32).fill(7)

export interface TestProxy {
  readonly base: string
  readonly port: number
  readonly notices: Notice[]
  readonly batches: Batch[]
  /** Returns when the proxy serves the change. */
  change(changes: Change[]): Promise<void>
  issueKey(options?: { models?: string[] }): Promise<{ id: string; secret: string }>
  stop(): Promise<void>
}

export function providerSet(name: string, spec: ProviderSpec): Change {
  return { type: 'provider-set', name, spec, origin: 'api' }
}

export function modelSet(name: string, spec: ModelSpec): Change {
  return { type: 'model-set', name, spec, origin: 'api' }
}

export async function startTestProxy(environment: Record<string, string> = {}): Promise<TestProxy> {
  const dataDir = mkdtempSync(join(tmpdir(), 'headgate-proxy-'))
  mkdirSync(join(dataDir, 'config'))
  mkdirSync(join(dataDir, 'spool'))
  const { macKey } = deriveKeys(masterKey)
  const highWater = new HighWaterFile(join(dataDir, 'config', 'high-water.json'), macKey)
  const log = new SqliteLog({ path: join(dataDir, 'config', 'log.sqlite'), highWater })
  const notices: Notice[] = []
  const follower = new Follower({
    log,
    macKey,
    clock: systemClock,
    highWater,
    notify: () => {},
    keepLastGood: false,
    onState: () => {},
  })
  await follower.boot()
  const writer = new ConfigWriter({ log, follower, macKey, clock: systemClock, newCommandId: randomUUID })
  const bus = new LocalBus()
  const batches: Batch[] = []
  bus.subscribe(subjects.telemetryBatch, (bytes) => {
    const batch = decodeBatch(bytes)
    if (batch.ok) batches.push(batch.value)
  })
  const settings = parseSettings({ HEADGATE_PORT: '0', ...environment }, () => '')
  if (!settings.ok) throw new Error(JSON.stringify(settings.error))
  const write = async (changes: Change[]) => {
    const change = { type: 'change-set' as const, changes }
    const written = await writer.write({ actor: 'test', reason: 'test', decide: () => done(change) })
    if (!written.ok) throw new Error(JSON.stringify(written.error))
    return written.value.revision
  }
  await write([{ type: 'team-set', name: 'default', spec: {}, origin: 'bootstrap' }])
  let appliedRevision = 0
  bus.subscribe(subjects.configApplied, (bytes) => {
    appliedRevision = (JSON.parse(new TextDecoder().decode(bytes)) as { revision: number }).revision
  })
  const proxy = await startProxy({
    settings: settings.value,
    masterKeys: [masterKey],
    dataDir,
    bus,
    environment,
    clock: systemClock,
    node: { name: 'test-proxy', role: 'all', version: '0.0.0' },
    chance: Math.random,
    notify: (notice) => notices.push(notice),
    isNodeReady: () => true,
  })
  const change = async (changes: Change[]) => {
    const revision = await write(changes)
    bus.publish(subjects.configAppended, new TextEncoder().encode('{}'))
    while (appliedRevision < revision) await new Promise((resolve) => setTimeout(resolve, 2))
  }
  return {
    notices,
    batches,
    change,
    port: proxy.port,
    base: `http://127.0.0.1:${proxy.port}`,
    async issueKey(options = {}) {
      const secret = `hg_${randomUUID()}`
      const id = `key_${randomUUID()}`
      const record = {
        id,
        name: 'test',
        owner: { team: 'default' },
        prefix: secret.slice(0, 6),
        createdAt: '2026-01-01T00:00:00Z',
      }
      await change([{ type: 'key-issued', key: { ...record, ...options, tokenHash: hash('sha256', secret, 'hex') } }])
      return { id, secret }
    },
    async stop() {
      await proxy.drain(0)
      await writer.stop()
      await follower.stop()
      await log.close()
      bus.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
