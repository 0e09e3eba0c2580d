import { keyStreamContract } from './key-stream-contract.ts'
import { MemoryKeyServer, MemoryKeyStream } from './memory-key-stream.ts'

keyStreamContract('memory', async () => {
  const server = new MemoryKeyServer()
  return { open: async () => new MemoryKeyStream(server) }
})
