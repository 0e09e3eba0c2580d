// The tables of the ledger in `usage.sqlite`. Rows of `ledger` and `ledgerBlock` are added and, when they are old, deleted in whole
// blocks from the oldest on; no row is ever changed. `ledgerSum` is what they add up to.

export const ledgerSchema = `
  CREATE TABLE ledgerOwner (
    id INTEGER PRIMARY KEY, day INTEGER NOT NULL,
    "key" TEXT NOT NULL, team TEXT NOT NULL, "user" TEXT NOT NULL, app TEXT NOT NULL, costCenter TEXT NOT NULL,
    UNIQUE ("key", team, "user", app, costCenter)
  ) STRICT;
  CREATE TABLE ledgerTarget (
    id INTEGER PRIMARY KEY, day INTEGER NOT NULL,
    model TEXT NOT NULL, provider TEXT NOT NULL, target TEXT NOT NULL,
    UNIQUE (model, provider, target)
  ) STRICT;
  CREATE TABLE ledger (
    partition INTEGER NOT NULL, sequence INTEGER NOT NULL, bookedMs INTEGER NOT NULL, atMs INTEGER NOT NULL,
    requestId TEXT NOT NULL, attempt INTEGER NOT NULL, kind INTEGER NOT NULL, mark INTEGER NOT NULL,
    settlement INTEGER NOT NULL, outcome INTEGER NOT NULL, owner INTEGER NOT NULL, target INTEGER NOT NULL,
    inputTokens INTEGER NOT NULL, outputTokens INTEGER NOT NULL, cachedTokens INTEGER NOT NULL,
    costNanoUsd INTEGER NOT NULL, savedNanoUsd INTEGER NOT NULL, "user" TEXT, note TEXT,
    PRIMARY KEY (partition, sequence)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX ledgerByTime ON ledger (partition, atMs);
  CREATE INDEX ledgerByRequest ON ledger (requestId);
  CREATE INDEX ledgerByMark ON ledger (mark) WHERE mark > 0;
  CREATE TABLE ledgerBlock (
    partition INTEGER NOT NULL, last INTEGER NOT NULL, bookedMs INTEGER NOT NULL, digest BLOB NOT NULL,
    PRIMARY KEY (partition, last)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE ledgerHead (
    partition INTEGER PRIMARY KEY, base INTEGER NOT NULL, baseDigest BLOB NOT NULL, last INTEGER NOT NULL,
    digest BLOB NOT NULL, bookedMs INTEGER NOT NULL, prunedMs INTEGER NOT NULL, brokenAt INTEGER NOT NULL,
    mac BLOB NOT NULL
  ) STRICT;
  CREATE TABLE ledgerSum (
    partition INTEGER NOT NULL, quarter INTEGER NOT NULL, owner INTEGER NOT NULL, bookedQuarter INTEGER NOT NULL,
    events INTEGER NOT NULL, costNanoUsd INTEGER NOT NULL, savedNanoUsd INTEGER NOT NULL,
    PRIMARY KEY (partition, quarter, owner, bookedQuarter)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX ledgerSumLate ON ledgerSum (partition, bookedQuarter) WHERE bookedQuarter > 0;
  CREATE TABLE ledgerMonth (
    partition INTEGER NOT NULL, month TEXT NOT NULL, timeZone TEXT NOT NULL, cutMs INTEGER NOT NULL, totals TEXT NOT NULL,
    PRIMARY KEY (partition, month)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE ledgerWaiting (
    partition INTEGER NOT NULL, name TEXT NOT NULL, waiting TEXT NOT NULL,
    PRIMARY KEY (partition, name)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE ledgerBegin (hour INTEGER NOT NULL) STRICT;
  INSERT INTO ledgerBegin SELECT coalesce(max(hour) + 1, 0) FROM usage;
`
