// Makes a configuration log as large as one may get, and measures work on it, for the benchmarks.
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { ConfigChange, ConfigEvent } from '../../../shared/config/events.ts'
import { genesisHash, type LogHead } from '../log/config-log.ts'
import { sealEvent } from '../log/event-codec.ts'
import { HighWaterFile } from '../log/high-water.ts'
import { SqliteLog } from '../sqlite/sqlite-log.ts'
import { rigMacKey as macKey } from '../writer/log-rig.ts'

export interface Scale {
  folder: string
  keys: number
  events: number
}

export function openScaleLog(folder: string) {
  const highWater = new HighWaterFile(join(folder, 'high-water.json'), macKey)
  return { highWater, log: new SqliteLog({ path: join(folder, 'log.sqlite'), highWater }) }
}

/** Fills the log with `keys` keys of a hundred teams; the other events rotate them in turn. */
export async function fillLog({ folder, keys, events }: Scale): Promise<LogHead> {
  const { log } = openScaleLog(folder)
  let head = await headOf(folder, log)
  const chained = chainOf(head)
  for (let at = head.revision; at < events; at += 10_000) {
    const page = Array.from({ length: Math.min(10_000, events - at) }, () =>
      chained.next((revision) => scaleChange(revision, keys)),
    )
    await Promise.all(page.map(({ sealed, after }) => log.append(sealed, after)))
    head = chained.head()
  }
  await log.close()
  say(`log of ${head.revision} events`, `${Math.round(statSync(join(folder, 'log.sqlite')).size / 1e6)} MB`)
  return head
}

export function scaleChange(revision: number, keys: number): ConfigChange {
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

export function chainOf(from: LogHead) {
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

async function headOf(folder: string, log: SqliteLog): Promise<LogHead> {
  if (!existsSync(join(folder, 'log.sqlite'))) return { revision: 0, hash: genesisHash }
  const head = await log.head()
  if (!head.ok) throw new Error(head.error.type)
  return head.value
}

/** Prints the times of `run`. `pause` is the longest time for which the event loop was blocked. */
export async function measured(name: string, run: () => Promise<unknown>): Promise<void> {
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

export function say(name: string, figure: string): void {
  process.stdout.write(`${name.padEnd(48)} ${figure}\n`)
}
