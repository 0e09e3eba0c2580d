// Measures what a long history costs over JetStream. Run: `node cluster/config-log/stream/jetstream-scale.bench.ts
// [events]`. Default: 1,000,000 events. It prints, one figure a line, wall time and CPU time of this thread; the server
// works beside it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startNatsRig } from '../../nats/nats-rig.ts'
import { genesisHash, type SealedEvent } from '../log/config-log.ts'
import { sealEvent } from '../log/event-codec.ts'
import { examineLog } from '../log/examine-log.ts'
import { appendNext, openCopy, openStream, startNode } from '../replication/jetstream-rig.ts'
import { rigMacKey as macKey } from '../writer/log-rig.ts'
import { StreamLog } from './stream-log.ts'

const [events = 1_000_000] = process.argv.slice(2).map(Number)
const folder = mkdtempSync(join(tmpdir(), 'headgate-jetstream-scale-'))
const rig = await startNatsRig()
try {
  await fill()
  await replay()
  await newNode()
  await propagation()
} finally {
  await rig.dispose()
  rmSync(folder, { recursive: true })
}

/** Fills the stream with events that set ten thousand teams again and again. */
async function fill(): Promise<void> {
  const stream = await openStream(rig.url)
  await stream.create()
  let prevHash = genesisHash
  for (let at = 0; at < events; ) {
    const window: SealedEvent[] = []
    for (let i = 0; i < 500 && at + i < events; i++) {
      const one = eventAt(at + i + 1, prevHash)
      prevHash = one.hash
      window.push(one)
    }
    const answers = await Promise.all(window.map((one, index) => stream.publish(one, at + index)))
    if (answers.some(({ ok }) => !ok)) throw new Error(`not stored after revision ${at}`)
    at += window.length
  }
  await stream.close()
}

function eventAt(revision: number, prevHash: string): SealedEvent {
  const name = `team-${revision % 10_000}`
  const change = { type: 'team-set', name, spec: { costCenter: `cc-${revision}` }, origin: 'api' } as const
  const envelope = { version: 1, at: '2026-01-01T00:00:00.000Z', actor: 'bench', reason: 'scale' } as const
  return sealEvent(
    { ...envelope, revision, prevHash, type: change.type, commandId: `command-${revision}`, change },
    macKey,
  )
}

async function replay(): Promise<void> {
  const stream = await openStream(rig.url)
  const log = new StreamLog(stream)
  const finding = await timed('from the stream to a verified state', () =>
    examineLog({ log, macKey, mark: undefined, copy: undefined }),
  )
  if (finding.type !== 'whole' || finding.state.revision !== events) throw new Error(JSON.stringify(finding))
  await stream.close()
}

async function newNode(): Promise<void> {
  const node = await timed('a new node, to its verified copy on disk', () => startNode({ url: rig.url, folder }))
  if (node.log.state.copyRevision !== events) throw new Error(node.log.state.message)
  await node.close()
  const copy = openCopy(folder)
  const finding = await timed('from that copy to a verified state', () =>
    examineLog({ log: copy, macKey, mark: undefined, copy: undefined }),
  )
  if (finding.type !== 'whole') throw new Error(JSON.stringify(finding))
  await copy.close()
}

/** Measures the time from an append to the copy of another node. */
async function propagation(): Promise<void> {
  const [one, two] = [await startNode({ url: rig.url, folder }), await startNode({ url: rig.url })]
  const held: number[] = []
  const answered: number[] = []
  for (let i = 0; i < 200; i++) {
    const heard = Promise.withResolvers<void>()
    const watch = two.log.watch(heard.resolve)
    const startedMs = performance.now()
    const appended = appendNext(one.log, `last-${i}`).then(() => answered.push(performance.now() - startedMs))
    await heard.promise
    held.push(performance.now() - startedMs)
    await appended
    watch.stop()
  }
  for (const [what, all] of [
    ['append answered', answered],
    ['held by another node', held],
  ] as const) {
    all.sort((a, b) => a - b)
    say(what, `p50 ${all[100]?.toFixed(1)} ms, p99 ${all[197]?.toFixed(1)} ms`)
  }
  await one.close()
  await two.close()
}

async function timed<Value>(what: string, run: () => Promise<Value>): Promise<Value> {
  const startedMs = performance.now()
  const before = process.cpuUsage()
  const value = await run()
  const tookMs = performance.now() - startedMs
  const { user, system } = process.cpuUsage(before)
  const each = (microseconds: number) => (microseconds / events).toFixed(1)
  say(
    what,
    `${(tookMs / 1_000).toFixed(1)} s; worked ${((user + system) / 1e6).toFixed(1)} s, ${each(user + system)} µs an event`,
  )
  return value
}

function say(what: string, figure: string): void {
  process.stdout.write(`${what}: ${figure}\n`)
}
