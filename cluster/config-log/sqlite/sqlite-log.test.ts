import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, expect, test } from 'vitest'
import { chain, configLogContract, contractMacKey, event } from '../log/config-log-contract.ts'
import { HighWaterFile } from '../log/high-water.ts'
import { SqliteLog } from './sqlite-log.ts'

const root = mkdtempSync(join(tmpdir(), 'headgate-log-'))
afterAll(() => rmSync(root, { recursive: true }))

function newFolder() {
  const folder = mkdtempSync(join(root, 'log-'))
  const path = join(folder, 'log.sqlite')
  const highWater = () => new HighWaterFile(join(folder, 'high-water.json'), contractMacKey)
  return { path, highWater, open: () => new SqliteLog({ path, highWater: highWater() }) }
}

async function filled(length: number) {
  const folder = newFolder()
  const log = folder.open()
  await Promise.all(chain(length).map((one, index) => log.append(one, index)))
  await log.close()
  return folder
}

configLogContract('sqlite', async () => {
  const { open } = newFolder()
  return { open: async () => open() }
})

test('the settings that durability rests on are in force', async () => {
  const { path } = await filled(1)
  const database = new DatabaseSync(path)
  expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' })
  expect(database.prepare('PRAGMA application_id').get()).toEqual({ application_id: 0x4847434c })
  expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: 1 })
  database.close()
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('a reader sees what the writer commits, writes nothing, and may come before it', async () => {
  const { path, open } = newFolder()
  const reader = new SqliteLog({ path, readOnly: true })
  expect(await reader.head()).toMatchObject({ ok: true, value: { revision: 0 } })
  const writer = open()
  const [first, second] = chain(2)
  await writer.append(first!, 0)
  expect(await reader.head()).toMatchObject({ ok: true, value: { revision: 1 } })
  expect(await reader.append(second!, 1)).toMatchObject({ ok: false, error: { type: 'unavailable' } })
  await writer.append(second!, 1)
  expect(await reader.read(1, 5)).toMatchObject({ ok: true, value: [{ revision: 2 }] })
  await writer.close()
  await reader.close()
})

test('appends of one turn share one commit and one mark', async () => {
  const { path } = newFolder()
  const marks: number[] = []
  const highWater = {
    read: () => ({ type: 'absent' }) as const,
    write: ({ revision }: { revision: number }) => void marks.push(revision),
    close: () => {},
  }
  const log = new SqliteLog({ path, highWater })
  await Promise.all(chain(40).map((one, index) => log.append(one, index)))
  expect(marks).toEqual([40])
  await log.close()
})

test('what was not marked is not acknowledged, and the same command is, once the mark can be written', async () => {
  const { path } = newFolder()
  let broken = true
  const highWater = {
    read: () => ({ type: 'absent' }) as const,
    write: () => {
      if (broken) throw Object.assign(new Error('no sync'), { code: 'EIO', syscall: 'fdatasync' })
    },
    close: () => {},
  }
  const log = new SqliteLog({ path, highWater })
  const one = event('command-1')
  expect(await log.append(one, 0)).toEqual({ ok: false, error: { type: 'outcome-unknown', commandId: 'command-1' } })
  expect(await log.find('command-1')).toMatchObject({ ok: false, error: { type: 'unavailable' } })
  broken = false
  expect(await log.append(one, 0)).toEqual({ ok: true, value: { revision: 1, duplicate: true } })
  await log.close()
})

test('a log that lost its newest events says that it was rewound, and takes no more', async () => {
  const { path, open } = await filled(5)
  const database = new DatabaseSync(path)
  database.exec('DELETE FROM event WHERE revision > 3')
  database.close()
  const log = open()
  const refusal = { ok: false, error: { type: 'rewound', revision: 3, highWater: 5 } }
  expect(await log.head()).toEqual(refusal)
  expect(await log.append(event('x'), 3)).toEqual(refusal)
  await log.close()
})

test.each([
  ['gone', (path: string) => rmSync(path)],
  ['empty', (path: string) => writeFileSync(path, '')],
])('a log file that is %s under a mark is not begun anew', async (_what, harm) => {
  const { path, open } = await filled(2)
  harm(path)
  const log = open()
  expect(await log.head()).toEqual({ ok: false, error: { type: 'rewound', revision: 0, highWater: 2 } })
  expect((await log.append(event('x'), 0)).ok).toBe(false)
  expect(statSync(path, { throwIfNoEntry: false })?.size ?? 0).toBe(0)
  await log.close()
})

test.each([
  ['is of a newer format', 'PRAGMA user_version=9', 'unavailable'],
  ['belongs to something else', 'PRAGMA application_id=7', 'damaged'],
  ['has another event at the mark', `UPDATE event SET hash='${'1'.repeat(64)}' WHERE revision=2`, 'damaged'],
  ['has lost its table', 'DROP TABLE event', 'damaged'],
])('a log that %s is refused', async (_what, sql, type) => {
  const { path, open } = await filled(2)
  const database = new DatabaseSync(path)
  database.exec(sql)
  database.close()
  const log = open()
  expect(await log.head()).toMatchObject({ ok: false, error: { type } })
  expect(await log.append(event('x'), 2)).toMatchObject({ ok: false, error: { type } })
  await log.close()
})

test('a file that is no database is damage, not a crash', async () => {
  const { path, open } = newFolder()
  writeFileSync(path, 'x'.repeat(9_000))
  const log = open()
  expect(await log.head()).toMatchObject({ ok: false, error: { type: 'damaged' } })
  await log.close()
})
