// Streams and logs over a real nats-server, for tests. Each gets a link of its own, as each node has.
import { systemClock } from '../../shared/clock.ts'
import type { NatsLink } from '../nats/nats-link.ts'
import { openNatsLink } from '../nats/open-nats-link.ts'
import type { ConfigLog } from './config-log.ts'
import { JetStreamStream, type JetStreamStreamOptions } from './jetstream-stream.ts'
import { rigMacKey } from './log-rig.ts'
import { ReplicatedLog } from './replicated-log.ts'

/** Resolves once it is connected. */
export async function connectedLink(url: string): Promise<NatsLink> {
  const link = openNatsLink({
    ...{ servers: url.split(','), name: 'test', clock: systemClock, notify: () => {} },
    chance: () => 0.5,
  })
  if (!link.ok) throw new Error(link.error.message)
  await new Promise<void>((resolve) => {
    const watch = link.value.onChange((isConnected) => {
      if (!isConnected) return
      resolve()
      queueMicrotask(() => watch.stop())
    })
  })
  return link.value
}

/** The link closes with the stream. */
export async function openStream(url: string, options: Partial<JetStreamStreamOptions> = {}): Promise<JetStreamStream> {
  const link = await connectedLink(url)
  const stream = new JetStreamStream({ link, clock: systemClock, ...options })
  const close = stream.close.bind(stream)
  stream.close = async () => {
    await close()
    await link.close()
  }
  return stream
}

export async function openReplicatedLog(url: string, copy: ConfigLog): Promise<ReplicatedLog> {
  const stream = await openStream(url)
  const mayCreate = () => true
  const log = new ReplicatedLog({ stream, copy, macKey: rigMacKey, clock: systemClock, notify: () => {}, mayCreate })
  await log.start()
  return log
}
