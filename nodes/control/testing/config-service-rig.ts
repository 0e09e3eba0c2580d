// A configuration service over a log in memory, with the parts around it and a clock that tests advance.
import { LocalBus } from '../../../cluster/bus/local-bus.ts'
import type { MemoryLog } from '../../../cluster/config-log/log/memory-log.ts'
import { bootRig } from '../../../cluster/config-log/writer/log-rig.ts'
import { MemoryKeyStore } from '../../../cluster/secrets/memory-key-store.ts'
import { SecretBox } from '../../../cluster/secrets/secret-box.ts'
import { ManualClock } from '../../../shared/clock.ts'
import { ConfigService } from '../config-service.ts'
import { NodesView } from '../nodes-view.ts'

export async function openDesk(log: MemoryLog, keys = new MemoryKeyStore()) {
  const clock = new ManualClock()
  const { follower, writer, stop } = await bootRig({ log, clock })
  const bus = new LocalBus()
  const nodes = new NodesView(clock, bus)
  const secrets = new SecretBox(keys)
  const shared = { log, follower, writer, bus, nodes, secrets }
  const desk = new ConfigService({ ...shared, egressStrict: false, awaitAppliedBy: undefined })
  const close = async () => {
    nodes.stop()
    bus.close()
    await stop()
  }
  return { desk, close, keys, secrets, log, follower, clock }
}
