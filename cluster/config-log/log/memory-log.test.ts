import { configLogContract } from './config-log-contract.ts'
import { MemoryLog, MemoryLogStorage } from './memory-log.ts'

configLogContract('memory', async () => {
  const storage = new MemoryLogStorage()
  return { open: async () => new MemoryLog(storage) }
})
