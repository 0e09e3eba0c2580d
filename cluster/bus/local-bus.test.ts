import { MessageChannel } from 'node:worker_threads'
import { busContract } from './bus-contract.ts'
import { LocalBus } from './local-bus.ts'

busContract('in one thread', async () => {
  const bus = new LocalBus()
  return { near: bus, far: bus, close: async () => bus.close() }
})

busContract('between threads', async () => {
  const { port1, port2 } = new MessageChannel()
  const near = new LocalBus()
  const far = new LocalBus()
  near.admit(port1)
  far.join(port2)
  return { near, far, close: async () => closeAll(near, far) }
})

busContract('between two threads through a hub', async () => {
  const hub = new LocalBus()
  const [near, far] = [new LocalBus(), new LocalBus()]
  for (const spoke of [near, far]) {
    const { port1, port2 } = new MessageChannel()
    hub.admit(port1)
    spoke.join(port2)
  }
  return { near, far, close: async () => closeAll(near, far, hub) }
})

function closeAll(...buses: LocalBus[]): void {
  for (const bus of buses) bus.close()
}
