// A process that serves, with a link that keeps its copy of the log, and a control node elsewhere that appends.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Bus, subjects } from '../../cluster/bus/bus.ts'
import { LocalBus } from '../../cluster/bus/local-bus.ts'
import { MemoryLog } from '../../cluster/config-log/log/memory-log.ts'
import { connectedLink } from '../../cluster/config-log/replication/jetstream-rig.ts'
import { ReplicatedLog } from '../../cluster/config-log/replication/replicated-log.ts'
import { SqliteLog } from '../../cluster/config-log/sqlite/sqlite-log.ts'
import { JetStreamStream } from '../../cluster/config-log/stream/jetstream-stream.ts'
import { bootRig, type Rig, setTeam } from '../../cluster/config-log/writer/log-rig.ts'
import { LinkWatch } from '../../cluster/membership/link-watch.ts'
import { findNatsServer, type NatsRig, startNatsRig } from '../../cluster/nats/nats-rig.ts'
import { deriveKeys } from '../../cluster/secrets/keys.ts'
import { systemClock } from '../../shared/clock.ts'
import { startLink } from './main.ts'

const masterKey = new Uint8Array(32).fill(9)
const { macKey } = deriveKeys(masterKey)
const within = { timeout: 60_000, interval: 10 }
let rig: NatsRig
let folder: string
let closing: (() => Promise<unknown>)[] = []
beforeEach(async (context) => {
  if (findNatsServer() === undefined) context.skip('nats-server is not installed')
  rig = await startNatsRig()
  folder = mkdtempSync(join(tmpdir(), 'headgate-log-copy-'))
})
afterEach(async () => {
  for (const close of closing.reverse()) await close()
  closing = []
  await rig.dispose()
  rmSync(folder, { recursive: true, force: true })
})

async function startControl(): Promise<Rig> {
  const link = await connectedLink(rig.url)
  const stream = new JetStreamStream({ link, clock: systemClock })
  const around = { macKey, clock: systemClock, notify: () => {} }
  const log = new ReplicatedLog({ ...around, stream, copy: new MemoryLog(), mayCreate: () => true })
  await log.start()
  const control = await bootRig({ log, macKey })
  closing.push(async () => {
    await control.stop()
    await link.close()
  })
  return control
}

/** Starts one process: its serving part knows only its own bus and its own file. */
async function startProcess(name: string) {
  const bus: Bus = new LocalBus()
  const files = {
    log: join(folder, `${name}.sqlite`),
    highWater: join(folder, `${name}.json`),
    dataKeys: join(folder, `${name}-keys.json`),
    forgottenOwners: join(folder, `${name}-owners.json`),
    usage: join(folder, `${name}-usage.sqlite`),
    state: join(folder, `${name}-state.sqlite`),
    budgets: join(folder, `${name}-budgets.sqlite`),
  }
  const nats = { servers: [rig.url], credsFile: undefined, caFile: undefined, acceptsUnsigned: false }
  const around = { bus, clock: systemClock, chance: Math.random, notify: () => {} }
  const watch = new LinkWatch(bus, systemClock)
  const link = startLink({ ...around, node: name, nats, masterKeys: [masterKey], copy: { files } })
  const serving = await bootRig({ log: new SqliteLog({ path: files.log, readOnly: true }), macKey })
  const hint = bus.subscribe(subjects.configAppended, () => void serving.follower.look())
  const close = async () => {
    hint.stop()
    await serving.stop()
    await link.close()
  }
  closing.push(close)
  return { serving, link, watch, close, revision: () => serving.follower.status.revision }
}

test('what control appends is served by processes that only hear their own bus', async () => {
  const control = await startControl()
  const processes = await Promise.all(['a', 'b'].map(startProcess))
  for (let n = 1; n <= 20; n++) {
    const written = await control.writer.write(setTeam(`team-${n}`))
    expect(written).toMatchObject({ ok: true, value: { revision: n } })
    for (const { revision } of processes) await expect.poll(revision, within).toBe(n)
  }
  const [a, b] = processes.map(({ serving }) => serving.follower.status.hash)
  expect(a).toBe(b)
  await expect
    .poll(() => processes[0]?.watch.state?.log, within)
    .toMatchObject({ state: 'following', copyRevision: 20 })
})

test('a process that starts without NATS serves its copy, and catches up when NATS is back', async () => {
  const control = await startControl()
  await control.writer.write(setTeam('first'))
  const before = await startProcess('a')
  await expect.poll(before.revision, within).toBe(1)
  await before.close()
  closing.pop()
  await control.writer.write(setTeam('second'))
  await rig.kill()
  const after = await startProcess('a')
  expect(after.revision()).toBe(1)
  await expect.poll(() => after.link.troubles(), within).toMatchObject([{ level: 'degraded' }])
  await rig.start()
  await expect.poll(after.revision, within).toBe(2)
  await expect.poll(() => after.link.troubles(), within).toEqual([])
})
