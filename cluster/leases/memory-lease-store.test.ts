import { leaseStoreContract } from './lease-store-contract.ts'
import { MemoryLeaseStore } from './memory-lease-store.ts'

leaseStoreContract('memory', async () => ({ stores: [new MemoryLeaseStore()], close: async () => {} }))
