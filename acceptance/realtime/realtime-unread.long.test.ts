// A realtime session whose caller never reads: it takes its ten seconds. `session.test.ts` has the same under a clock that
// the test moves.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { type Gateway, startGateway } from '../gateway.ts'
import { modelOn, providerAt } from '../scripted-llm.ts'
import { until } from '../until.ts'
import { type RealtimeUpstream, startRealtimeUpstream } from './realtime-upstream.ts'

let upstream: RealtimeUpstream
let gateway: Gateway
beforeAll(async () => {
  upstream = await startRealtimeUpstream()
  gateway = await startGateway({
    config: { providers: { live: providerAt(upstream.url) }, models: { voice: modelOn('live', 'x') } },
  })
})
afterAll(async () => {
  await gateway?.stop()
  await upstream?.stop()
})

test('a caller who never reads is closed, and the upstream with it', async () => {
  const { secret } = await gateway.issueKey()
  let flood: NodeJS.Timeout | undefined
  const closed = new Promise<number>((resolve) => {
    upstream.onSocket = (socket) => {
      flood = setInterval(
        () => socket.bufferedAmount < 64 << 20 && socket.send(Buffer.alloc(1 << 20), { binary: true }),
        5,
      )
      socket.on('close', resolve)
    }
  })
  const socket = new WebSocket(`${gateway.base.replace('http', 'ws')}/v1/realtime?model=voice`, [], {
    headers: { authorization: `Bearer ${secret}`, 'x-request-id': 'session-unread' },
  })
  socket.on('error', () => {})
  await new Promise<void>((resolve) => socket.on('open', () => resolve()))
  socket.pause()
  expect(await closed).toBe(1_001)
  clearInterval(flood)
  let record: { status?: string; errorCode?: string } | undefined
  await until(async () => {
    const { items } = (await gateway.admin('GET', '/requests?limit=10')).json
    record = items.find(({ id }: { id: string }) => id === 'session-unread')
    return record !== undefined
  }, 20_000)
  expect(record).toMatchObject({ status: 'cut', errorCode: 'client_too_slow' })
  socket.terminate()
})
