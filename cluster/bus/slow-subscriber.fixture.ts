// A process that counts the messages it receives on `other.n`, and reports to its parent four times a second.

import { systemClock } from '../../shared/clock.ts'
import { testMacs } from '../macs/test-macs.ts'
import { openNatsLink } from '../nats/open-nats-link.ts'
import { NatsBus } from './nats-bus.ts'

const around = { clock: systemClock, chance: Math.random, notify: () => {} }
const link = openNatsLink({ servers: [process.argv[2]!], name: 'subscriber', ...around })
if (!link.ok) throw new Error(link.error.message)
const bus = new NatsBus({ link: link.value, ...around, macs: testMacs() })
let received = 0
bus.subscribe('other.n', () => {
  received++
})
link.value.onChange((isConnected) => {
  if (!isConnected) return
  void link.value.connection?.flush().then(() => {
    setInterval(() => process.send?.({ received, missed: bus.missed, rssBytes: process.memoryUsage().rss }), 250)
  })
})
process.on('disconnect', () => process.exit())
