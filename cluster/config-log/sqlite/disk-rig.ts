// The rig of `log-rig.ts` on a folder, with all files of a node.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { HighWaterFile } from '../log/high-water.ts'
import { bootRig, type Rig, rigMacKey } from '../writer/log-rig.ts'
import { SqliteLog } from './sqlite-log.ts'

export function bootDiskRig(folder: string): Promise<Rig> {
  mkdirSync(folder, { recursive: true })
  const highWater = new HighWaterFile(join(folder, 'high-water.json'), rigMacKey)
  const log = new SqliteLog({ path: join(folder, 'log.sqlite'), highWater })
  return bootRig({ log, highWater, lastGoodFolder: folder })
}
