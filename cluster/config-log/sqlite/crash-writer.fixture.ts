// A process that writes teams into the folder named on its command line, three at a time, and prints the name of each
// acknowledged one, until it is killed.
import { writeSync } from 'node:fs'
import { setTeam } from '../writer/log-rig.ts'
import { bootDiskRig } from './disk-rig.ts'

const [folder = '', round = ''] = process.argv.slice(2)
const { writer } = await bootDiskRig(folder)
setInterval(() => {}, 1_000) // a retry alone keeps no process alive; in a node its listeners do
await Promise.all([0, 1, 2].map(writeForEver))

async function writeForEver(lane: number): Promise<never> {
  for (let i = 0; ; i++) {
    const name = `team-${round}-${lane}-${i}`
    const written = await writer.write(setTeam(name))
    if (!written.ok) throw new Error(JSON.stringify(written.error))
    // Print before the next turn: a printed line is an acknowledgement that a caller has seen.
    writeSync(1, `${name}\n`)
  }
}
