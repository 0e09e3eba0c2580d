// The log of a cluster behind a network that loses what the server says, or what it is told: whatever was given up as
// unanswered is stored at most once, and what was answered exactly once.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { event } from '../cluster/config-log/log/config-log-contract.ts'
import {
  appendNext,
  type JetStreamNode,
  openStream,
  startNode,
} from '../cluster/config-log/replication/jetstream-rig.ts'
import { findNatsServer, type NatsRig, startNatsRig } from '../cluster/nats/nats-rig.ts'
import { type FaultProxy, startFaultProxy } from '../loadtest/faults/fault-proxy.ts'

let rig: NatsRig | undefined
let proxy: FaultProxy
let node: JetStreamNode

beforeEach(async (context) => {
  if (findNatsServer() === undefined) return context.skip('nats-server is not installed')
  rig = await startNatsRig()
  proxy = await startFaultProxy({ upstreamPort: rig.server.port })
  node = await startNode({ url: `127.0.0.1:${proxy.port}`, outcomeUnknownMs: 8_000 })
})
afterEach(async () => {
  await node?.close()
  await proxy?.stop()
  await rig?.dispose()
})

async function stored(): Promise<string[]> {
  const stream = await openStream(rig!.url)
  await stream.facts()
  const page = await stream.read(0, 1_000)
  await stream.close()
  return page.ok ? page.value.map(({ commandId }) => commandId) : [page.error.message]
}

test('an acknowledgement that is lost: the event is stored once, and answered as stored', async () => {
  await appendNext(node.log, 'first')
  // The server hears everything and is not heard any more; a new connection is heard again.
  await proxy.set({ answers: { stallAfterBytes: 0 } })
  const answer = appendNext(node.log, 'unheard')
  await expect.poll(stored, { timeout: 60_000 }).toEqual(['first', 'unheard'])
  await proxy.set({})
  expect(await answer).toEqual({ ok: true, value: { revision: 2, duplicate: false } })
  expect(await stored()).toEqual(['first', 'unheard'])
})

test('a message that is lost: the event is sent again and stored once', async () => {
  await appendNext(node.log, 'first')
  await proxy.set({ requests: { stallAfterBytes: 0 } })
  const answer = appendNext(node.log, 'lost')
  await expect.poll(() => node.log.state.type, { timeout: 60_000 }).toBe('away')
  expect(await stored()).toEqual(['first'])
  await proxy.set({})
  expect(await answer).toEqual({ ok: true, value: { revision: 2, duplicate: false } })
  expect(await stored()).toEqual(['first', 'lost'])
})

test('connections that are reset again and again under a writer: each event once, in the order of the answers', async () => {
  const answered: string[] = []
  let isOver = false
  const writing = (async () => {
    for (let i = 0; !isOver; i++) {
      const answer = await appendNext(node.log, `command-${i}`)
      expect(answer).toMatchObject({ ok: true })
      answered.push(`command-${i}`)
    }
  })()
  for (let cut = 0; cut < 6; cut++) {
    const before = answered.length
    await expect.poll(() => answered.length, { timeout: 60_000 }).toBeGreaterThan(before + 3)
    proxy.resetAll()
  }
  isOver = true
  await writing
  expect(await stored()).toEqual(answered)
})

test('a command whose outcome stayed unknown is found once the stream can be asked again, or found not to be stored', async () => {
  await node.close()
  node = await startNode({ url: `127.0.0.1:${proxy.port}`, outcomeUnknownMs: 3_000 })
  const first = event('first')
  await proxy.set({ answers: { stallAfterBytes: 0 } })
  const answer = node.log.append(first, 0)
  await expect.poll(stored, { timeout: 60_000 }).toEqual(['first'])
  // Away for longer than anybody waits; in a node that is 30 s.
  await proxy.set({ refuse: true, answers: { stallAfterBytes: 0 } })
  proxy.resetAll()
  expect(await answer).toEqual({ ok: false, error: { type: 'outcome-unknown', commandId: 'first' } })
  expect(await node.log.find('first')).toMatchObject({ ok: false, error: { type: 'unavailable' } })
  await proxy.set({})
  await expect.poll(() => node.log.state.type, { timeout: 60_000 }).toBe('following')
  expect(await node.log.find('first')).toMatchObject({ ok: true, value: { revision: 1 } })
  expect(await node.log.find('never')).toEqual({ ok: true, value: undefined })
  expect(await node.log.append(first, 0)).toEqual({ ok: true, value: { revision: 1, duplicate: true } })
})
