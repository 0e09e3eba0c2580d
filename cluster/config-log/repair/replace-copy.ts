// Replaces a node's copy of the log by a proven history. The damaged copy stays beside it, for later inspection.
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileSystem } from '../../data-folder/disk.ts'
import type { LogHead } from '../log/config-log.ts'
import { HighWaterFile } from '../log/high-water.ts'
import type { LogKey } from '../log/log-key.ts'
import { renameDatabase } from './repair-history.ts'

export interface NodeFiles {
  /** The path of `log.sqlite`. */
  readonly log: string
  readonly highWater: string
}

export interface Replacement {
  files: NodeFiles
  /** The path of a closed log that ends at `head`. */
  history: string
  head: LogHead
  macKey: LogKey
  /** True when the history is not the one that this node acknowledged: then nothing beside the copy is valid any
   *  more. */
  isOtherHistory: boolean
}

export function replaceCopy({ files, history, head, macKey, isOtherHistory }: Replacement): void {
  const folder = dirname(files.log)
  if (existsSync(files.log)) renameDatabase(files.log, unusedName(`${files.log}.damaged`))
  renameDatabase(history, files.log)
  fileSystem.syncFolder(folder)
  const mark = new HighWaterFile(files.highWater, macKey)
  const finding = mark.read()
  // A mark beyond the history refers to events that were given up.
  if (isOtherHistory || finding.type !== 'at' || finding.mark.revision > head.revision) mark.write(head)
  mark.close()
  removeLastGood(folder, isOtherHistory ? 0 : head.revision)
  fileSystem.syncFolder(folder)
}

/** Removes the states of later revisions, and every tail, because its name does not say how far it leads. */
function removeLastGood(folder: string, revision: number): void {
  for (const name of readdirSync(folder)) {
    const found = /^(?:last-good|checkpoint)-(\d{1,15})\.(json|tail)$/.exec(name)
    if (found !== null && (found[2] === 'tail' || Number(found[1]) > revision)) rmSync(join(folder, name))
  }
}

function unusedName(path: string): string {
  if (!existsSync(path)) return path
  for (let number = 2; ; number++) if (!existsSync(`${path}-${number}`)) return `${path}-${number}`
}
