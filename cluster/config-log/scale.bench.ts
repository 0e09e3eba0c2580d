// What the configuration costs at scale, from a log and a folder as a node keeps them. Run:
//   node cluster/config-log/scale.bench.ts [keys] [events] [folder]
// Default: 100,000 keys, 1,000,000 events. It prints, one figure a line, wall time and what this thread worked for it: on a
// machine that others use too, the second is what a change of the code moves. `pause` is the longest time for which the
// event loop answered nobody.
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../shared/clock.ts'
import type { ConfigChange, ConfigEvent } from '../../shared/config/events.ts'
import type { ConfigState } from '../../shared/config/state.ts'
import { genesisHash, type LogHead } from './config-log.ts'
import { sealEvent } from './event-codec.ts'
import { examineLog } from './examine-log.ts'
import { Follower } from './follower.ts'
import { HighWaterFile } from './high-water.ts'
import { LastGood } from './last-good.ts'
import { rigMacKey as macKey } from './log-rig.ts'
import { SqliteLog } from './sqlite-log.ts'

const [keys = 100_000, events = 1_000_000] = process.argv.slice(2, 4).map(Number)
const given = process.argv[4]
const folder = given ?? mkdtempSync(join(tmpdir(), 'headgate-scale-'))
const notify = () => {}

try {
  const head = await fill()
  await replay()
  await boot('boot without a copy')
  await boot('boot from the copy')
  await swaps(head)
} finally {
  if (given === undefined) rmSync(folder, { recursive: true })
}

function openLog() {
  const highWater = new HighWaterFile(join(folder, 'high-water.json'), macKey)
  return { highWater, log: new SqliteLog({ path: join(folder, 'log.sqlite'), highWater }) }
}

/** `keys` keys of a hundred teams; the rest of the events rotate them in turn. */
async function fill(): Promise<LogHead> {
  const { log } = openLog()
  let head = await headOf(log)
  const chained = chain(head)
  for (let at = head.revision; at < events; at += 10_000) {
    const page = Array.from({ length: Math.min(10_000, events - at) }, () => chained.next(changeAt))
    await Promise.all(page.map(({ sealed, after }) => log.append(sealed, after)))
    head = chained.head()
  }
  await log.close()
  say(`log of ${head.revision} events`, `${Math.round(statSync(join(folder, 'log.sqlite')).size / 1e6)} MB`)
  return head
}

function changeAt(revision: number): ConfigChange {
  const name = `team-${revision % 100}`
  if (revision <= 100) return { type: 'team-set', name, spec: { costCenter: `cc-${revision}` }, origin: 'api' }
  const number = (revision - 101) % keys
  const tokenHash = revision.toString(16).padStart(64, '0')
  const id = `key_${number.toString(36).padStart(24, '0')}`
  if (revision > 100 + keys) {
    return { type: 'key-rotated', keyId: id, tokenHash, prefix: 'hg_abcd', overlapUntil: '2026-01-02T00:00:00.000Z' }
  }
  const owner = { team: `team-${number % 100}` }
  const key = { id, name: `key ${number}`, owner, tokenHash, prefix: 'hg_abcd', createdAt: '2026-01-01T00:00:00.000Z' }
  return { type: 'key-issued', key }
}

function chain(from: LogHead) {
  let { revision, hash } = from
  return {
    head: () => ({ revision, hash }),
    next(changeOf: (revision: number) => ConfigChange) {
      const after = revision++
      const change = changeOf(revision)
      const envelope = { version: 1, at: '2026-01-01T00:00:00.000Z', actor: 'bench', reason: 'scale' } as const
      const place = { revision, prevHash: hash, commandId: `command-${revision}` }
      const event: ConfigEvent = { ...envelope, ...place, type: change.type, change }
      const sealed = sealEvent(event, macKey)
      hash = sealed.hash
      return { sealed, after }
    },
  }
}

async function replay(): Promise<void> {
  const { log } = openLog()
  await measured(`replay of ${events} events, verified`, async () => {
    const finding = await examineLog({ log, macKey, mark: undefined, copy: undefined })
    if (finding.type !== 'whole') throw new Error(JSON.stringify(finding))
  })
  await log.close()
}

function follow(onState: (state: ConfigState) => void = () => {}) {
  const { log, highWater } = openLog()
  const lastGood = new LastGood({ folder, macKey, notify })
  const follower = new Follower({
    ...{ log, macKey, clock: systemClock, notify, highWater, lastGood, onState, keepLastGood: true },
  })
  const stop = async () => {
    await follower.stop()
    await log.close()
  }
  return { log, follower, stop }
}

async function boot(name: string): Promise<void> {
  const { follower, stop } = follow()
  await measured(`${name}: to serving`, async () => {
    const verdict = await follower.boot()
    if (verdict.type !== 'serve') throw new Error(verdict.type)
  })
  await measured(`${name}: stop`, stop)
}

/** One event, and ten thousand that arrive at once. */
async function swaps(head: LogHead): Promise<void> {
  let states = 0
  const { log, follower, stop } = follow(() => void states++)
  await follower.boot()
  const chained = chain(head)
  for (const count of [1, 1, 1, 10_000, 10_000]) {
    const page = Array.from({ length: count }, () => chained.next(changeAt))
    await Promise.all(page.map(({ sealed, after }) => log.append(sealed, after)))
    states = 0
    await measured(`${count} new events over ${keys} keys`, () => follower.look())
    say('  states handed out', String(states))
  }
  await stop()
}

async function headOf(log: SqliteLog): Promise<LogHead> {
  if (!existsSync(join(folder, 'log.sqlite'))) return { revision: 0, hash: genesisHash }
  const head = await log.head()
  if (!head.ok) throw new Error(head.error.type)
  return head.value
}

async function measured(name: string, run: () => Promise<unknown>): Promise<void> {
  let pauseMs = 0
  let last = performance.now()
  const look = () => {
    const now = performance.now()
    pauseMs = Math.max(pauseMs, now - last)
    last = now
  }
  const pulse = setInterval(look, 1)
  const cpu = process.threadCpuUsage()
  const startedMs = performance.now()
  await run()
  look()
  const tookMs = performance.now() - startedMs
  const { user, system } = process.threadCpuUsage(cpu)
  clearInterval(pulse)
  const rssMb = Math.round(process.memoryUsage().rss / 1e6)
  say(
    name,
    `${tookMs.toFixed(1)} ms, worked ${((user + system) / 1e3).toFixed(1)} ms, pause ${pauseMs.toFixed(1)} ms, rss ${rssMb} MB`,
  )
}

function say(name: string, figure: string): void {
  process.stdout.write(`${name.padEnd(48)} ${figure}\n`)
}
