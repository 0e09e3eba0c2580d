import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, expect, test } from 'vitest'
import { systemClock } from '../../../shared/clock.ts'
import type { SealedEvent } from '../log/config-log.ts'
import { chain, event } from '../log/config-log-contract.ts'
import { HighWaterFile } from '../log/high-water.ts'
import { bootDiskRig } from '../sqlite/disk-rig.ts'
import { SqliteLog } from '../sqlite/sqlite-log.ts'
import { MemoryStream, MemoryStreamStorage } from '../stream/memory-stream.ts'
import { rigMacKey, setTeam } from '../writer/log-rig.ts'
import { type RepairOptions, repairLog } from './repair.ts'

const root = mkdtempSync(join(tmpdir(), 'headgate-repair-'))
afterAll(() => rmSync(root, { recursive: true }))

const events = chain(40)

function filesIn(folder: string) {
  return { log: join(folder, 'log.sqlite'), highWater: join(folder, 'high-water.json') }
}

/** Makes a node's folder with a copy of these events. */
async function folderOf(content: readonly SealedEvent[]) {
  const folder = mkdtempSync(join(root, 'node-'))
  const files = filesIn(folder)
  const log = new SqliteLog({ path: files.log, highWater: new HighWaterFile(files.highWater, rigMacKey) })
  await Promise.all(content.map((one, index) => log.append(one, index)))
  await log.close()
  return { folder, files }
}

async function streamOf(content: readonly SealedEvent[]): Promise<MemoryStreamStorage> {
  const storage = new MemoryStreamStorage()
  storage.make()
  for (const [index, one] of content.entries()) await new MemoryStream(storage).publish(one, index)
  return storage
}

function repair(folder: string, stream: MemoryStreamStorage | undefined, options: Partial<RepairOptions> = {}) {
  return repairLog({
    files: filesIn(folder),
    others: [],
    macKey: rigMacKey,
    clock: systemClock,
    isDry: false,
    acceptsLoss: false,
    stream: stream === undefined ? undefined : new MemoryStream(stream),
    ...options,
  })
}

function change(path: string, sql: string): void {
  const database = new DatabaseSync(path)
  database.exec(sql)
  database.close()
}

const hashes = (storage: MemoryStreamStorage) => storage.messages?.map(({ hash }) => hash)
const hashesOf = (content: readonly SealedEvent[]) => content.map(({ hash }) => hash)

async function copyHashes(folder: string) {
  const files = filesIn(folder)
  const log = new SqliteLog({ path: files.log, highWater: new HighWaterFile(files.highWater, rigMacKey) })
  const page = await log.read(0, 1_000)
  await log.close()
  return page.ok ? page.value.map(({ hash }) => hash) : page.error
}

test('where stream and copy hold the same nothing is done', async () => {
  const { folder } = await folderOf(events)
  const before = readdirSync(folder).sort()
  const report = await repair(folder, await streamOf(events))
  expect(report).toMatchObject({ outcome: { type: 'intact' }, head: { revision: 40, hash: events[39]!.hash } })
  expect(report.sources).toMatchObject([
    { claims: 40, whole: 40, broken: undefined },
    { name: 'the stream', claims: 40, whole: 40, broken: undefined },
  ])
  expect(readdirSync(folder).sort()).toEqual(before)
})

test('a copy that is behind is left to catch up', async () => {
  const { folder } = await folderOf(events.slice(0, 7))
  expect(await repair(folder, await streamOf(events))).toMatchObject({
    outcome: { type: 'intact' },
    head: { revision: 40 },
  })
})

const gone = async () => new MemoryStreamStorage()
const forged = { ...event('forged', { revision: 41, prevHash: events[39]!.hash }), mac: '0'.repeat(64) }
const shifted = async () => {
  const storage = await streamOf(events)
  // The stream is as after the loss of a block: later messages have the sequences of lost ones.
  storage.messages = storage.messages!.toSpliced(9, 20).map((one, index) => ({ ...one, sequence: index + 1 }))
  return storage
}
test.each([
  ['gone', gone],
  ['empty', () => streamOf([])],
  ['rewound', () => streamOf(events.slice(0, 12))],
  ['forged at its end', () => streamOf([...events, forged])],
  ['of another history', () => streamOf([event('other')].map((one) => ({ ...one, mac: '0'.repeat(64) })))],
  ['shifted', shifted],
])('a stream that is %s is made anew from the copy, with revisions as sequences', async (_what, prepare) => {
  const { folder } = await folderOf(events)
  const stream = await prepare()
  const before = hashes(stream)
  expect(await repair(folder, stream, { isDry: true })).toMatchObject({
    outcome: { type: 'needed', steps: ['remake-stream'] },
  })
  expect(hashes(stream)).toEqual(before)
  const report = await repair(folder, stream)
  expect(report).toMatchObject({ outcome: { type: 'repaired', steps: ['remake-stream'] }, head: { revision: 40 } })
  expect(hashes(stream)).toEqual(hashesOf(events))
  expect(stream.messages?.map(({ sequence }) => sequence)).toEqual(events.map((_one, index) => index + 1))
  expect(await repair(folder, stream)).toMatchObject({ outcome: { type: 'intact' } })
})

test('what only the stream holds is kept when the stream is made anew', async () => {
  const { folder } = await folderOf(events.slice(0, 25))
  const stream = await streamOf([...events, forged])
  expect(await repair(folder, stream)).toMatchObject({ outcome: { type: 'repaired', steps: ['remake-stream'] } })
  expect(hashes(stream)).toEqual(hashesOf(events))
})

test.each([
  ['a changed row', "UPDATE event SET bytes = x'00' WHERE revision = 11"],
  ['a row missing', 'DELETE FROM event WHERE revision = 11'],
  ['its newest rows missing', 'DELETE FROM event WHERE revision > 30'],
  ['no rows', 'DELETE FROM event'],
])('a copy with %s is replaced, and the damaged one stays beside it', async (_what, sql) => {
  const { folder, files } = await folderOf(events)
  change(files.log, sql)
  const report = await repair(folder, await streamOf(events))
  expect(report).toMatchObject({ outcome: { type: 'repaired', steps: ['replace-copy'] }, head: { revision: 40 } })
  expect(await copyHashes(folder)).toEqual(hashesOf(events))
  expect(readdirSync(folder)).toContain('log.sqlite.damaged')
  expect(readdirSync(folder).some((name) => name.includes('.repair'))).toBe(false)
})

test('a copy that is no database is replaced', async () => {
  const { folder, files } = await folderOf(events)
  writeFileSync(files.log, 'x'.repeat(20_000))
  expect(await repair(folder, await streamOf(events))).toMatchObject({ outcome: { type: 'repaired' } })
  expect(await copyHashes(folder)).toEqual(hashesOf(events))
})

test('copies that are damaged in different places make one whole history', async () => {
  const { folder, files } = await folderOf(events)
  change(files.log, 'DELETE FROM event WHERE revision IN (3, 39)')
  const other = await folderOf(events)
  change(other.files.log, 'DELETE FROM event WHERE revision IN (20, 21)')
  const stream = await streamOf(events.slice(0, 2))
  const report = await repair(folder, stream, { others: [other.files.log] })
  expect(report).toMatchObject({
    outcome: { type: 'repaired', steps: ['remake-stream', 'replace-copy'] },
    head: { revision: 40 },
    sources: [{ whole: 2, broken: { revision: 3 } }, { whole: 19, broken: { revision: 20 } }, { whole: 2 }],
  })
  expect(hashes(stream)).toEqual(hashesOf(events))
  expect(await copyHashes(folder)).toEqual(hashesOf(events))
})

test('histories that differ are told and left alone', async () => {
  const { folder } = await folderOf(events)
  const place = { revision: 31, prevHash: events[29]!.hash }
  const stream = await streamOf([...events.slice(0, 30), event('elsewhere', place)])
  const before = hashes(stream)
  const report = await repair(folder, stream)
  expect(report.outcome).toMatchObject({ type: 'forked', revision: 31 })
  expect(report.outcome).toMatchObject({ branches: [{ hash: events[30]!.hash }, { source: 'the stream' }] })
  expect(hashes(stream)).toEqual(before)
})

test('of two histories an operator can overrule either', async () => {
  const place = { revision: 31, prevHash: events[29]!.hash }
  const branch = [...events.slice(0, 30), event('elsewhere', place)]
  const one = await folderOf(events)
  const stream = await streamOf(branch)
  expect(await repair(one.folder, stream, { overrules: 'stream' })).toMatchObject({
    outcome: { type: 'repaired', steps: ['remake-stream'] },
  })
  expect(hashes(stream)).toEqual(hashesOf(events))
  const two = await folderOf(branch)
  expect(await repair(two.folder, stream, { overrules: 'copy' })).toMatchObject({
    outcome: { type: 'repaired', steps: ['replace-copy'] },
  })
  expect(await copyHashes(two.folder)).toEqual(hashesOf(events))
})

test('another history than was acknowledged here is a fork, also when no copy of the right one is left', async () => {
  const { folder, files } = await folderOf(events)
  rmSync(files.log)
  const other: SealedEvent[] = []
  for (let revision = 1; revision <= 45; revision++) {
    other.push(event(`other-${revision}`, { revision, prevHash: other.at(-1)?.hash ?? '0'.repeat(64) }))
  }
  expect((await repair(folder, await streamOf(other))).outcome).toMatchObject({ type: 'forked', revision: 40 })
})

test('acknowledged events that are nowhere to be found are given up only when that is accepted', async () => {
  const folder = join(root, 'loss')
  const node = await bootDiskRig(folder)
  for (let i = 0; i < 30; i++) await node.writer.write(setTeam(`team-${i}`))
  await node.stop()
  change(join(folder, 'log.sqlite'), 'DELETE FROM event WHERE revision = 12')
  const stream = new MemoryStreamStorage()
  expect(await repair(folder, stream)).toMatchObject({
    outcome: { type: 'loss', acknowledged: 30 },
    head: { revision: 11 },
  })
  expect(stream.messages).toBeUndefined()
  expect(await repair(folder, stream, { acceptsLoss: true })).toMatchObject({
    outcome: { type: 'repaired', steps: ['remake-stream', 'replace-copy'] },
  })
  expect(stream.messages?.length).toBe(11)
  const again = await bootDiskRig(folder)
  expect(again.verdict).toMatchObject({ type: 'serve', source: 'log', state: { revision: 11 } })
  expect(await again.writer.write(setTeam('after'))).toMatchObject({ ok: true, value: { revision: 12 } })
  await again.stop()
})

test('what an interrupted repair had put together is a source of the next one', async () => {
  const { folder, files } = await folderOf(events)
  const history = await folderOf(events)
  copyFileSync(history.files.log, `${files.log}.repair`)
  change(files.log, 'DELETE FROM event WHERE revision > 5')
  const stream = await streamOf(events.slice(0, 5))
  expect(await repair(folder, stream)).toMatchObject({ outcome: { type: 'repaired' }, head: { revision: 40 } })
  expect(hashes(stream)).toEqual(hashesOf(events))
  expect(readdirSync(folder).some((name) => name.includes('.repair'))).toBe(false)
})

test('a repair that fails halfway keeps the history for the next one', async () => {
  const { folder } = await folderOf(events.slice(0, 10))
  const stream = await streamOf([...events, forged])
  stream.createTrouble = { type: 'unavailable', message: 'no space' }
  const report = await repair(folder, stream)
  expect(report.outcome).toMatchObject({ type: 'failed', message: expect.stringContaining('no space') })
  expect(stream.messages).toBeUndefined()
  stream.createTrouble = undefined
  expect(await repair(folder, stream)).toMatchObject({ outcome: { type: 'repaired' }, head: { revision: 40 } })
  expect(hashes(stream)).toEqual(hashesOf(events))
})

test('settings that a server did not take are asked for again, and messages stay as they are', async () => {
  const { folder } = await folderOf(events)
  const stream = await streamOf(events)
  const { created } = stream
  const facts = { firstSequence: 1, lastSequence: 40, messages: 40, created }
  stream.trouble = undefined
  stream.factsTrouble = { type: 'settings', field: 'num_replicas', message: 'num_replicas=1', facts }
  expect(await repair(folder, stream)).toMatchObject({ outcome: { type: 'repaired', steps: ['mend-settings'] } })
  expect(stream.created).toBe(created)
})

test('under another master key nothing verifies, and nothing is touched', async () => {
  const { folder, files } = await folderOf(events)
  const stream = await streamOf(events)
  rmSync(files.highWater)
  const report = await repair(folder, stream, { macKey: new Uint8Array(32).fill(9) })
  expect(report.outcome).toEqual({ type: 'nothing' })
  expect(report.sources[0]?.broken?.message).toContain('master key')
  expect(hashes(stream)).toEqual(hashesOf(events))
})

test('a new folder and a stream that was never made need no repair', async () => {
  const folder = mkdtempSync(join(root, 'new-'))
  expect(await repair(folder, new MemoryStreamStorage())).toMatchObject({ outcome: { type: 'intact' } })
  expect(readdirSync(folder)).toEqual([])
})

test('an unreachable stream is not judged', async () => {
  const { folder } = await folderOf(events)
  const stream = await streamOf([])
  stream.trouble = { type: 'unavailable', message: 'NATS is away' }
  expect(await repair(folder, stream)).toMatchObject({ outcome: { type: 'failed', message: 'NATS is away' } })
})

test('an embedded log is repaired from the copies it is given', async () => {
  const { folder, files } = await folderOf(events)
  const other = await folderOf(events.slice(0, 20))
  change(files.log, 'DELETE FROM event WHERE revision = 4')
  expect(await repair(folder, undefined, { others: [other.files.log] })).toMatchObject({
    outcome: { type: 'repaired', steps: ['replace-copy'] },
  })
  expect(await copyHashes(folder)).toEqual(hashesOf(events))
})
