import { leaseStoreContract } from '../leases/lease-store-contract.ts'
import { Dice } from './dice.ts'
import { Life } from './life.ts'
import { pump } from './pump.ts'
import { LeaseContent, SimulatedLeaseStore } from './simulated-lease-store.ts'
import { SimulatedServer } from './simulated-server.ts'
import { Timeline } from './timeline.ts'

leaseStoreContract('simulated', async () => {
  const timeline = new Timeline()
  const server = new SimulatedServer(timeline, new Dice(1))
  const content = new LeaseContent()
  const pumping = pump(timeline)
  const open = () => new SimulatedLeaseStore(server.connect(new Life(), new Dice(2)), content)
  return { stores: [open(), open(), open()], close: () => pumping.stop() }
})
