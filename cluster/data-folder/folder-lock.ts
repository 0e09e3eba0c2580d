// Ensures that one process at a time uses a data folder. The lock is SQLite's exclusive lock on an empty file: the
// kernel releases it when its holder dies, however it dies, so no stale lock has to be judged. The holder's pid stands
// in a second file, because opening and closing the locked file by other means would drop the lock (POSIX locks belong
// to the process).
import { chmodSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { done, fail, type Result } from '../../shared/result.ts'
import { writeFileAtomically } from './atomic-file.ts'
import { fileSystem } from './disk.ts'

export interface FolderLock {
  release(): void
}

/** `holder` is the pid; undefined while the holder has not written it yet. */
export interface LockHeld {
  type: 'locked'
  holder: number | undefined
}

/** `onLocked` runs before anything is written, when the folder is known to be this process's. */
export function lockFolder(path: string, pid: number, onLocked = () => {}): Result<FolderLock, LockHeld> {
  const database = new DatabaseSync(path)
  try {
    database.exec('PRAGMA busy_timeout=0; PRAGMA journal_mode=MEMORY; BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if ((error as { errcode?: number }).errcode !== sqliteBusy) throw error
    return fail({ type: 'locked', holder: readHolder(path) })
  }
  chmodSync(path, 0o600)
  onLocked()
  writeFileAtomically(`${path}.pid`, `${pid}\n`)
  held.add(database)
  const release = () => {
    held.delete(database)
    database.close()
  }
  return done({ release })
}

// Keeps the handles reachable: the garbage collector would close an unreferenced handle, and the lock would go with it.
const held = new Set<DatabaseSync>()

const sqliteBusy = 5

function readHolder(path: string): number | undefined {
  const text = fileSystem.read(`${path}.pid`)?.toString('utf8').trim() ?? ''
  return /^\d+$/.test(text) ? Number(text) : undefined
}
