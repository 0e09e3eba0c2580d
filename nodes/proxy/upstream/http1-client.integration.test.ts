import { systemClock } from '../../../shared/clock.ts'
import { Http1Client } from './http1-client.ts'
import { upstreamContract } from './upstream-contract.ts'

upstreamContract({ name: 'own client', open: () => new Http1Client({ clock: systemClock }), replays: true })
