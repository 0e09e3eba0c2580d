import { leaseStoreContract } from '../../leases/lease-store-contract.ts'
import { Dice } from '../engine/dice.ts'
import { Life } from '../engine/life.ts'
import { pump } from '../engine/pump.ts'
import { Timeline } from '../engine/timeline.ts'
import { LeaseContent, SimulatedLeaseStore } from './simulated-lease-store.ts'
import { SimulatedServer } from './simulated-server.ts'

leaseStoreContract('simulated', async () => {
  const timeline = new Timeline()
  const server = new SimulatedServer(timeline, new Dice(1))
  const content = new LeaseContent()
  const pumping = pump(timeline)
  const open = () => new SimulatedLeaseStore(server.connect(new Life(), new Dice(2)), content)
  return { stores: [open(), open(), open()], close: () => pumping.stop() }
})
