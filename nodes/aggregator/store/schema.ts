// Opens `usage.sqlite`. WAL with synchronous=FULL: a commit is confirmed to the proxies, which then delete their copy, so
// it must survive a power cut; one fsync a second, off every request path, is what that costs.
import { chmodSync, existsSync, renameSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { ledgerSchema } from '../ledger/ledger-schema.ts'

const applicationId = 0x48_47_55_53 // 'HGUS'
const schemaVersion = 3

/** Rows of `cell`, `block` and `partition` belong to one partition each; without a cluster all are in partition 0. */
const cellTable = `(
    id INTEGER PRIMARY KEY,
    "key" TEXT NOT NULL, model TEXT NOT NULL, team TEXT NOT NULL, "user" TEXT NOT NULL, app TEXT NOT NULL,
    costCenter TEXT NOT NULL, provider TEXT NOT NULL, partition INTEGER NOT NULL,
    UNIQUE (partition, "key", model, team, "user", app, costCenter, provider)
  ) STRICT`

/** How far each partition's stream was read; in the same transaction as what was read. */
const partitionTable = `(
    id INTEGER PRIMARY KEY, sequence INTEGER NOT NULL, storedAtMs INTEGER NOT NULL, streamCreated TEXT NOT NULL,
    completeSinceMs INTEGER NOT NULL
  ) STRICT`

const schema = `
  CREATE TABLE source (
    epoch TEXT PRIMARY KEY, node TEXT NOT NULL, sequence INTEGER NOT NULL, seenMs INTEGER NOT NULL,
    holes TEXT NOT NULL DEFAULT '[]'
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE cell ${cellTable};
  CREATE TABLE usage (
    hour INTEGER NOT NULL, cell INTEGER NOT NULL REFERENCES cell (id),
    requests INTEGER NOT NULL, errors INTEGER NOT NULL, rateLimited INTEGER NOT NULL, cacheHits INTEGER NOT NULL,
    fallbacks INTEGER NOT NULL, inputTokens INTEGER NOT NULL, outputTokens INTEGER NOT NULL,
    cachedTokens INTEGER NOT NULL, costNanoUsd INTEGER NOT NULL, savedNanoUsd INTEGER NOT NULL,
    PRIMARY KEY (hour, cell)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE block (
    id INTEGER PRIMARY KEY, atMs INTEGER NOT NULL, skip INTEGER NOT NULL, requests INTEGER NOT NULL, bytes BLOB NOT NULL,
    partition INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX blockByTime ON block (partition, atMs);
  CREATE TABLE partition ${partitionTable};
  ${ledgerSchema}
`

/** Each brings a database to the next version, inside one transaction. */
const migrations: Record<number, string> = {
  // Releases without partitions had one aggregator; its data becomes partition 0.
  1: `
    ALTER TABLE source ADD COLUMN holes TEXT NOT NULL DEFAULT '[]';
    CREATE TABLE cellPartitioned ${cellTable};
    INSERT INTO cellPartitioned
      SELECT id, "key", model, team, "user", app, costCenter, provider, 0 FROM cell;
    DROP TABLE cell;
    ALTER TABLE cellPartitioned RENAME TO cell;
    ALTER TABLE block ADD COLUMN partition INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX blockByTime ON block (partition, atMs);
    CREATE TABLE partition ${partitionTable};
  `,
  // What was used before has no money events: the ledger begins with the next hour.
  2: ledgerSchema,
}

class ForeignDatabase extends Error {}

/**
 * A file that is damaged or not ours is put aside under another name, never deleted; `onAside` hears of it. A disk that is
 * full or cannot be read is no damage, nor is a newer version's file: these are thrown, and the file stays.
 */
export function openUsageDatabase(path: string, wallMs: number, onAside: (movedTo: string) => void): DatabaseSync {
  try {
    return openAt(path)
  } catch (error) {
    if (!isDamage(error) || !existsSync(path)) throw error
    const aside = `${path}.damaged-${wallMs}`
    for (const suffix of ['', '-wal', '-shm']) {
      if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix)
    }
    onAside(aside)
    return openAt(path)
  }
}

const sqliteCorrupt = 11
const sqliteNotADatabase = 26

function isDamage(error: unknown): boolean {
  if (error instanceof ForeignDatabase) return true
  const code = (error as { errcode?: unknown }).errcode
  return typeof code === 'number' && [sqliteCorrupt, sqliteNotADatabase].includes(code & 0xff)
}

function openAt(path: string): DatabaseSync {
  const database = new DatabaseSync(path)
  try {
    chmodSync(path, 0o600) // SQLite gives its side files the same mode
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA busy_timeout = 5000;
      PRAGMA foreign_keys = ON;
      PRAGMA trusted_schema = OFF;
      PRAGMA cell_size_check = ON;
      PRAGMA mmap_size = 0;
      PRAGMA cache_size = -4096;
      PRAGMA wal_autocheckpoint = 1000;
    `)
    const version = pragma(database, 'user_version')
    if (version === 0) create(database)
    else if (pragma(database, 'application_id') !== applicationId)
      throw new ForeignDatabase(`${path} is not a usage database`)
    else if (version > schemaVersion) throw new Error(`${path} was written by a newer version`)
    else migrate(database, version)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function create(database: DatabaseSync): void {
  database.exec(`
    BEGIN IMMEDIATE;
    ${schema}
    PRAGMA application_id = ${applicationId};
    PRAGMA user_version = ${schemaVersion};
    COMMIT;
  `)
}

/** All or nothing: a kill or a full disk leaves the database as the older version had it. */
function migrate(database: DatabaseSync, from: number): void {
  if (from === schemaVersion) return
  // A table that others refer to is made anew; the check is off meanwhile and made up for at the end.
  database.exec('PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE')
  try {
    for (let version = from; version < schemaVersion; version++) database.exec(migrations[version] ?? '')
    const broken = database.prepare('PRAGMA foreign_key_check').all()
    if (broken.length > 0) throw new ForeignDatabase('rows refer to cells that do not exist')
    database.exec(`PRAGMA user_version = ${schemaVersion}; COMMIT; PRAGMA foreign_keys = ON`)
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name])
}
