import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openUsageDatabase } from './schema.ts'
import { UsageStore } from './usage-store.ts'

let dataDir: string
let path: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'headgate-schema-'))
  path = join(dataDir, 'usage.sqlite')
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

test('a database of the first version keeps all it has, as partition 0, and goes on', () => {
  writeVersion1()
  const store = new UsageStore(open(), { historyRowsMax: 100, historyDays: 7 })
  expect(store.sources()).toEqual([{ node: 'proxy-1', epoch: 'boot-1', sequence: 9, holes: [] }])
  expect(store.positions()).toEqual([])
  store.commit({
    cells: [
      [0, [cell(1)]],
      [3, [cell(4)]],
    ],
    blocks: [],
    sources: [],
    positions: [],
    wallMs: 0,
  })
  const rows = store.database
    .prepare('SELECT partition, requests, model FROM usage JOIN cell ON cell.id = usage.cell ORDER BY partition')
    .all()
  expect(rows.map((row) => ({ ...row }))).toEqual([
    { partition: 0, requests: 8, model: 'fast' },
    { partition: 3, requests: 4, model: 'fast' },
  ])
  expect(store.database.prepare('SELECT partition, requests FROM block').all()).toHaveLength(1)
  expect(store.database.prepare('PRAGMA foreign_key_check').all()).toEqual([])
  expect(store.database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
  store.close()
  open().close()
})

test('a migration that fails leaves the file as it was, where it was', () => {
  writeVersion1()
  const other = new DatabaseSync(path)
  // Whatever stands in its way: here a table that it has to make.
  other.exec('CREATE TABLE partition (something TEXT)')
  other.close()
  expect(() => open()).toThrow(/already exists/)
  const after = new DatabaseSync(path)
  expect(after.prepare('PRAGMA user_version').get()).toEqual({ user_version: 1 })
  expect(after.prepare('SELECT id, model FROM cell').all()).toHaveLength(1)
  after.exec('DROP TABLE partition')
  after.close()
  open().close()
})

test('only damage puts a file aside: one that may not be read stays where it is', () => {
  writeFileSync(
    path,
    'this was a database once, of more than a hundred bytes, but then something else wrote over it'.repeat(9),
  )
  const moved: string[] = []
  openUsageDatabase(path, 5, (to) => moved.push(to)).close()
  expect(moved).toEqual([`${path}.damaged-5`])
  const missing = join(dataDir, 'missing', 'usage.sqlite')
  expect(() => openUsageDatabase(missing, 5, (to) => moved.push(to))).toThrow(/unable to open/)
  expect(moved).toHaveLength(1)
})

test('the ledger begins after the last hour that was used before there was one', () => {
  writeVersion1()
  const migrated = open()
  expect(migrated.prepare('SELECT hour FROM ledgerBegin').all()).toEqual([{ hour: 6 }])
  migrated.close()
})

function open(): DatabaseSync {
  return openUsageDatabase(path, 0, () => expect.unreachable('nothing is damaged'))
}

function cell(requests: number) {
  const names = { key: 'k', model: 'fast', team: 't', user: '', app: '', costCenter: '', provider: 'p' }
  const counts = { errors: 0, rateLimited: 0, cacheHits: 0, fallbacks: 0, inputTokens: 0, outputTokens: 0 }
  return { hour: 5, ...names, requests, ...counts, cachedTokens: 0, costNanoUsd: 0, savedNanoUsd: 0 }
}

/** Writes a database in the format of the first release. */
function writeVersion1(): void {
  const database = new DatabaseSync(path)
  database.exec(`
    PRAGMA journal_mode = WAL;
    CREATE TABLE source (
      epoch TEXT PRIMARY KEY, node TEXT NOT NULL, sequence INTEGER NOT NULL, seenMs INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE cell (
      id INTEGER PRIMARY KEY,
      "key" TEXT NOT NULL, model TEXT NOT NULL, team TEXT NOT NULL, "user" TEXT NOT NULL, app TEXT NOT NULL,
      costCenter TEXT NOT NULL, provider TEXT NOT NULL,
      UNIQUE ("key", model, team, "user", app, costCenter, provider)
    ) STRICT;
    CREATE TABLE usage (
      hour INTEGER NOT NULL, cell INTEGER NOT NULL REFERENCES cell (id),
      requests INTEGER NOT NULL, errors INTEGER NOT NULL, rateLimited INTEGER NOT NULL, cacheHits INTEGER NOT NULL,
      fallbacks INTEGER NOT NULL, inputTokens INTEGER NOT NULL, outputTokens INTEGER NOT NULL,
      cachedTokens INTEGER NOT NULL, costNanoUsd INTEGER NOT NULL, savedNanoUsd INTEGER NOT NULL,
      PRIMARY KEY (hour, cell)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE block (
      id INTEGER PRIMARY KEY, atMs INTEGER NOT NULL, skip INTEGER NOT NULL, requests INTEGER NOT NULL,
      bytes BLOB NOT NULL
    ) STRICT;
    INSERT INTO source VALUES ('boot-1', 'proxy-1', 9, 0);
    INSERT INTO cell VALUES (17, 'k', 'fast', 't', '', '', '', 'p');
    INSERT INTO usage VALUES (5, 17, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    INSERT INTO block VALUES (1, 1000, 0, 1, x'00');
    PRAGMA application_id = ${0x48_47_55_53};
    PRAGMA user_version = 1;
  `)
  database.close()
}
