// A node's copy of the log replaced by a history that was proven. The damaged one stays beside it, for whoever wants to know.
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileSystem } from '../../data-folder/disk.ts'
import type { LogHead } from '../log/config-log.ts'
import { HighWaterFile } from '../log/high-water.ts'
import { renameDatabase } from './repair-history.ts'

export interface NodeFiles {
  /** `log.sqlite` */
  readonly log: string
  readonly highWater: string
}

export interface Replacement {
  files: NodeFiles
  /** The path of a closed log that ends at `head`. */
  history: string
  head: LogHead
  macKey: Uint8Array
  /** Not the one that this node acknowledged: nothing that stands beside the copy is true any more. */
  isOtherHistory: boolean
}

export function replaceCopy({ files, history, head, macKey, isOtherHistory }: Replacement): void {
  const folder = dirname(files.log)
  if (existsSync(files.log)) renameDatabase(files.log, unusedName(`${files.log}.damaged`))
  renameDatabase(history, files.log)
  fileSystem.syncFolder(folder)
  const mark = new HighWaterFile(files.highWater, macKey)
  const finding = mark.read()
  // A mark beyond the history stands for events that were given up.
  if (isOtherHistory || finding.type !== 'at' || finding.mark.revision > head.revision) mark.write(head)
  mark.close()
  removeLastGood(folder, isOtherHistory ? 0 : head.revision)
  fileSystem.syncFolder(folder)
}

/** What stands for revisions after this one: states, and every tail, because none says by its name how far it leads. */
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
