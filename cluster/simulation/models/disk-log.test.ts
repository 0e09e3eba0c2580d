import { configLogContract } from '../../config-log/log/config-log-contract.ts'
import { Dice } from '../engine/dice.ts'
import { DiskLog, SimulatedDatabase } from './disk-log.ts'
import { SimulatedDisk } from './simulated-disk.ts'

configLogContract('simulated SQLite', async () => {
  const database = new SimulatedDatabase(new Dice(1))
  const mount = new SimulatedDisk(new Dice(1)).mount()
  return { open: async () => new DiskLog({ database, mount }) }
})
