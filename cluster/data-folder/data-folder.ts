// The folder that a process owns. It is locked, has a format that this release knows, and holds the node's id and, on a
// single-machine installation, the master key. Other files in it are left alone.

import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { MasterKeys } from '../../shared/key32.ts'
import { done, fail, type Result } from '../../shared/result.ts'
import { writeFileAtomically } from './atomic-file.ts'
import { Ballast } from './ballast.ts'
import { fileSystem } from './disk.ts'
import { type FolderLock, lockFolder } from './folder-lock.ts'

export interface DataFolderOptions {
  path: string
  /** The master key that the environment gives. */
  masterKey: Uint8Array | undefined
  /** Keys that are accepted beside it while it is being replaced. */
  previousMasterKeys?: readonly Uint8Array[]
  /** True when the log is in this folder: then the master key may be kept here too. Otherwise it has to be given. */
  embedded: boolean
  pid: number
}

export interface DataFolder {
  /** The absolute path. */
  path: string
  configDir: string
  spoolDir: string
  files: DataFiles
  nodeId: string
  masterKeys: MasterKeys
  ballast: Ballast
  /** Releases the lock, so that the next process can open the folder. */
  release(): void
}

export interface DataFiles {
  log: string
  highWater: string
  dataKeys: string
  forgottenOwners: string
  usage: string
  state: string
  budgets: string
}

/** Why the folder cannot be used. `message` is for the operator. */
export type DataFolderRefusal =
  | { type: 'locked'; holder: number | undefined; message: string }
  | { type: 'newer'; message: string }
  | { type: 'master-key'; message: string }
  | { type: 'unusable'; message: string }

export function openDataFolder(options: DataFolderOptions): Result<DataFolder, DataFolderRefusal> {
  const path = resolve(options.path)
  try {
    // A folder that existed before may be shared with others and keeps its mode; our files in it are private by
    // themselves.
    if (!existsSync(path)) makePrivate(path)
    const ballast = new Ballast(path)
    const lock = lockFolder(join(path, 'lock'), options.pid, () => ballast.makeRoom())
    if (!lock.ok) return fail(lockedBy(path, lock.error.holder))
    const folder = openLocked(path, options, { lock: lock.value, ballast })
    if (!folder.ok) lock.value.release()
    return folder
  } catch (error) {
    return fail({ type: 'unusable', message: `the data folder ${path} cannot be used: ${(error as Error).message}` })
  }
}

/** The number is raised when older releases can no longer read what this one writes. */
const formatVersion = 1

function openLocked(
  path: string,
  options: DataFolderOptions,
  { lock, ballast }: { lock: FolderLock; ballast: Ballast },
): Result<DataFolder, DataFolderRefusal> {
  const refusal = checkFormat(path)
  if (refusal !== undefined) return fail(refusal)
  const configDir = join(path, 'config')
  const spoolDir = join(path, 'spool')
  makePrivate(configDir)
  makePrivate(spoolDir)
  const files = {
    log: join(configDir, 'log.sqlite'),
    highWater: join(configDir, 'high-water.json'),
    dataKeys: join(configDir, 'data-keys.json'),
    forgottenOwners: join(configDir, 'forgotten-owners.json'),
    usage: join(path, 'usage.sqlite'),
    state: join(path, 'state.sqlite'),
    budgets: join(path, 'budgets.sqlite'),
  }
  const masterKey = findMasterKey(path, options, files)
  if (!masterKey.ok) return masterKey
  const masterKeys: MasterKeys = [masterKey.value, ...othersOf(masterKey.value, options)]
  const nodeId = findNodeId(path)
  const release = () => lock.release()
  return done({ path, configDir, spoolDir, files, nodeId, masterKeys, ballast, release })
}

function makePrivate(path: string): void {
  mkdirSync(path, { recursive: true })
  chmodSync(path, 0o700)
}

function checkFormat(path: string): DataFolderRefusal | undefined {
  const file = join(path, 'format')
  const text = fileSystem.read(file)?.toString('utf8').trim()
  if (text === undefined) {
    writeFileAtomically(file, `${formatVersion}\n`)
    return undefined
  }
  const version = /^\d{1,9}$/.test(text) ? Number(text) : undefined
  if (version === undefined) return { type: 'unusable', message: `${file} does not hold a format number` }
  if (version <= formatVersion) return undefined
  const message = `the data folder ${path} has format ${version}, this release knows up to ${formatVersion}: start the newer release, or name another folder in HEADGATE_DATA_DIR`
  return { type: 'newer', message }
}

function lockedBy(path: string, holder: number | undefined): DataFolderRefusal {
  const who = holder === undefined ? 'another process' : `process ${holder}`
  const message = `the data folder ${path} is in use: ${who} holds its lock. Stop it, or name another folder in HEADGATE_DATA_DIR`
  return { type: 'locked', holder, message }
}

function findMasterKey(
  path: string,
  { masterKey, previousMasterKeys = [], embedded }: DataFolderOptions,
  files: DataFiles,
): Result<Uint8Array, DataFolderRefusal> {
  const refused = (message: string) => fail({ type: 'master-key', message } as const)
  const file = join(path, 'master.key')
  const stored = readMasterKey(file)
  if (stored === 'unreadable') return refused(`${file} does not hold 32 bytes in base64`)
  if (masterKey !== undefined && stored !== undefined && ![masterKey, ...previousMasterKeys].some(is(stored))) {
    return refused(
      `HEADGATE_MASTER_KEY is another key than ${file}: unset it, or remove the file if it is not in use. To replace the key, name the old one in HEADGATE_MASTER_KEY_PREVIOUS`,
    )
  }
  if (masterKey !== undefined) return done(masterKey)
  if (stored !== undefined) return done(stored)
  if (!embedded) return refused('HEADGATE_MASTER_KEY is required in a cluster: 32 bytes in base64')
  // A new key could not verify what was written under the old one: every event would look forged.
  if ([files.log, files.highWater, files.dataKeys].some((one) => existsSync(one))) {
    return refused(
      `${file} is gone, and ${path} holds a configuration made under it: restore the file, or give HEADGATE_MASTER_KEY`,
    )
  }
  const made = new Uint8Array(randomBytes(32))
  writeFileAtomically(file, `${Buffer.from(made).toString('base64')}\n`)
  return done(made)
}

function othersOf(current: Uint8Array, { previousMasterKeys = [] }: DataFolderOptions): Uint8Array[] {
  const isCurrent = is(current)
  return previousMasterKeys.filter((key) => !isCurrent(key))
}

function is(key: Uint8Array): (other: Uint8Array) => boolean {
  return (other) => Buffer.from(key).equals(other)
}

function readMasterKey(file: string): Uint8Array | 'unreadable' | undefined {
  const text = fileSystem.read(file)?.toString('utf8').trim()
  if (text === undefined) return undefined
  if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600)
  const bytes = Buffer.from(text, 'base64')
  return bytes.byteLength === 32 ? new Uint8Array(bytes) : 'unreadable'
}

function findNodeId(path: string): string {
  const file = join(path, 'node-id')
  const stored = fileSystem.read(file)?.toString('utf8').trim() ?? ''
  if (/^[a-z0-9][a-z0-9-]{0,62}$/.test(stored)) return stored
  const made = `node-${randomBytes(6).toString('hex')}`
  writeFileAtomically(file, `${made}\n`)
  return made
}
