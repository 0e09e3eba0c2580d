// What the cluster on this machine keeps besides its nodes' own folders: the master key that they share.
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { writeFileAtomically } from '../../cluster/data-folder/atomic-file.ts'

export interface ClusterFolder {
  readonly path: string
  readonly masterKeyFile: string
}

export function openClusterFolder(path: string): ClusterFolder {
  const folder = resolve(path)
  mkdirSync(folder, { recursive: true })
  chmodSync(folder, 0o700)
  const masterKeyFile = join(folder, 'master.key')
  if (!existsSync(masterKeyFile)) writeFileAtomically(masterKeyFile, `${randomBytes(32).toString('base64')}\n`)
  return { path: folder, masterKeyFile }
}
