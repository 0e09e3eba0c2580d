import { systemClock } from '../../shared/clock.ts'
import { MemoryUsageStream } from './memory-usage-stream.ts'
import { usageStreamContract } from './usage-stream-contract.ts'

usageStreamContract('memory', async () => ({ stream: new MemoryUsageStream(systemClock), close: async () => {} }))
