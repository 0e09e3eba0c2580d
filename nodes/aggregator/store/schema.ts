// Opens `usage.sqlite`. WAL with synchronous=FULL: a commit is confirmed to the proxies, which then delete their copy, so
// it must survive a power cut; one fsync a second, off every request path, is what that costs.
import { chmodSync, existsSync, renameSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

const applicationId = 0x48_47_55_53 // 'HGUS'
const schemaVersion = 1

const schema = `
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
    id INTEGER PRIMARY KEY, atMs INTEGER NOT NULL, skip INTEGER NOT NULL, requests INTEGER NOT NULL, bytes BLOB NOT NULL
  ) STRICT;
`

export class NewerDatabase extends Error {}

/** A file that is damaged or not ours is put aside under another name, never deleted; `onAside` hears of it. */
export function openUsageDatabase(path: string, wallMs: number, onAside: (movedTo: string) => void): DatabaseSync {
  try {
    return openAt(path)
  } catch (error) {
    if (error instanceof NewerDatabase || !existsSync(path)) throw error
    const aside = `${path}.damaged-${wallMs}`
    for (const suffix of ['', '-wal', '-shm']) {
      if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix)
    }
    onAside(aside)
    return openAt(path)
  }
}

function openAt(path: string): DatabaseSync {
  const database = new DatabaseSync(path)
  chmodSync(path, 0o600) // SQLite gives its side files the same mode
  try {
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
    else if (pragma(database, 'application_id') !== applicationId) throw new Error(`${path} is not a usage database`)
    else if (version > schemaVersion) throw new NewerDatabase(`${path} was written by a newer version`)
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

function pragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name])
}
