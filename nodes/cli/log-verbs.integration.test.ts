// The verbs that look at the log of a cluster themselves: over a real server, beside a data folder whose node does not run.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Follower } from '../../cluster/config-log/follower/follower.ts'
import { HighWaterFile } from '../../cluster/config-log/log/high-water.ts'
import { connectedLink } from '../../cluster/config-log/replication/jetstream-rig.ts'
import { ReplicatedLog } from '../../cluster/config-log/replication/replicated-log.ts'
import { SqliteLog } from '../../cluster/config-log/sqlite/sqlite-log.ts'
import { JetStreamStream } from '../../cluster/config-log/stream/jetstream-stream.ts'
import { ConfigWriter } from '../../cluster/config-log/writer/config-writer.ts'
import { setTeam } from '../../cluster/config-log/writer/log-rig.ts'
import { openDataFolder } from '../../cluster/data-folder/data-folder.ts'
import { findNatsServer, type NatsRig, startNatsRig } from '../../cluster/nats/nats-rig.ts'
import { deriveKeys } from '../../cluster/secrets/keys.ts'
import { systemClock } from '../../shared/clock.ts'
import { exitCode } from './exit-code.ts'
import { runCli } from './program.ts'

const masterKey = new Uint8Array(32).fill(7)
const teams = 12
let rig: NatsRig
let root: string
let dataDir: string
beforeEach(async (context) => {
  if (findNatsServer() === undefined) context.skip('nats-server is not installed')
  rig = await startNatsRig()
  root = mkdtempSync(join(tmpdir(), 'headgate-verbs-'))
  dataDir = join(root, 'node')
  await writeHistory()
})
afterEach(async () => {
  await rig?.dispose()
  rmSync(root, { recursive: true, force: true })
})

/** The remains of a control node: a stream, and a data folder with its copy. */
async function writeHistory(): Promise<void> {
  const folder = openDataFolder({ path: dataDir, masterKey, embedded: true, pid: process.pid })
  if (!folder.ok) throw new Error(folder.error.message)
  const { macKey } = deriveKeys(masterKey)
  const { files } = folder.value
  const link = await connectedLink(rig.url)
  const copy = new SqliteLog({ path: files.log, highWater: new HighWaterFile(files.highWater, macKey) })
  const common = { macKey, clock: systemClock, notify: () => {} }
  const stream = new JetStreamStream({ link, clock: systemClock })
  const log = new ReplicatedLog({ ...common, stream, copy, mayCreate: () => true })
  await log.start()
  const follower = new Follower({ ...common, log, onState: () => {}, keepLastGood: false })
  await follower.boot()
  let command = 0
  const writer = new ConfigWriter({
    log,
    follower,
    macKey,
    clock: systemClock,
    newCommandId: () => `command-${command++}`,
  })
  for (let i = 1; i <= teams; i++) await writer.write(setTeam(`team-${i}`))
  await writer.stop()
  await follower.stop()
  await log.close()
  await link.close()
  folder.value.release()
}

async function run(...argv: string[]) {
  const out: string[] = []
  const err: string[] = []
  const environment = {
    HEADGATE_DATA_DIR: dataDir,
    HEADGATE_NATS_URL: rig.url,
    HEADGATE_MASTER_KEY: Buffer.from(masterKey).toString('base64'),
    HEADGATE_CONTROL_URL: 'http://127.0.0.1:1',
  }
  const terminal = {
    out: (text: string) => out.push(text),
    err: (text: string) => err.push(text),
    colours: false,
    write: () => Promise.resolve(),
  }
  const code = await runCli(argv, { version: '0', start: async () => {}, environment, terminal })
  return { code, out: out.join('\n'), err: err.join('\n'), json: () => JSON.parse(out.join('\n')) }
}

async function withManager<Value>(
  use: (names: { publish(data: string): Promise<unknown>; remove(): Promise<unknown> }) => Promise<Value>,
) {
  const connection = await connect({ servers: rig.url })
  try {
    const manager = await jetstreamManager(connection)
    return await use({
      publish: (data) => jetstream(connection).publish('cfg.event', data),
      remove: () => manager.streams.delete('CFG'),
    })
  } finally {
    await connection.close()
  }
}

test('the stream and the copy are replayed to the same state, at any revision', async () => {
  const replayed = async (...options: string[]) => (await run('replay', '--json', ...options)).json()
  const [copy, stream, path] = [await replayed(), await replayed('--from', 'stream'), await replayed('--from', dataDir)]
  expect(copy).toMatchObject({ revision: teams, resources: { teams: { 'team-12': {} } } })
  expect([stream, path]).toEqual([copy, copy])
  expect(await replayed('--from', 'stream', '--to', '5')).toEqual(await replayed('--to', '5'))
  const changed = await run('replay', '--from', 'stream', '--to', '7', '--diff', '5')
  expect(changed.out.split('\n')).toEqual([expect.stringContaining('team-6'), expect.stringContaining('team-7')])
})

test('an intact stream is found intact, and one with a forged event is broken where that stands', async () => {
  expect((await run('log', 'verify', '--stream')).code).toBe(exitCode.ok)
  await withManager(({ publish }) => publish('{"forged":true}'))
  const told = await run('log', 'verify', '--stream', '--json')
  expect([told.code, told.json()]).toEqual([
    exitCode.damaged,
    expect.objectContaining({ intact: false, problems: [expect.stringMatching(/damaged at revision 13/)] }),
  ])
  expect((await run('log', 'verify')).code).toBe(exitCode.ok)
})

test('a stream that is gone is made anew, but only when that is asked for', async () => {
  await withManager(({ remove }) => remove())
  const gone = await run('log', 'verify', '--stream')
  expect([gone.code, gone.err]).toEqual([exitCode.unreachable, expect.stringMatching(/there is no stream/)])
  const asked = await run('log', 'repair')
  expect([asked.code, asked.out]).toEqual([
    exitCode.no,
    expect.stringMatching(/verifies up to 12[\s\S]*make the stream anew[\s\S]*--yes/),
  ])
  expect((await run('log', 'repair', '--dry-run')).code).toBe(exitCode.no)
  expect((await run('log', 'verify', '--stream')).code).toBe(exitCode.unreachable)
  expect((await run('log', 'repair', '--yes')).out).toMatch(/repaired, up to revision 12/)
  expect((await run('log', 'verify', '--stream', '--json')).json()).toMatchObject({ intact: true, revision: teams })
  expect((await run('log', 'repair', '--json')).json().outcome).toEqual({ type: 'intact' })
})

test('beside a node that runs nothing is repaired', async () => {
  const folder = openDataFolder({ path: dataDir, masterKey, embedded: true, pid: process.pid })
  const told = await run('log', 'repair', '--yes')
  expect([told.code, told.err]).toEqual([exitCode.no, expect.stringMatching(`process ${process.pid} holds its lock`)])
  if (folder.ok) folder.value.release()
})

test('usage that contradicts itself ends with 2, and NATS that is away with 3', async () => {
  expect((await run('log', 'repair', '--yes', '--dry-run')).code).toBe(exitCode.usage)
  expect((await run('log', 'repair', '--overrule', 'neither')).code).toBe(exitCode.usage)
  await rig.kill()
  const away = await run('log', 'verify', '--stream')
  expect([away.code, away.err]).toEqual([exitCode.unreachable, expect.stringMatching(/NATS does not answer/)])
})

test('doctor looks at the servers and at the stream', async () => {
  const found = async () =>
    (await run('doctor', '--json')).json().findings as { check: string; level: string; message: string }[]
  const levels = async () => Object.fromEntries((await found()).map(({ check, level }) => [check, level]))
  expect(await levels()).toMatchObject({ NATS: 'ok', 'log stream': 'ok' })
  await withManager(({ remove }) => remove())
  expect(await levels()).toMatchObject({ NATS: 'ok', 'log stream': 'warning' })
  await rig.kill()
  expect(await levels()).toMatchObject({ NATS: 'error' })
})
