import { systemClock } from '../../../shared/clock.ts'
import { configLogContract, contractMacKey } from '../log/config-log-contract.ts'
import { MemoryLog, MemoryLogStorage } from '../log/memory-log.ts'
import { MemoryStream, MemoryStreamStorage } from '../stream/memory-stream.ts'
import { ReplicatedLog } from './replicated-log.ts'

configLogContract('replicated (memory)', async () => {
  const [stream, copy] = [new MemoryStreamStorage(), new MemoryLogStorage()]
  const open = async () => {
    const parts = { stream: new MemoryStream(stream), copy: new MemoryLog(copy) }
    const log = new ReplicatedLog({
      ...parts,
      macKey: contractMacKey,
      clock: systemClock,
      notify: () => {},
      mayCreate: () => true,
    })
    await log.start()
    return log
  }
  return { open }
})
