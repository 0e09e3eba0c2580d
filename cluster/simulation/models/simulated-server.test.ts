// The models pass the contract suites of what they stand for.
import { busContract } from '../../bus/bus-contract.ts'
import { eventStreamContract } from '../../config-log/stream/event-stream-contract.ts'
import { Dice } from '../engine/dice.ts'
import { Life } from '../engine/life.ts'
import { pump } from '../engine/pump.ts'
import { Timeline } from '../engine/timeline.ts'
import { BusHub, SimulatedBus } from './simulated-bus.ts'
import { SimulatedEventStream } from './simulated-event-stream.ts'
import { SimulatedServer } from './simulated-server.ts'
import { StreamContent } from './stream-content.ts'

function network() {
  const timeline = new Timeline()
  const server = new SimulatedServer(timeline, new Dice(1))
  const pumping = pump(timeline)
  const connect = () => server.connect(new Life(), new Dice(2))
  return { timeline, server, connect, stop: () => pumping.stop() }
}

busContract('simulated', async () => {
  const { timeline, connect, stop } = network()
  const hub = new BusHub()
  const join = () => new SimulatedBus({ hub, link: connect(), life: new Life(), timeline })
  return { near: join(), far: join(), close: stop }
})

eventStreamContract('simulated', async () => {
  const { server, connect, stop } = network()
  const content = new StreamContent({ duplicateWindowMs: 120_000 })
  return { open: async () => new SimulatedEventStream(server, connect(), content), dispose: stop }
})
