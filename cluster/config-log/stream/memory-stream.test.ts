import { eventStreamContract } from './event-stream-contract.ts'
import { MemoryStream, MemoryStreamStorage } from './memory-stream.ts'

eventStreamContract('memory', async () => {
  const storage = new MemoryStreamStorage()
  return { open: async () => new MemoryStream(storage) }
})
