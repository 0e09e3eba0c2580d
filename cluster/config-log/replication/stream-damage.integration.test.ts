// Damage to the files and the streams of a real server: each kind is noticed, nothing is written on top of it, the node
// goes on with what it had, and one repair restores everything.
import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../../shared/clock.ts'
import { findNatsServer, type NatsRig, startNatsRig } from '../../nats/nats-rig.ts'
import { event } from '../log/config-log-contract.ts'
import { repairLog } from '../repair/repair.ts'
import { rigMacKey } from '../writer/log-rig.ts'
import { appendNext, connectedLink, newFolder, openStream, startNode } from './jetstream-rig.ts'

let rig: NatsRig | undefined
beforeAll(async () => {
  if (findNatsServer() !== undefined) rig = await startNatsRig()
})
beforeEach((context) => {
  if (rig === undefined) context.skip('nats-server is not installed')
})
afterAll(() => rig?.dispose())

const eventsBefore = 300
/** These times are shorter than in a node. */
const timing = { confirmMs: 300, pollMs: 150 }

/** Makes a node's folder and a stream that the node has followed to revision 300. */
async function followed(): Promise<string> {
  await rig!.start()
  const stream = await openStream(rig!.url)
  await stream.remove()
  await stream.close()
  const node = await startNode({ url: rig!.url })
  let prevHash = '0'.repeat(64)
  const appends = Array.from({ length: eventsBefore }, (_one, index) => {
    const one = event(`command-${index + 1}`, { revision: index + 1, prevHash })
    prevHash = one.hash
    return node.log.append(one, index)
  })
  for (const answer of await Promise.all(appends)) expect(answer.ok).toBe(true)
  await node.close()
  return node.folder
}

async function expectAlarmAndRepair(folder: string, type: string): Promise<void> {
  const { url } = rig!
  for (let start = 0; start < 2; start++) {
    const node = await startNode({ url, folder, ...timing })
    await expect.poll(() => node.log.state, { timeout: 60_000 }).toMatchObject({ type, copyRevision: eventsBefore })
    expect(node.notices.find((notice) => notice.type === 'log-alarm')).toMatchObject({ alarm: type })
    expect((await appendNext(node.log, `refused-${start}`)).ok).toBe(false)
    expect(await node.log.head()).toMatchObject({ ok: true, value: { revision: eventsBefore } })
    await node.close()
  }
  const stream = await openStream(url)
  const files = { log: join(folder, 'log.sqlite'), highWater: join(folder, 'high-water.json') }
  const options = { files, others: [], macKey: rigMacKey, clock: systemClock, isDry: false, acceptsLoss: false }
  expect(await repairLog({ ...options, stream })).toMatchObject({
    outcome: { type: 'repaired' },
    head: { revision: eventsBefore },
  })
  await stream.close()
  const node = await startNode({ url, folder })
  expect(node.log.state).toMatchObject({ type: 'following', streamRevision: eventsBefore })
  expect(await appendNext(node.log, 'after')).toMatchObject({ ok: true, value: { revision: eventsBefore + 1 } })
  const fresh = await startNode({ url })
  expect(fresh.log.state).toMatchObject({ type: 'following', copyRevision: eventsBefore + 1 })
  await fresh.close()
  await node.close()
}

const streamFolder = () => join(rig!.server.storeFolder, 'jetstream/$G/streams/CFG')
const firstBlock = () => {
  const folder = join(streamFolder(), 'msgs')
  return join(folder, readdirSync(folder).find((name) => name.endsWith('.blk'))!)
}

function flip(path: string, at: number): void {
  const bytes = readFileSync(path)
  bytes[Math.floor(bytes.byteLength * at)]! ^= 1
  writeFileSync(path, bytes)
}

const harms: [string, 'stop' | 'kill', () => void, string][] = [
  ['a bit is flipped in the middle of its block', 'kill', () => flip(firstBlock(), 0.5), 'rewound'],
  ['a bit is flipped in the middle of its block', 'stop', () => flip(firstBlock(), 0.5), 'damaged'],
  ['a bit is flipped in its newest message', 'stop', () => flip(firstBlock(), 0.999), 'damaged'],
  ['its block is cut short', 'kill', () => truncateSync(firstBlock(), 20_000), 'rewound'],
  ['a bit is flipped in its description', 'stop', () => flip(join(streamFolder(), 'meta.inf'), 0.5), 'missing'],
  ['its folder is gone', 'stop', () => rmSync(streamFolder(), { recursive: true }), 'missing'],
]

test.each(harms)('%s after a %s of the server', async (_what, how, harm, type) => {
  const folder = await followed()
  await rig!.server[how]()
  harm()
  await rig!.server.start()
  await expectAlarmAndRepair(folder, type)
})

test("yesterday's backup is put back", async () => {
  const folder = await followed()
  const { server, url } = rig!
  await server.stop()
  const backup = newFolder()
  cpSync(server.storeFolder, backup, { recursive: true })
  await server.start()
  const node = await startNode({ url, folder })
  for (let i = 0; i < 3; i++) expect(await appendNext(node.log, `today-${i}`)).toMatchObject({ ok: true })
  await node.close()
  await server.stop()
  rmSync(server.storeFolder, { recursive: true })
  cpSync(backup, server.storeFolder, { recursive: true })
  await server.start()
  const later = await startNode({ url, folder, ...timing })
  await expect.poll(() => later.log.state.type, { timeout: 60_000 }).toBe('rewound')
  await later.close()
  // A control node with yesterday's folder notices too: another node reports more.
  const heardElsewhere = () => eventsBefore + 3
  const yesterday = await startNode({ url, ...timing, heardElsewhere })
  await expect.poll(() => yesterday.log.state.type, { timeout: 60_000 }).toBe('rewound')
  expect(yesterday.log.state.message).toContain(`another node has ${eventsBefore + 3}`)
  await yesterday.close()
  // A node that has today's events restores them, when it may.
  const control = await startNode({ url, folder, ...timing, extendAfterMs: 1_000 })
  await expect.poll(() => control.log.state, { timeout: 60_000 }).toMatchObject({ type: 'following' })
  expect(control.log.state.streamRevision).toBe(eventsBefore + 3)
  expect(control.notices).toContainEqual({ type: 'log-extended', from: eventsBefore, to: eventsBefore + 3 })
  expect(await appendNext(control.log, 'tomorrow')).toMatchObject({ ok: true, value: { revision: eventsBefore + 4 } })
  await control.close()
})

test('it is removed and made anew by somebody else', async () => {
  const folder = await followed()
  const node = await startNode({ url: rig!.url, folder, ...timing })
  const stream = await openStream(rig!.url)
  await stream.remove()
  await expect.poll(() => node.log.state.type, { timeout: 60_000 }).toBe('missing')
  await stream.create()
  await expect.poll(() => node.log.state.type, { timeout: 60_000 }).toBe('recreated')
  await stream.close()
  await node.close()
  await expectAlarmAndRepair(folder, 'rewound')
})

test('somebody who may publish writes an event without the key', async () => {
  const folder = await followed()
  const link = await connectedLink(rig!.url)
  await jetstream(link.connection!).publish('cfg.event', 'not an event')
  await link.close()
  await expectAlarmAndRepair(folder, 'forged')
})

test('its settings are changed: the first that differs is named, and it is asked for again', async () => {
  const folder = await followed()
  const link = await connectedLink(rig!.url)
  const { streams } = await jetstreamManager(link.connection!)
  await streams.update('CFG', { max_age: 3_600_000_000_000 })
  await link.close()
  const node = await startNode({ url: rig!.url, folder, ...timing })
  await expect.poll(() => node.log.state.type, { timeout: 60_000 }).toBe('settings')
  expect(node.log.state.message).toContain('max_age=3600000000000')
  await node.close()
  await expectAlarmAndRepair(folder, 'settings')
})

test('a server that drops a setting without a word is found out when the stream is made, and no stream stays', async () => {
  await followed()
  const stream = await openStream(rig!.url, { settings: { allow_msg_ttl: true } })
  await stream.remove()
  const made = await stream.create()
  // Releases from 2.11 on support it.
  if (made.ok) return
  expect(made.error).toMatchObject({ type: 'settings', field: 'allow_msg_ttl' })
  expect(await stream.facts()).toMatchObject({ ok: false, error: { type: 'missing' } })
  await stream.close()
})

test('twenty who write at once from four nodes: one wins, the others are told the head', async () => {
  await followed()
  const nodes = await Promise.all([1, 2, 3, 4].map(() => startNode({ url: rig!.url })))
  const head = await nodes[0]!.log.head()
  if (!head.ok) throw new Error(head.error.type)
  const place = { revision: head.value.revision + 1, prevHash: head.value.hash }
  const answers = await Promise.all(
    nodes.flatMap(({ log }, node) =>
      [1, 2, 3, 4, 5].map((i) => log.append(event(`at-once-${node}-${i}`, place), eventsBefore)),
    ),
  )
  expect(answers.filter(({ ok }) => ok).length).toBe(1)
  const winner = await nodes[0]!.log.sync()
  for (const answer of answers) {
    if (!answer.ok) expect(answer.error).toEqual({ type: 'conflict', head: winner.ok && winner.value })
  }
  for (const node of nodes) await node.close()
})

test('a server that takes only small messages is refused by name, and nothing too large is sent to it', async () => {
  const small = await startNatsRig({ config: 'max_payload: 64KB' })
  try {
    const stream = await openStream(small.url)
    expect(await stream.create()).toMatchObject({ ok: false, error: { type: 'settings', field: 'max_payload' } })
    const large = event('large', undefined, 'x'.repeat(100_000))
    expect(await stream.publish(large, 0)).toMatchObject({ ok: false, error: { type: 'too-large', maxBytes: 65_536 } })
    await stream.close()
  } finally {
    await small.dispose()
  }
})
