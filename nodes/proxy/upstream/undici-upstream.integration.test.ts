import { systemClock } from '../../../shared/clock.ts'
import { UndiciUpstream } from './undici-upstream.ts'
import { upstreamContract } from './upstream-contract.ts'

upstreamContract({
  name: 'undici',
  open: () => new UndiciUpstream({ clock: systemClock, proxyOf: () => undefined }),
  replays: false,
})
